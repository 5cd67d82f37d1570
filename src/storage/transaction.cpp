#include "storage/transaction.hpp"

#include <simdjson.h>

#include "base/check.hpp"

namespace zk::storage {
namespace {

constexpr Query kAppend{
    "event.append",
    "INSERT INTO event (at, kind, inbox_id, conversation_id, contact_id, actor, audience, payload) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq"};
constexpr Query kEventsAfter{
    "event.after",
    "SELECT seq, at, kind, inbox_id, conversation_id, contact_id, actor, audience, payload "
    "FROM event WHERE seq > $1 ORDER BY seq LIMIT $2"};
constexpr Query kLastSeq{"event.last_seq", "SELECT COALESCE(MAX(seq), 0) FROM event"};

// PostgreSQL stores neither NUL nor broken UTF-8 in text; SQLite would. Refused here so that both engines
// agree.
Status check_text(const Query& q, Params params) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    const auto* text = std::get_if<std::string_view>(&params[i].value());
    if (!text) continue;
    if (text->find('\0') != std::string_view::npos || !simdjson::validate_utf8(text->data(), text->size())) {
      return fail(ErrorCode::kInvalidArgument, "text must be valid UTF-8 without NUL characters", {},
                  std::string(q.name) + ": parameter $" + std::to_string(i + 1));
    }
  }
  return {};
}

Event to_event(const Row& row) {
  Event e;
  e.seq = row.integer(0);
  e.at = row.time(1);
  e.kind = row.text(2);
  e.inbox_id = row.integer(3);
  e.conversation_id = row.integer(4);
  e.contact_id = row.integer(5);
  e.actor = row.text(6);
  e.audience = row.text(7);
  e.payload = row.text(8);
  return e;
}

}  // namespace

Result<std::int64_t> Transaction::query(const Query& q, Params params, const Connection::Sink& sink) {
  if (failure_) return tl::unexpected(*failure_);
  auto checked = check_text(q, params);
  auto done =
      checked ? connection_.query(q, params, sink) : Result<std::int64_t>(tl::unexpected(checked.error()));
  if (!done) failure_ = done.error();
  return done;
}

Result<std::vector<Row>> Transaction::all(const Query& q, Params params) {
  std::vector<Row> rows;
  bool too_many = false;
  auto done = query(q, params, [&](Row&& row) {
    too_many = rows.size() == kMaxRows;
    if (!too_many) rows.push_back(std::move(row));
    return !too_many;
  });
  if (!done) return tl::unexpected(std::move(done).error());
  if (too_many) return fail(ErrorCode::kTooLarge, "more than 1,000,000 rows; ask for fewer", {}, q.name);
  return rows;
}

Status Transaction::each(const Query& q, Params params, const std::function<bool(const Row&)>& f) {
  auto done = query(q, params, [&](Row&& row) { return f(row); });
  if (!done) return tl::unexpected(std::move(done).error());
  return {};
}

Result<std::int64_t> Transaction::run(const Query& q, Params params) {
  return query(q, params, [](Row&&) { return true; });
}

Result<std::int64_t> Transaction::append(NewEvent event) {
  ZK_CHECK(appended_ != nullptr);  // only inside write()
  std::int64_t seq = 0;
  const std::initializer_list<Param> params{
      event.at,         event.kind,  event.inbox_id, event.conversation_id,
      event.contact_id, event.actor, event.audience, event.payload};
  auto done = query(kAppend, Params(params.begin(), params.size()), [&](Row&& row) {
    seq = row.integer(0);
    return true;
  });
  if (!done) return done;
  Event stored;
  static_cast<NewEvent&>(stored) = std::move(event);
  stored.seq = seq;
  appended_->push_back(std::move(stored));
  return seq;
}

Result<std::vector<Event>> read_events(Tx& tx, std::int64_t after, int limit) {
  std::vector<Event> events;
  ZK_TRY_STATUS(tx.each(kEventsAfter, {after, limit}, [&](const Row& row) {
    events.push_back(to_event(row));
    return true;
  }));
  return events;
}

Result<std::int64_t> read_last_seq(Tx& tx) {
  ZK_TRY(auto row, tx.one(kLastSeq));
  return row.integer(0);
}

}  // namespace zk::storage
