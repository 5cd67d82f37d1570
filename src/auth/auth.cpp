#include "auth/auth.hpp"

#include <algorithm>
#include <vector>

namespace zk::auth {
namespace {

constexpr storage::Query kFindSession{"session.find",
                                      "SELECT s.agent_id, a.role, s.expires_at, s.last_seen_at FROM session "
                                      "s JOIN agent a ON a.id = s.agent_id "
                                      "WHERE s.token_hash = $1 AND a.disabled = 0"};
constexpr storage::Query kInsertSession{"session.insert",
                                        "INSERT INTO session (token_hash, agent_id, created_at, expires_at, "
                                        "last_seen_at) VALUES ($1, $2, $3, $4, $3)"};
constexpr storage::Query kDeleteSession{"session.delete", "DELETE FROM session WHERE token_hash = $1"};
constexpr storage::Query kDeleteSessions{"session.delete_all",
                                         "DELETE FROM session WHERE agent_id = $1 AND token_hash <> $2"};
constexpr storage::Query kDeleteExpired{"session.delete_expired",
                                        "DELETE FROM session WHERE expires_at <= $1"};
constexpr storage::Query kSeeSession{
    "session.see", "UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2"};
constexpr storage::Query kSeeAgent{"agent.see",
                                   "UPDATE agent SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2"};
constexpr storage::Query kFindApiKey{
    "api_key.find", "SELECT id, role, last_used_at FROM api_key WHERE key_hash = $1 AND revoked_at = 0"};
constexpr storage::Query kSeeApiKey{
    "api_key.see", "UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2"};

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kApiKeyPrefix = "zk_";
constexpr std::size_t kLongestToken = 200;

std::string_view view(const Key& key) { return {reinterpret_cast<const char*>(key.data()), key.size()}; }

}  // namespace

Auth::Auth(storage::Db& db, const Clock& clock, const Keys& keys, Options options)
    : db_(db),
      clock_(clock),
      options_(options),
      visitors_(keys.visitor_tokens(), options.visitor_token),
      sealer_(keys.sealer()),
      csrf_key_(keys.csrf()),
      audit_(keys.audit()),
      sessions_(kCachedCallers),
      api_keys_(kCachedCallers) {}

Result<Caller> Auth::identify(std::string_view authorization, std::string_view cookie, Deadline deadline) {
  if (authorization.empty()) return cookie.empty() ? Result<Caller>(Caller{}) : by_session(cookie, deadline);
  if (!authorization.starts_with(kBearer))
    return fail(ErrorCode::kUnauthenticated,
                "the Authorization header must be: Bearer <API key or visitor token>");
  authorization.remove_prefix(kBearer.size());
  if (authorization.starts_with(kApiKeyPrefix)) return by_api_key(authorization, deadline);
  ZK_TRY(const auto visitor, visitors_.verify(authorization, clock_.now()));
  return Caller{
      .kind = Caller::Kind::kVisitor, .contact_id = visitor.contact_id, .inbox_id = visitor.inbox_id};
}

Result<Caller> Auth::by_api_key(std::string_view key, Deadline deadline) {
  const auto invalid = [] {
    return fail(ErrorCode::kUnauthenticated, "the API key is not valid or was revoked");
  };
  if (key.size() > kLongestToken) return invalid();
  const auto hash = sha256_hex(key);
  const auto now = clock_.now();
  const auto known = api_keys_.change(hash, false, [&](Known& k) -> std::optional<Caller> {
    if (k.checked_at + kCacheFor < now) return std::nullopt;
    k.seen_at = now;
    return k.caller;
  });
  if (known) return *known;
  const auto generation = api_keys_.generation();
  ZK_TRY(auto row, db_.read(deadline, [&](storage::Tx& tx) { return tx.maybe(kFindApiKey, {hash}); }));
  if (!row) return invalid();
  Caller caller{
      .kind = Caller::Kind::kApiKey, .api_key_id = row->id<ApiKeyId>(0), .role = role(row->text(1))};
  api_keys_.put_if(generation, hash, {caller, now, {}, now, row->time(2)});
  return caller;
}

bool Auth::expired(const Known& k, Timestamp now) const {
  return k.expires_at <= now || k.seen_at + options_.session_idle <= now;
}

Result<Caller> Auth::by_session(std::string_view token, Deadline deadline) {
  if (token.size() > kLongestToken) return Caller{};
  const auto hash = sha256_hex(token);
  const auto now = clock_.now();
  Timestamp seen{};
  const auto known = sessions_.change(hash, false, [&](Known& k) -> std::optional<Caller> {
    if (expired(k, now)) return Caller{};
    seen = k.seen_at;
    if (k.checked_at + kCacheFor < now) return std::nullopt;
    k.seen_at = now;
    return k.caller;
  });
  if (known) return *known;
  const auto generation = sessions_.generation();
  ZK_TRY(auto row, db_.read(deadline, [&](storage::Tx& tx) { return tx.maybe(kFindSession, {hash}); }));
  if (!row) return Caller{};
  Known found{{.kind = Caller::Kind::kAgent,
               .agent_id = row->id<AgentId>(0),
               .role = role(row->text(1)),
               .session_hash = hash},
              now,
              row->time(2),
              std::max(seen, row->time(3)),
              row->time(3)};
  if (expired(found, now)) return Caller{};
  found.seen_at = now;
  sessions_.put_if(generation, hash, found);
  return found.caller;
}

Result<std::string> Auth::open_session(storage::Tx& tx, AgentId agent, Timestamp now) {
  ZK_TRY_STATUS(tx.run(kDeleteExpired, {now}).map([](auto) {}));
  auto token = random_token();
  const auto hash = sha256_hex(token);
  ZK_TRY_STATUS(tx.run(kInsertSession, {hash, agent, now, now + options_.session_total}).map([](auto) {}));
  return token;
}

Status Auth::close_session(storage::Tx& tx, const std::string& session_hash) {
  return tx.run(kDeleteSession, {session_hash}).map([](auto) {});
}

Status Auth::close_sessions(storage::Tx& tx, AgentId agent, const std::string& except) {
  return tx.run(kDeleteSessions, {agent, except}).map([](auto) {});
}

void Auth::forget_agent(AgentId agent) {
  sessions_.erase_if([&](const std::string&, const Known& k) { return k.caller.agent_id == agent; });
}
void Auth::forget_session(const std::string& session_hash) {
  sessions_.erase_if([&](const std::string& hash, const Known&) { return hash == session_hash; });
}
void Auth::forget_api_key(ApiKeyId key) {
  api_keys_.erase_if([&](const std::string&, const Known& k) { return k.caller.api_key_id == key; });
}

std::string Auth::csrf_token(const Caller& caller) const {
  return base64url(hmac_sha256(view(csrf_key_), caller.session_hash));
}

bool Auth::csrf_matches(const Caller& caller, std::string_view token) const {
  return equal_constant_time(csrf_token(caller), token);
}

Status Auth::write_seen(Deadline deadline) {
  struct Seen {
    std::string hash;
    AgentId agent;
    ApiKeyId key;
    Timestamp at;
  };
  std::vector<Seen> due;
  const auto gather = [&](const std::string& hash, Known& k) {
    if (k.seen_at <= k.written_at) return;
    due.push_back({hash, k.caller.agent_id, k.caller.api_key_id, k.seen_at});
    k.written_at = k.seen_at;
  };
  sessions_.each(gather);
  api_keys_.each(gather);
  if (due.empty()) return {};
  return db_.write(deadline, [&](storage::Tx& tx) -> Status {
    for (const auto& s : due) {
      if (s.key) {
        ZK_TRY_STATUS(tx.run(kSeeApiKey, {s.key, s.at}).map([](auto) {}));
        continue;
      }
      ZK_TRY_STATUS(tx.run(kSeeSession, {s.hash, s.at}).map([](auto) {}));
      ZK_TRY_STATUS(tx.run(kSeeAgent, {s.agent, s.at}).map([](auto) {}));
    }
    return {};
  });
}

}  // namespace zk::auth
