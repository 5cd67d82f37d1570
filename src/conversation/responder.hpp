// The port to whoever answers for Zhike: given what the visitor wrote and the state of the dialogue, the next
// words. The composition root adapts the dialogue engine to it.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/conversation.hpp"

namespace zk::conversation {

struct BotTurn {
  ConversationId conversation_id;
  InboxId inbox_id;
  ContactId contact_id;
  MessageId message_id;  // the visitor's message this turn answers
  MessageId after;       // the last one dealt with before it: `state` is of then
  std::string text;      // plain text of it; "" when he only took a choice
  std::string pick;      // id of the choice he took, or ""
  std::string locale;
  std::string contact_name;
  std::string state;  // JSON of the dialogue from the former turn; "" at the first
  Timestamp now{};
};

struct BotReply {
  std::string decision;    // answer | clarify | none | handover | smalltalk
  bool handover = false;   // a human shall take it from here
  int priority = 0;        // the conversation's is raised to this, 0–3
  TeamId team{};           // that shall take it at a hand-over; none: the conversation's
  LabelId label{};         // put on the conversation, or none
  std::string article_id;  // external id of the article answered from, or ""
  std::string article_question;
  double probability = 0;
  std::string note;   // for the agent only, at a hand-over; may be empty
  Blocks blocks;      // may be empty only with handover
  std::string state;  // JSON, handed back at the next turn
  std::string trace;  // JSON object (docs/protocol.md, Trace, without message_id)
};

class Responder {
 public:
  virtual ~Responder() = default;
  // Called from several threads at once, never twice at once for one conversation. An error hands the
  // conversation to a human, saying so.
  virtual Result<BotReply> reply(const BotTurn& turn, Deadline deadline) = 0;
};

}  // namespace zk::conversation
