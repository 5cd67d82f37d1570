// What may not be said is stopped before it is sent: forbidden words in what agents write, forbidden words
// and unfounded claims in what the bot composed. Every stop is in the audit log (never the message itself).
// Thread-safe; db, clock and audit must outlive it.
#pragma once

#include <optional>
#include <string>

#include "answering/answerer.hpp"
#include "auth/audit.hpp"
#include "conversation/conversations.hpp"
#include "dialogue/engine.hpp"
#include "guard/forbidden.hpp"

namespace zk::app {

struct Stopped {
  std::string kind;  // forbidden_word | unfounded
  std::string what;  // the word, or the kinds of claims ("price, date")
};

class Guards {
 public:
  Guards(storage::Db& db, const Clock& clock, const auth::AuditLog& audit)
      : db_(db), clock_(clock), audit_(audit), words_(db) {}

  // kInvalidArgument names the word at /blocks; notes among colleagues are not looked at.
  Status screen(const conversation::AgentPost& post, Deadline deadline) const;
  // Why this reply must not go out: every figure, date, price, link and phone number of an answer must stand
  // in an article it is answered from.
  Result<std::optional<Stopped>> look(const answering::Answerer& answerer, const dialogue::Reply& reply,
                                      Deadline deadline) const;
  Status record(const Stopped& stopped, const std::string& actor, ConversationId conversation,
                const std::string& article, Deadline deadline) const;

 private:
  storage::Db& db_;
  const Clock& clock_;
  const auth::AuditLog& audit_;
  const guard::ForbiddenWords words_;
};

}  // namespace zk::app
