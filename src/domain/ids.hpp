// The strong ids of the field's nouns.
#pragma once

#include "base/id.hpp"

namespace zk {
using AgentId = Id<struct AgentTag>;
using TeamId = Id<struct TeamTag>;
using InboxId = Id<struct InboxTag>;
using ContactId = Id<struct ContactTag>;
using ConversationId = Id<struct ConversationTag>;
using MessageId = Id<struct MessageTag>;
using ArticleId = Id<struct ArticleTag>;
using LabelId = Id<struct LabelTag>;
using WebhookId = Id<struct WebhookTag>;
using ApiKeyId = Id<struct ApiKeyTag>;
using AttachmentId = Id<struct AttachmentTag>;
}  // namespace zk
