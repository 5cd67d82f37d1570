#include "learning/signals.hpp"

#include "dialogue/reading.hpp"
#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::learning {
namespace {
using storage::Query;
using storage::Row;

constexpr auto kWindow = std::chrono::hours(24 * 30);

constexpr Query kSignals{
    "learning.signals",
    "SELECT m.id, m.conversation_id, m.decision, m.feedback, m.article_id, m.created_at, v.text, "
    "COALESCE((SELECT a.text FROM message a WHERE a.id = (SELECT MIN(x.id) FROM message x WHERE "
    "x.conversation_id = m.conversation_id AND x.id > m.id AND x.sender = 'agent' AND x.kind = 'text')), "
    "''), "
    "c.handed_over_at, c.resolved_at, c.rating FROM message m JOIN conversation c ON c.id = "
    "m.conversation_id "
    "JOIN message v ON v.id = (SELECT MAX(x.id) FROM message x WHERE x.conversation_id = m.conversation_id "
    "AND "
    "x.id < m.id AND x.sender = 'visitor') WHERE m.sender = 'bot' AND m.created_at >= $1 AND v.pick = '' AND "
    "v.text <> '' AND (m.decision = 'none' OR m.feedback = -1 OR (m.decision = 'answer' AND c.rating > 0 AND "
    "c.rating < 3) OR (m.decision = 'clarify' AND c.handed_over_at >= m.created_at AND NOT EXISTS (SELECT 1 "
    "FROM message l WHERE l.conversation_id = m.conversation_id AND l.id > m.id AND l.decision = 'answer'))) "
    "ORDER BY m.id DESC LIMIT $2"};
constexpr Query kConfirmed{"learning.confirmed",
                           "SELECT q.text, m.article_id FROM message m JOIN message v ON v.id = (SELECT "
                           "MAX(x.id) FROM message x WHERE "
                           "x.conversation_id = m.conversation_id AND x.id < m.id AND x.sender = 'visitor') "
                           "JOIN message q ON q.id = "
                           "(SELECT MAX(x.id) FROM message x WHERE x.conversation_id = m.conversation_id AND "
                           "x.id <= v.id AND x.sender "
                           "= 'visitor' AND x.pick = '') WHERE m.decision = 'answer' AND m.article_id <> '' "
                           "AND m.created_at >= $1 AND "
                           "m.feedback >= 0 AND q.text <> '' AND (m.feedback = 1 OR v.pick LIKE 'article:%') "
                           "ORDER BY m.id DESC LIMIT $2"};

// A wish for a person or small talk is no gap in what is known.
bool asks_something(const std::string& text) {
  const auto normalised = text::normalise(text);
  return dialogue::alarm_of(normalised, nlu::urgency(normalised)) == dialogue::Alarm::kNone &&
         nlu::small_talk(normalised) == nlu::SmallTalk::kNone;
}

}  // namespace

Result<std::vector<Signal>> signals(storage::Tx& tx, Timestamp now) {
  std::vector<Signal> out;
  ZK_TRY_STATUS(tx.each(kSignals, {now - kWindow, kMostSignals}, [&](const Row& r) {
    if (!asks_something(r.text(6))) return true;
    const bool handed = r.integer(8) > 0 && r.integer(9) > r.integer(8);
    out.push_back({.message_id = r.integer(0),
                   .conversation_id = r.integer(1),
                   .kind = r.integer(3) < 0        ? "disliked"
                           : r.text(2) == "answer" ? "low_rating"
                                                   : "unanswered",
                   .text = r.text(6),
                   .article = r.text(4),
                   .reply = r.text(7),
                   .handling_s = handed ? static_cast<double>(r.integer(9) - r.integer(8)) * 1e-6 : 0,
                   .at = r.time(5)});
    return true;
  }));
  return out;
}

Result<std::vector<Confirmed>> confirmed(storage::Tx& tx, Timestamp now) {
  std::vector<Confirmed> out;
  ZK_TRY_STATUS(tx.each(kConfirmed, {now - kWindow, kMostSignals}, [&](const Row& r) {
    if (asks_something(r.text(0))) out.push_back({r.text(0), r.text(1)});
    return true;
  }));
  return out;
}

}  // namespace zk::learning
