#include "conversation/report.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace zk::conversation {
namespace {
using storage::Query;

constexpr std::int64_t kDay = 86'400'000'000;

constexpr Query kOpen{"report.open",
                      "SELECT handler, COUNT(*) FROM conversation WHERE status = 'open' GROUP BY handler"};
constexpr Query kByDay{
    "report.by_day",
    "SELECT (created_at + $2) / 86400000000 AS day, COUNT(*), "
    "SUM(CASE WHEN bot_attempts > 0 AND handed_over_at = 0 THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN handed_over_at > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN rating > 0 THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN rating > 3 THEN 1 ELSE 0 END) FROM conversation WHERE created_at >= $1 GROUP BY 1"};
constexpr Query kByHour{"report.by_hour",
                        "SELECT ((created_at + $2) / 3600000000) % 24 AS hour, COUNT(*) FROM conversation "
                        "WHERE created_at >= $1 GROUP BY 1"};
constexpr Query kDecisions{"report.decisions",
                           "SELECT COUNT(*) FROM message WHERE decision = $1 AND created_at >= $2"};
constexpr Query kResolved{"report.resolved",
                          "SELECT COUNT(*) FROM conversation WHERE resolved_at >= $1 AND resolved_at > 0"};
constexpr Query kFirstReplies{
    "report.first_replies",
    "SELECT first_reply_at - handed_over_at FROM conversation WHERE created_at >= $1 AND handed_over_at > 0 "
    "AND first_reply_at >= handed_over_at ORDER BY 1"};
constexpr Query kTopArticles{"report.top_articles",
                             "SELECT article_id, MAX(article_question), COUNT(*) FROM message WHERE decision "
                             "= 'answer' AND created_at >= $1 "
                             "AND article_id <> '' GROUP BY article_id ORDER BY 3 DESC, 1 LIMIT 10"};
constexpr Query kUnanswered{
    "report.unanswered",
    "SELECT COALESCE((SELECT v.text FROM message v WHERE v.conversation_id = m.conversation_id AND v.id < "
    "m.id "
    "AND v.sender = 'visitor' ORDER BY v.id DESC LIMIT 1), '') FROM message m WHERE m.decision = 'none' AND "
    "m.created_at >= $1 ORDER BY m.created_at DESC LIMIT 1000"};

std::string day_name(std::int64_t local_day) {
  return to_iso8601(from_micros(local_day * kDay)).substr(0, 10);
}

Status read_open(storage::Tx& tx, Overview& o) {
  return tx.each(kOpen, {}, [&](const storage::Row& row) {
    const auto n = row.integer(1);
    o.open += n;
    if (row.text(0) == "waiting")
      o.waiting = n;
    else if (row.text(0) == "human")
      o.human = n;
    else
      o.bot_open = n;
    return true;
  });
}

Status read_days(storage::Tx& tx, Overview& o, std::int64_t since, std::int64_t offset,
                 std::int64_t first_day, std::int64_t today) {
  for (auto day = first_day; day <= today; ++day) o.series.push_back({day_name(day), 0, 0, 0});
  return tx.each(kByDay, {since, offset}, [&](const storage::Row& row) {
    const auto day = row.integer(0);
    if (day < first_day || day > today) return true;
    o.series[static_cast<std::size_t>(day - first_day)] = {day_name(day), row.integer(1), row.integer(2),
                                                           row.integer(3)};
    if (day != today) return true;
    o.today.conversations = row.integer(1);
    o.today.handed_over = row.integer(3);
    if (row.integer(4) > 0)
      o.today.csat = static_cast<double>(row.integer(5)) / static_cast<double>(row.integer(4));
    return true;
  });
}

Status read_today(storage::Tx& tx, Overview& o, std::int64_t midnight) {
  ZK_TRY(auto answered, tx.one(kDecisions, {"answer", midnight}));
  ZK_TRY(auto clarified, tx.one(kDecisions, {"clarify", midnight}));
  ZK_TRY(auto resolved, tx.one(kResolved, {midnight}));
  ZK_TRY(auto replies, tx.all(kFirstReplies, {midnight}));
  o.today.answered_by_bot = answered.integer(0);
  o.today.clarified = clarified.integer(0);
  o.today.resolved = resolved.integer(0);
  if (!replies.empty()) {
    const auto at = [&](std::size_t i) { return static_cast<double>(replies[i].integer(0)) * 1e-6; };
    o.today.median_first_response_s = (at((replies.size() - 1) / 2) + at(replies.size() / 2)) / 2;
  }
  return {};
}

Status read_questions(storage::Tx& tx, Overview& o, std::int64_t since) {
  ZK_TRY_STATUS(tx.each(kTopArticles, {since}, [&](const storage::Row& row) {
    o.top_articles.push_back({row.text(0), row.text(1), row.integer(2)});
    return true;
  }));
  std::unordered_map<std::string, std::int64_t> asked;
  ZK_TRY_STATUS(tx.each(kUnanswered, {since}, [&](const storage::Row& row) {
    if (!row.text(0).empty()) ++asked[row.text(0)];
    return true;
  }));
  for (const auto& [q, n] : asked) o.unanswered.push_back({q, n});
  std::sort(o.unanswered.begin(), o.unanswered.end(),
            [](const auto& a, const auto& b) { return std::tie(b.count, a.q) < std::tie(a.count, b.q); });
  if (o.unanswered.size() > 10) o.unanswered.resize(10);
  return {};
}

}  // namespace

Result<Overview> overview(storage::Tx& tx, Timestamp now, int days, std::chrono::minutes utc_offset) {
  const auto offset = std::chrono::duration_cast<Micros>(utc_offset).count();
  const auto today = (to_micros(now) + offset) / kDay;
  const auto first_day = today - days + 1;
  const auto since = first_day * kDay - offset;
  Overview o;
  ZK_TRY_STATUS(read_open(tx, o));
  ZK_TRY_STATUS(read_days(tx, o, since, offset, first_day, today));
  ZK_TRY_STATUS(read_today(tx, o, today * kDay - offset));
  ZK_TRY_STATUS(tx.each(kByHour, {since, offset}, [&](const storage::Row& row) {
    o.by_hour[static_cast<std::size_t>(row.integer(0)) % 24] = row.integer(1);
    return true;
  }));
  ZK_TRY_STATUS(read_questions(tx, o, since));
  return o;
}

void write(JsonWriter& w, const Overview& o) {
  const auto optional = [&](const std::optional<double>& v) { v ? w.value(*v) : w.null(); };
  w.begin()
      .key("open")
      .value(o.open)
      .key("waiting")
      .value(o.waiting)
      .key("human")
      .value(o.human)
      .key("bot_open")
      .value(o.bot_open);
  w.key("today")
      .begin()
      .key("conversations")
      .value(o.today.conversations)
      .key("answered_by_bot")
      .value(o.today.answered_by_bot);
  w.key("clarified")
      .value(o.today.clarified)
      .key("handed_over")
      .value(o.today.handed_over)
      .key("resolved")
      .value(o.today.resolved);
  w.key("median_first_response_s");
  optional(o.today.median_first_response_s);
  w.key("csat");
  optional(o.today.csat);
  w.end().key("series").begin_array();
  for (const auto& d : o.series)
    w.begin()
        .key("day")
        .value(d.day)
        .key("conversations")
        .value(d.conversations)
        .key("bot_resolved")
        .value(d.bot_resolved)
        .key("handed_over")
        .value(d.handed_over)
        .end();
  w.end_array().key("by_hour").begin_array();
  for (const auto n : o.by_hour) w.value(n);
  w.end_array().key("top_articles").begin_array();
  for (const auto& a : o.top_articles)
    w.begin().key("id").value(a.id).key("question").value(a.question).key("count").value(a.count).end();
  w.end_array().key("unanswered").begin_array();
  for (const auto& u : o.unanswered) w.begin().key("q").value(u.q).key("count").value(u.count).end();
  w.end_array().end();
}

}  // namespace zk::conversation
