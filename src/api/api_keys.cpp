#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

const std::vector<Field> kKeyFields = {
    {"id", is::id(), kRequired},
    {"name", is::line(100), kRequired},
    {"role", is::one_of({"admin", "supervisor", "agent", "editor", "viewer"}), kRequired},
    {"created_at", is::time(), kRequired},
    {"last_used_at", is::nullable(is::time()), kRequired, "to the minute"}};
const Schema kApiKey = is::object("ApiKey", kKeyFields);
const Schema kNewApiKey = is::object("NewApiKey", [] {
  auto fields = kKeyFields;
  fields.push_back({"key", is::token(100), kRequired, "shown only now"});
  return fields;
}());
const Schema kApiKeyDraft = is::object(
    "ApiKeyDraft", {{"name", is::line(100), kRequired},
                    {"role", is::one_of({"admin", "supervisor", "agent", "editor", "viewer"}), kRequired}});

constexpr storage::Query kList{"api_key.list",
                               "SELECT id, name, role, created_at, last_used_at FROM api_key WHERE id > $1 "
                               "AND revoked_at = 0 ORDER BY id LIMIT $2"};
constexpr storage::Query kInsert{
    "api_key.insert",
    "INSERT INTO api_key (name, key_hash, role, created_by, created_at) VALUES ($1, $2, $3, $4, $5) "
    "RETURNING id, name, role, created_at, last_used_at"};
constexpr storage::Query kRevoke{"api_key.revoke",
                                 "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0"};

json::object to_object(const storage::Row& row) {
  return {{"id", row.integer(0)},
          {"name", row.text(1)},
          {"role", row.text(2)},
          {"created_at", iso(row.time(3))},
          {"last_used_at", iso(row.time(4))}};
}

Result<Reply> create(Context& c) {
  const auto key = "zk_" + auth::random_token();
  const auto hash = auth::sha256_hex(key);
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto row, tx.one(kInsert, {c.body().text("name"), hash, c.body().text("role"),
                                            c.caller().agent_id, c.now()}));
    ZK_TRY_STATUS(
        c.audit(tx, "api_key.created", "key:" + std::to_string(row.integer(0)), {{"role", row.text(2)}}));
    auto object = to_object(row);
    object["key"] = key;
    return Context::json(object);
  });
}

Result<Reply> revoke(Context& c, auth::Auth& auth) {
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto revoked, tx.run(kRevoke, {c.id(), c.now()}));
    if (revoked == 0) return absent("API key");
    ZK_TRY_STATUS(c.audit(tx, "api_key.revoked", "key:" + std::to_string(c.id())));
    return Context::nothing();
  });
  if (reply) auth.forget_api_key(ApiKeyId{c.id()});
  return reply;
}

}  // namespace

std::vector<Route> api_key_routes(auth::Auth& auth) {
  const std::string all = "/api/v1/api-keys";
  return {{.method = Method::kGet,
           .path = all,
           .access = Permission::kApiKeyWrite,
           .summary = "List API keys",
           .query = page_query(),
           .reply = is::page(kApiKey),
           .handler =
               [](Context& c) {
                 return page_by_id(c, kList, 0, to_object).map([](const json::object& page) {
                   return Context::json(page);
                 });
               }},
          {.method = Method::kPost,
           .path = all,
           .access = Permission::kApiKeyWrite,
           .summary = "Create an API key",
           .body = kApiKeyDraft,
           .status = 201,
           .reply = kNewApiKey,
           .handler = create},
          {.method = Method::kDelete,
           .path = all + "/{id}",
           .access = Permission::kApiKeyWrite,
           .summary = "Revoke an API key",
           .status = 204,
           .handler = [&auth](Context& c) { return revoke(c, auth); }}};
}

}  // namespace zk::api
