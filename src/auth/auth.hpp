// Who may come in: sessions of agents, API keys, visitor tokens, throttling of sign-in, audit. Owned by the
// composition root.
//
//   auth::Auth auth(db, clock, keys);
//   auto caller = auth.identify(request.header("authorization"), request.cookie("zk_session"), deadline);
//   if (caller->may(Permission::kSettingsWrite)) …
//
// Thread-safe. identify() answers from memory for kCacheFor after the database was asked; what this process
// changes (sign-out, disabling, a new role or password, a revoked key) counts at once, what another process
// changes within kCacheFor.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/audit.hpp"
#include "auth/caller.hpp"
#include "auth/secret.hpp"
#include "auth/throttle.hpp"
#include "auth/visitor_token.hpp"
#include "base/lru.hpp"
#include "storage/storage.hpp"

namespace zk::auth {

inline constexpr std::chrono::seconds kCacheFor{30};
inline constexpr std::size_t kCachedCallers = 20'000;

struct Options {
  std::chrono::seconds session_idle = std::chrono::hours(24);
  std::chrono::seconds session_total = std::chrono::hours(24 * 14);
  std::chrono::seconds visitor_token = std::chrono::hours(24 * 180);
};

class Auth {
 public:
  Auth(storage::Db& db, const Clock& clock, const Keys& keys, Options options = Options());

  // A bearer (API key "zk_…", visitor token) goes before the cookie. No credentials, or a cookie that is not
  // (or no longer) valid: kNobody; an invalid bearer: kUnauthenticated.
  Result<Caller> identify(std::string_view authorization, std::string_view session_cookie, Deadline deadline);

  // Sessions. The token goes to the browser and is kept only as its SHA-256.
  Result<std::string> open_session(storage::Tx& tx, AgentId agent, Timestamp now);
  Status close_session(storage::Tx& tx, const std::string& session_hash);
  // Ends every session of the agent but `except`.
  Status close_sessions(storage::Tx& tx, AgentId agent, const std::string& except = {});
  // Makes the next request of these ask the database; called after the commit that changed them.
  void forget_agent(AgentId agent);
  void forget_session(const std::string& session_hash);
  void forget_api_key(ApiKeyId key);

  // Bound to the session: HMAC of its hash. No row, no state.
  std::string csrf_token(const Caller& caller) const;
  bool csrf_matches(const Caller& caller, std::string_view token) const;

  // Writes the last-seen times gathered in memory, in one transaction. Called every minute and at the end.
  Status write_seen(Deadline deadline);

  const VisitorTokens& visitors() const { return visitors_; }
  const Sealer& sealer() const { return sealer_; }
  const AuditLog& audit() const { return audit_; }
  Throttle& throttle() { return throttle_; }
  const Options& options() const { return options_; }

 private:
  struct Known {
    Caller caller;
    Timestamp checked_at{}, expires_at{}, seen_at{}, written_at{};
  };
  Result<Caller> by_api_key(std::string_view key, Deadline deadline);
  Result<Caller> by_session(std::string_view token, Deadline deadline);
  bool expired(const Known& known, Timestamp now) const;

  storage::Db& db_;
  const Clock& clock_;
  Options options_;
  VisitorTokens visitors_;
  Sealer sealer_;
  Key csrf_key_;
  AuditLog audit_;
  Throttle throttle_;
  Lru<Known> sessions_, api_keys_;  // by SHA-256 of the token or key
};

}  // namespace zk::auth
