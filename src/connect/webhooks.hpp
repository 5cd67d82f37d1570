// Tells other systems what happened: posts the ledger's events, signed, to the webhooks that asked for them.
//
//   Webhooks webhooks(db, clock, auth.sealer(), HttpClient({…}), {});   // owned by the composition root
//   … destruction finishes the deliveries in hand
//
// Each webhook has its own cursor over the ledger (webhook.seq), so events arrive in order and at least once;
// the receiver drops what it knows by `seq`. A delivery is an answer of 2xx. After a failure the same event
// is tried again, first after 10 s, then after twice the time before up to 1 h, each ± 20 %; a webhook whose
// event has failed for disable_after is turned off. last_status, last_error and webhook_delivery record what
// happened. Header X-Zhike-Signature: t=UNIX_SECONDS,v1=HEX, where HEX is HMAC-SHA256 (RFC 2104) of "t.body"
// under the webhook's secret. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "auth/secret.hpp"
#include "base/random.hpp"
#include "connect/http_client.hpp"
#include "exec/periodic.hpp"
#include "exec/pool.hpp"
#include "storage/storage.hpp"

namespace zk::connect {

// The value of X-Zhike-Signature.
std::string signature(std::string_view secret, Timestamp at, std::string_view body);
// What is posted for an event.
std::string delivery_body(const storage::Event& event);
// How long to wait after that many failures of one event (≥ 1); jitter in [0, 1).
std::chrono::milliseconds retry_delay(int failures, double jitter);

class Webhooks {
 public:
  struct Options {
    std::chrono::hours disable_after{5 * 24};
    std::chrono::milliseconds look_every{
        1000};        // for retries that have become due; new events are seen at once
    int threads = 4;  // webhooks served at the same time, 1 … 64
  };
  struct Stats {  // monotonic
    std::uint64_t delivered = 0, failed = 0, disabled = 0;
  };
  Webhooks(storage::Db& db, const Clock& clock, auth::Sealer sealer, HttpClient client, Options options);
  ~Webhooks();

  // Looks for due deliveries now, as if look_every had passed.
  void poke() { look_.poke(); }
  // Posts a made-up event "webhook.test" once and records nothing but the answer's status in the reply.
  // Blocks; kNotFound.
  Result<HttpReply> test(std::int64_t webhook_id, Deadline deadline) const;
  Stats stats() const;

 private:
  struct Hook;
  void look();
  void serve(std::int64_t id);
  // False: nothing more to do for this webhook now.
  Result<bool> deliver_next(Hook& hook);
  Status record_success(const Hook& hook, std::int64_t seq, int status);
  Status record_failure(const Hook& hook, std::int64_t seq, int status, const std::string& error);
  Result<HttpReply> post(const Hook& hook, const storage::Event& event) const;
  double jitter();

  storage::Db& db_;
  const Clock& clock_;
  const auth::Sealer sealer_;
  const HttpClient client_;
  const Options options_;
  std::atomic<bool> any_{true};  // false: no webhook is enabled, so commits need not wake anybody
  std::atomic<std::uint64_t> delivered_{0}, failed_{0}, disabled_{0};
  std::mutex mutex_;
  std::unordered_set<std::int64_t> busy_;  // under mutex_: being served
  Random random_;                          // under mutex_
  exec::Pool pool_;
  exec::Periodic look_;
  std::shared_ptr<void> listening_;
};

}  // namespace zk::connect
