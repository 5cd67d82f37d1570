// The text forms of the closed enumerations, one table each, read in both directions.
#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "domain/article.hpp"
#include "domain/conversation.hpp"
#include "domain/people.hpp"

namespace zk {
namespace {
template <class E, std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, E value) {
  const auto i = static_cast<std::size_t>(value);
  ZK_CHECK(i < N);
  return names[i];
}
template <class E, std::size_t N>
std::optional<E> value_of(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<E>(it - names.begin());
}
constexpr std::array<std::string_view, 3> kArticleStatus{"draft", "published", "archived"};
constexpr std::array<std::string_view, 3> kConversationStatus{"open", "snoozed", "resolved"};
constexpr std::array<std::string_view, 3> kHandler{"bot", "waiting", "human"};
constexpr std::array<std::string_view, 4> kSender{"visitor", "bot", "agent", "system"};
constexpr std::array<std::string_view, 3> kMessageKind{"text", "note", "activity"};
constexpr std::array<std::string_view, 5> kRole{"admin", "supervisor", "agent", "editor", "viewer"};
constexpr std::array<std::string_view, 3> kAvailability{"online", "away", "offline"};
constexpr std::array<std::string_view, 20> kPermission{
    "public",          "visitor",          "signed_in",         "conversation.read", "conversation.write", "conversation.assign",
    "contact.read",    "contact.write",    "knowledge.read",    "knowledge.write",   "knowledge.publish",  "report.read",
    "settings.read",   "settings.write",   "user.write",        "api_key.write",     "webhook.write",      "audit.read",
    "personal_data.reveal", "personal_data.erase"};
}  // namespace

std::string_view to_string(ArticleStatus v) { return name_of(kArticleStatus, v); }
Result<ArticleStatus> article_status(std::string_view text) {
  if (auto v = value_of<ArticleStatus>(kArticleStatus, text)) return *v;
  return fail(ErrorCode::kInvalidArgument, "status must be draft, published or archived", "status");
}
std::string_view to_string(ConversationStatus v) { return name_of(kConversationStatus, v); }
std::string_view to_string(Handler v) { return name_of(kHandler, v); }
std::string_view to_string(SenderKind v) { return name_of(kSender, v); }
std::string_view to_string(MessageKind v) { return name_of(kMessageKind, v); }
std::string_view to_string(Role v) { return name_of(kRole, v); }
std::string_view to_string(Availability v) { return name_of(kAvailability, v); }
std::string_view to_string(Permission v) { return name_of(kPermission, v); }
std::optional<ConversationStatus> conversation_status(std::string_view t) { return value_of<ConversationStatus>(kConversationStatus, t); }
std::optional<Handler> handler(std::string_view t) { return value_of<Handler>(kHandler, t); }
std::optional<SenderKind> sender_kind(std::string_view t) { return value_of<SenderKind>(kSender, t); }
std::optional<MessageKind> message_kind(std::string_view t) { return value_of<MessageKind>(kMessageKind, t); }
std::optional<Role> role(std::string_view t) { return value_of<Role>(kRole, t); }
std::optional<Availability> availability(std::string_view t) { return value_of<Availability>(kAvailability, t); }

bool is_live(const Article& a, Timestamp now, std::string_view channel) {
  if (a.status != ArticleStatus::kPublished) return false;
  if (a.valid_from != Timestamp{} && now < a.valid_from) return false;
  if (a.valid_until != Timestamp{} && now >= a.valid_until) return false;
  return a.channels.empty() || std::find(a.channels.begin(), a.channels.end(), channel) != a.channels.end();
}

bool allows(Role r, Permission p) {
  using P = Permission;
  if (p == P::kPublic || p == P::kSignedIn) return true;
  if (p == P::kVisitor) return false;  // a visitor token, never an agent's session
  switch (r) {
    case Role::kAdmin: return true;
    case Role::kSupervisor: return p != P::kUserWrite && p != P::kApiKeyWrite && p != P::kWebhookWrite && p != P::kSettingsWrite;
    case Role::kAgent:
      return p == P::kConversationRead || p == P::kConversationWrite || p == P::kConversationAssign || p == P::kContactRead ||
             p == P::kContactWrite || p == P::kKnowledgeRead || p == P::kSettingsRead;
    case Role::kEditor:
      return p == P::kKnowledgeRead || p == P::kKnowledgeWrite || p == P::kKnowledgePublish || p == P::kReportRead || p == P::kSettingsRead;
    case Role::kViewer:
      return p == P::kConversationRead || p == P::kContactRead || p == P::kKnowledgeRead || p == P::kReportRead || p == P::kSettingsRead;
  }
  return false;
}

}  // namespace zk
