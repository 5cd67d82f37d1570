#include "api/idempotency.hpp"

namespace zk::api {
namespace {
constexpr storage::Query kFind{
    "idempotency.find",
    "SELECT request_hash, body FROM idempotency WHERE scope = $1 AND key = $2 AND at > $3"};
constexpr storage::Query kForget{"idempotency.forget", "DELETE FROM idempotency WHERE at <= $1"};
constexpr storage::Query kKeep{
    "idempotency.keep",
    "INSERT INTO idempotency (scope, key, request_hash, body, at) VALUES ($1, $2, $3, $4, $5)"};
}  // namespace

RepeatKey::RepeatKey(const auth::Sealer& sealer, std::string scope, std::string key, std::string_view request)
    : sealer_(sealer),
      scope_(std::move(scope)),
      key_(std::move(key)),
      request_hash_(auth::sha256_hex(request)) {}

Result<std::optional<Reply>> RepeatKey::kept_reply(storage::Tx& tx, Timestamp now) const {
  ZK_TRY(auto row, tx.maybe(kFind, {scope_, key_, now - kRepeatWindow}));
  if (!row) return std::nullopt;
  if (row->text(0) != request_hash_)
    return fail(ErrorCode::kConflict, "this Idempotency-Key was used for another request; use a new key",
                "Idempotency-Key");
  ZK_TRY(auto body, sealer_.open(row->text(1)));
  return Reply{.body = std::move(body), .headers = {{"idempotency-replayed", "true"}}};
}

Status RepeatKey::keep(storage::Tx& tx, const Reply& reply, Timestamp now) const {
  ZK_TRY_STATUS(tx.run(kForget, {now - kRepeatWindow}).map([](auto) {}));
  const auto sealed = sealer_.seal(reply.body);
  return tx.run(kKeep, {scope_, key_, request_hash_, storage::Blob{sealed}, now}).map([](auto) {});
}

}  // namespace zk::api
