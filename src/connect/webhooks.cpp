#include "connect/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace zk::connect {
namespace {

constexpr storage::Query kAnyEnabled{"webhook.any_enabled", "SELECT COUNT(*) FROM webhook WHERE enabled = 1"};
constexpr storage::Query kDue{
    "webhook.due",
    "SELECT id FROM webhook WHERE enabled = 1 AND next_attempt_at <= $1 AND seq < "
    "COALESCE((SELECT MAX(seq) FROM event), 0) ORDER BY next_attempt_at LIMIT 1000"};
constexpr storage::Query kFind{
    "webhook.serve",
    "SELECT url, secret, events, enabled, seq, failures, next_attempt_at FROM webhook WHERE id = $1"};
constexpr storage::Query kAdvance{"webhook.advance",
                                  "UPDATE webhook SET seq = $2 WHERE id = $1 AND seq < $2"};
constexpr storage::Query kSuccess{
    "webhook.success",
    "UPDATE webhook SET seq = $2, failures = 0, next_attempt_at = 0, last_status = $3, last_error = '' "
    "WHERE id = $1 AND seq < $2"};
constexpr storage::Query kFailure{
    "webhook.failure",
    "UPDATE webhook SET failures = failures + 1, next_attempt_at = $2, last_status = $3, last_error = $4, "
    "enabled = $5 WHERE id = $1"};
constexpr storage::Query kInsertDelivery{"webhook_delivery.insert",
                                         "INSERT INTO webhook_delivery (webhook_id, seq, attempt, at, "
                                         "status, error) VALUES ($1, $2, $3, $4, $5, $6)"};
constexpr storage::Query kFirstAttempt{
    "webhook_delivery.first",
    "SELECT COALESCE(MIN(at), 0) FROM webhook_delivery WHERE webhook_id = $1 AND seq = $2"};
// The last 200 are kept, and all of the event in hand.
constexpr storage::Query kPrune{
    "webhook_delivery.prune",
    "DELETE FROM webhook_delivery WHERE webhook_id = $1 AND seq < $2 AND id <= COALESCE((SELECT id FROM "
    "webhook_delivery WHERE webhook_id = $1 ORDER BY id DESC LIMIT 1 OFFSET 200), 0)"};

constexpr int kEventsARound = 100;  // of one webhook, then others get their turn

// Whether a JSON array of plain words, as the API wrote it, holds this one.
bool holds(std::string_view json_array, std::string_view word) {
  return json_array.find(fmt::format("\"{}\"", word)) != std::string_view::npos;
}

Deadline soon() { return after(std::chrono::seconds(10)); }

}  // namespace

struct Webhooks::Hook {
  std::int64_t id = 0;
  std::string url, secret, events;
  std::int64_t seq = 0;
  int failures = 0;
};

std::string signature(std::string_view secret, Timestamp at, std::string_view body) {
  const auto seconds = to_micros(at) / 1'000'000;
  return fmt::format("t={},v1={}", seconds,
                     auth::hex(auth::hmac_sha256(secret, fmt::format("{}.{}", seconds, body))));
}

std::string delivery_body(const storage::Event& e) {
  return fmt::format(
      R"({{"seq":{},"kind":"{}","at":"{}","inbox_id":{},"conversation_id":{},"contact_id":{},"actor":"{}","data":{}}})",
      e.seq, e.kind, to_iso8601(e.at), e.inbox_id, e.conversation_id, e.contact_id, e.actor,
      e.payload.empty() ? "{}" : e.payload);
}

std::chrono::milliseconds retry_delay(int failures, double jitter) {
  const int doublings = std::clamp(failures - 1, 0, 9);
  const double seconds = std::min(10.0 * static_cast<double>(1 << doublings), 3600.0);
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000 * (0.8 + 0.4 * jitter)));
}

Webhooks::Webhooks(storage::Db& db, const Clock& clock, auth::Sealer sealer, HttpClient client,
                   Options options)
    : db_(db),
      clock_(clock),
      sealer_(std::move(sealer)),
      client_(std::move(client)),
      options_(options),
      random_(static_cast<std::uint64_t>(to_micros(clock.now()))),
      pool_({.name = "webhook", .threads = options.threads, .queue = 1000}),
      look_({.name = "webhook-look", .period = options.look_every}, [this] { look(); }) {
  listening_ = db_.listen([this](std::span<const storage::Event>) {
    if (any_.load(std::memory_order_relaxed)) look_.poke();
  });
}

Webhooks::~Webhooks() {
  listening_.reset();
  look_.stop();
  pool_.stop();
}

void Webhooks::look() {
  const auto due = db_.read(soon(), [&](storage::Tx& tx) -> Result<std::vector<storage::Row>> {
    ZK_TRY(const auto enabled, tx.one(kAnyEnabled));
    any_ = enabled.integer(0) > 0;
    if (!any_) return std::vector<storage::Row>{};
    return tx.all(kDue, {clock_.now()});
  });
  if (!due) return log::warn("connect", "webhooks not looked at code={}", to_string(due.error().code));
  for (const auto& row : *due) {
    const std::int64_t id = row.integer(0);
    {
      const std::lock_guard lock(mutex_);
      if (!busy_.insert(id).second) continue;
    }
    if (!pool_.post([this, id] { serve(id); })) {
      const std::lock_guard lock(mutex_);
      busy_.erase(id);
    }
  }
}

void Webhooks::serve(std::int64_t id) {
  Result<bool> more = true;
  for (int i = 0; i < kEventsARound && more && *more; ++i) {
    const auto row = db_.read(soon(), [&](storage::Tx& tx) { return tx.maybe(kFind, {id}); });
    if (!row) {
      more = tl::unexpected(row.error());
      break;
    }
    if (!*row || !(*row)->boolean(3) || (*row)->time(6) > clock_.now()) break;
    const auto secret = sealer_.open((*row)->text(1));
    if (!secret) {
      more = tl::unexpected(secret.error());
      break;
    }
    Hook hook{id,
              (*row)->text(0),
              *secret,
              (*row)->text(2),
              (*row)->integer(4),
              static_cast<int>((*row)->integer(5))};
    more = deliver_next(hook);
  }
  if (!more) log::warn("connect", "webhook not served webhook={} code={}", id, to_string(more.error().code));
  {
    const std::lock_guard lock(mutex_);
    busy_.erase(id);
  }
  if (more && *more) look_.poke();
}

Result<bool> Webhooks::deliver_next(Hook& hook) {
  constexpr int kBatch = 500;
  ZK_TRY(const auto events, db_.events_after(hook.seq, kBatch));
  const auto wanted =
      std::find_if(events.begin(), events.end(), [&](const auto& e) { return holds(hook.events, e.kind); });
  if (wanted == events.end()) {
    if (events.empty()) return false;
    const auto passed = events.back().seq;
    ZK_TRY_STATUS(db_.write(soon(), [&](storage::Tx& tx) -> Status {
      return tx.run(kAdvance, {hook.id, passed}).map([](auto) {});
    }));
    return events.size() == kBatch;
  }
  const auto reply = post(hook, *wanted);
  if (reply && reply->status >= 200 && reply->status < 300) {
    ZK_TRY_STATUS(record_success(hook, wanted->seq, reply->status));
    ++delivered_;
    return true;
  }
  ++failed_;
  ZK_TRY_STATUS(record_failure(hook, wanted->seq, reply ? reply->status : 0,
                               reply ? "the answer was not 2xx" : reply.error().message));
  return false;
}

Result<HttpReply> Webhooks::post(const Hook& hook, const storage::Event& event) const {
  HttpRequest request;
  request.url = hook.url;
  request.body = delivery_body(event);
  request.headers = {"Content-Type: application/json", "X-Zhike-Event: " + event.kind,
                     fmt::format("X-Zhike-Delivery: {}-{}", hook.id, event.seq),
                     "X-Zhike-Signature: " + signature(hook.secret, clock_.now(), request.body)};
  return client_.send(request);
}

Status Webhooks::record_success(const Hook& hook, std::int64_t seq, int status) {
  return db_.write(soon(), [&](storage::Tx& tx) -> Status {
    ZK_TRY_STATUS(tx.run(kSuccess, {hook.id, seq, status}));
    ZK_TRY_STATUS(tx.run(kInsertDelivery, {hook.id, seq, hook.failures + 1, clock_.now(), status, ""}));
    return tx.run(kPrune, {hook.id, seq}).map([](auto) {});
  });
}

Status Webhooks::record_failure(const Hook& hook, std::int64_t seq, int status, const std::string& error) {
  const Timestamp now = clock_.now();
  const double chance = jitter();
  bool off = false;
  ZK_TRY_STATUS(db_.write(soon(), [&](storage::Tx& tx) -> Status {
    ZK_TRY(const auto first, tx.one(kFirstAttempt, {hook.id, seq}));
    off = first.integer(0) > 0 && now - first.time(0) >= options_.disable_after;
    const Timestamp next = now + std::chrono::duration_cast<Micros>(retry_delay(hook.failures + 1, chance));
    ZK_TRY_STATUS(tx.run(kFailure, {hook.id, next, status, error, off ? 0 : 1}));
    return tx.run(kInsertDelivery, {hook.id, seq, hook.failures + 1, now, status, error}).map([](auto) {});
  }));
  if (off) {
    ++disabled_;
    log::warn("connect", "webhook turned off after lasting failure webhook={}", hook.id);
  }
  return {};
}

Result<HttpReply> Webhooks::test(std::int64_t webhook_id, Deadline deadline) const {
  ZK_TRY(const auto row, db_.read(deadline, [&](storage::Tx& tx) { return tx.one(kFind, {webhook_id}); }));
  ZK_TRY(const auto secret, sealer_.open(row.text(1)));
  storage::Event event;
  event.at = clock_.now();
  event.kind = "webhook.test";
  event.actor = "system";
  return post(Hook{webhook_id, row.text(0), secret, row.text(2), 0, 0}, event);
}

double Webhooks::jitter() {
  const std::lock_guard lock(mutex_);
  return random_.unit();
}

Webhooks::Stats Webhooks::stats() const { return {delivered_, failed_, disabled_}; }

}  // namespace zk::connect
