#include "review/replies.hpp"

#include <boost/json.hpp>

#include "dialogue/policy.hpp"
#include "text/text.hpp"

namespace zk::review {
namespace json = boost::json;
namespace {
using storage::Query;
using storage::Row;

constexpr auto kWindow = std::chrono::hours(24 * 30);

constexpr Query kReplies{
    "quality.replies",
    "SELECT m.id, m.decision, t.body FROM message m JOIN trace t ON t.message_id = m.id WHERE m.decision <> "
    "'' AND m.decision IN ('answer', 'clarify', 'none', 'handover') AND m.created_at >= $1 AND m.sender = "
    "'bot' AND (SELECT v.pick FROM message v WHERE v.id = (SELECT MAX(x.id) FROM message x WHERE "
    "x.conversation_id = m.conversation_id AND x.id < m.id AND x.sender = 'visitor')) = '' ORDER BY m.id "
    "DESC "
    "LIMIT $2"};
constexpr Query kExample{
    "quality.example",
    "SELECT m.id, m.conversation_id, v.text, m.article_id, m.article_question, m.created_at, t.body FROM "
    "message m JOIN message v ON v.id = (SELECT MAX(x.id) FROM message x WHERE x.conversation_id = "
    "m.conversation_id AND x.id < m.id AND x.sender = 'visitor') JOIN trace t ON t.message_id = m.id WHERE "
    "m.id = $1"};

json::object trace_of(const std::string& body) {
  json::error_code ec;
  auto v = json::parse(body, ec);
  return ec || !v.is_object() ? json::object{} : std::move(v.get_object());
}
double number(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_number() ? v->to_number<double>() : 0;
}
std::string text(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

Fate fate_of(std::string_view decision) {
  return decision == "answer"    ? Fate::kAnswered
         : decision == "clarify" ? Fate::kAskedBack
         : decision == "none"    ? Fate::kNotKnown
                                 : Fate::kHandedOver;
}

PastReply reply_of(const Row& r, const answering::Answerer& answerer) {
  const auto trace = trace_of(r.text(2));
  const auto thread = text(trace, "thread");
  PastReply out{.message_id = r.integer(0),
                .right = number(trace, "right"),
                .ambiguous = number(trace, "ambiguous"),
                .none = number(trace, "none"),
                .fate = fate_of(r.text(1)),
                .alarm = thread == "danger",
                .other_language = answerer.speaks_other(text(trace, "normalised"))};
  out.held = (thread == "alone" || out.alarm) && !trace.contains("parts") && !trace.contains("guard");
  const auto* word = trace.if_contains("word_for_word");
  out.word_for_word = word && word->is_bool() && word->get_bool();
  if (out.held && trace.contains("flow")) out.fate = Fate::kAnswered;  // it was sure enough to be started
  return out;
}

void count(Fates& f, Fate fate) {
  f.answered += fate == Fate::kAnswered ? 1 : 0;
  f.asked_back += fate == Fate::kAskedBack ? 1 : 0;
  f.not_known += fate == Fate::kNotKnown ? 1 : 0;
  f.handed_over += fate == Fate::kHandedOver ? 1 : 0;
}

}  // namespace

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::kAnswered:
      return "answer";
    case Fate::kAskedBack:
      return "clarify";
    case Fate::kNotKnown:
      return "none";
    case Fate::kHandedOver:
      return "handover";
  }
  return "none";
}

Result<PastReplies> recent_replies(storage::Db& db, const answering::Answerer& answerer, Timestamp now,
                                   Deadline deadline) {
  return db.read(deadline, [&](storage::Tx& tx) -> Result<PastReplies> {
    PastReplies out{.replies = {}, .more = false, .since = now - kWindow};
    ZK_TRY_STATUS(tx.each(kReplies, {out.since, kMostReplies + 1}, [&](const Row& r) {
      out.more = out.replies.size() == kMostReplies;
      if (!out.more) out.replies.push_back(reply_of(r, answerer));
      return !out.more;
    }));
    return out;
  });
}

Fate fate_at(const PastReply& r, const answering::Answerer& answerer, double target) {
  if (!r.held) return r.fate;
  const auto at = answerer.operating(r.other_language, r.word_for_word, target);
  const auto decision = dialogue::decide(r.right, r.ambiguous, r.none, at);
  if (decision == dialogue::Decision::kAnswer) return Fate::kAnswered;
  if (r.fate != Fate::kAnswered) return r.fate;  // what asking back came to is known: none of it changes
  if (r.alarm) return Fate::kHandedOver;
  return decision == dialogue::Decision::kNone ? Fate::kNotKnown : Fate::kAskedBack;
}

Change at_target(const PastReplies& past, const answering::Answerer& answerer, double target) {
  Change out;
  for (const auto& r : past.replies) {
    const auto would = fate_at(r, answerer, target);
    count(out.was, r.fate);
    count(out.would, would);
    if (would == r.fate) continue;
    if (would == Fate::kAnswered) out.gained.push_back(r);
    if (r.fate == Fate::kAnswered) out.lost.push_back(r);
  }
  return out;
}

Result<Example> example(storage::Tx& tx, std::int64_t message_id) {
  ZK_TRY(const auto r, tx.one(kExample, {message_id}));
  Example out{.message_id = r.integer(0),
              .conversation_id = r.integer(1),
              .question = r.text(2),
              .article = r.text(3),
              .article_question = r.text(4),
              .at = r.time(5)};
  const auto trace = trace_of(r.text(6));
  const auto* candidates = trace.if_contains("candidates");
  if (!out.article.empty() || !candidates || !candidates->is_array() || candidates->get_array().empty() ||
      !candidates->get_array().front().is_object())
    return out;
  const auto& first = candidates->get_array().front().get_object();
  out.article = text(first, "article_id");
  out.article_question = text(first, "question");
  return out;
}

}  // namespace zk::review
