// Which events go where. What is sent, and when, is the business of the sender, which reads the same table.
#include <boost/json.hpp>
#include <memory>
#include <mutex>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

Schema kinds() { return is::list(is::one_of(event_kinds()), 50, 1); }
const Schema& webhook_schema() {
  static const Schema schema = is::object(
      "Webhook", {{"id", is::id(), kRequired},
                  {"url", is::url(), kRequired},
                  {"events", kinds(), kRequired},
                  {"enabled", is::boolean(), kRequired},
                  {"last_status", is::nullable(is::integer(0, 999)), kRequired, "of the last delivery"},
                  {"last_error", is::nullable(is::text(0, 1000)), kRequired}});
  return schema;
}
Schema new_webhook_schema() {
  auto fields = webhook_schema()->fields;
  fields.push_back({"secret", is::token(100), kRequired, "signs the deliveries; shown only now"});
  return is::object("NewWebhook", std::move(fields));
}

constexpr storage::Query kList{"webhook.list",
                               "SELECT id, url, events, enabled, last_status, last_error FROM webhook WHERE "
                               "id > $1 ORDER BY id LIMIT $2"};
constexpr storage::Query kFind{
    "webhook.find", "SELECT id, url, events, enabled, last_status, last_error FROM webhook WHERE id = $1"};
// It begins with what happens from now on.
constexpr storage::Query kInsert{"webhook.insert",
                                 "INSERT INTO webhook (url, secret, events, enabled, created_at, seq) "
                                 "VALUES ($1, $2, $3, $4, $5, COALESCE((SELECT MAX(seq) FROM event), 0)) "
                                 "RETURNING id, url, events, enabled, last_status, last_error"};
// A change gives it a new start: failures forgotten, tried again at once.
constexpr storage::Query kUpdate{
    "webhook.update",
    "UPDATE webhook SET url = $2, events = $3, enabled = $4, failures = 0, next_attempt_at = 0 WHERE id = $1 "
    "RETURNING id, url, events, enabled, last_status, last_error"};
constexpr storage::Query kDelete{"webhook.delete", "DELETE FROM webhook WHERE id = $1"};

json::object to_object(const storage::Row& row) {
  return {{"id", row.integer(0)},
          {"url", row.text(1)},
          {"events", parsed(row.text(2))},
          {"enabled", row.boolean(3)},
          {"last_status", row.integer(4) ? json::value(row.integer(4)) : json::value(nullptr)},
          {"last_error", row.text(5).empty() ? json::value(nullptr) : json::value(row.text(5))}};
}

std::string target(std::int64_t id) { return "webhook:" + std::to_string(id); }

Result<Reply> create(Context& c, auth::Auth& auth) {
  const auto secret = auth::random_token();
  const auto sealed = auth.sealer().seal(secret);
  const auto events = json::serialize(c.body().value("events"));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto row, tx.one(kInsert, {c.body().text("url"), storage::Blob{sealed}, events,
                                            c.body().boolean("enabled", true), c.now()}));
    ZK_TRY_STATUS(c.audit(tx, "webhook.created", target(row.integer(0))));
    auto object = to_object(row);
    object["secret"] = secret;
    return Context::json(object);
  });
}

Result<Reply> change(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto before, tx.maybe(kFind, {c.id()}));
    if (!before) return absent("webhook");
    const auto events = c.body().has("events") ? json::serialize(c.body().value("events")) : before->text(2);
    ZK_TRY(const auto row, tx.one(kUpdate, {c.id(), c.body().text("url", before->text(1)), events,
                                            c.body().boolean("enabled", before->boolean(3))}));
    ZK_TRY_STATUS(c.audit(tx, "webhook.updated", target(c.id())));
    return Context::json(to_object(row));
  });
}

Result<Reply> remove(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto gone, tx.run(kDelete, {c.id()}));
    if (gone == 0) return absent("webhook");
    ZK_TRY_STATUS(c.audit(tx, "webhook.deleted", target(c.id())));
    return Context::nothing();
  });
}

// What became of the delivery is the answer, whatever it was; the caller's server being down is no error
// here.
Result<Reply> try_out(Context& c, const WebhookTest& test) {
  const auto status = test(c.id(), c.deadline());
  if (!status && status.error().code == ErrorCode::kNotFound) return absent("webhook");
  if (!status) return Context::json(json::object{{"status", nullptr}, {"error", status.error().message}});
  const bool taken = *status >= 200 && *status < 300;
  return Context::json(json::object{
      {"status", *status}, {"error", taken ? json::value(nullptr) : json::value("the answer was not 2xx")}});
}

}  // namespace

std::vector<Route> webhook_test_routes(WebhookTest test) {
  const auto outcome = is::object(
      "WebhookTest",
      {{"status", is::nullable(is::integer(100, 999)), kRequired, "of the answer; null: there was none"},
       {"error", is::nullable(is::text(0, 1000)), kRequired, "null when the delivery was taken"}});
  // One at a time: the other end may take seconds, and workers are few.
  const auto turn = std::make_shared<std::mutex>();
  return {{.method = Method::kPost,
           .path = "/api/v1/webhooks/{id}/test",
           .access = Permission::kWebhookWrite,
           .summary = "Send a made-up event to a webhook",
           .reply = outcome,
           .repeat = Repeat::kNatural,
           .handler = [test = std::move(test), turn](Context& c) -> Result<Reply> {
             const std::unique_lock mine(*turn, std::try_to_lock);
             if (!mine) return fail(ErrorCode::kUnavailable, "another webhook is being tested; try again");
             return try_out(c, test);
           }}};
}

std::vector<Route> webhook_routes(auth::Auth& auth) {
  const std::string all = "/api/v1/webhooks", one = "/api/v1/webhooks/{id}";
  const Schema draft =
      is::object("WebhookDraft",
                 {{"url", is::url(), kRequired}, {"events", kinds(), kRequired}, {"enabled", is::boolean()}});
  const Schema changes =
      is::object("WebhookChange", {{"url", is::url()}, {"events", kinds()}, {"enabled", is::boolean()}});
  return {{.method = Method::kGet,
           .path = all,
           .access = Permission::kWebhookWrite,
           .summary = "List webhooks",
           .query = page_query(),
           .reply = is::page(webhook_schema()),
           .handler =
               [](Context& c) {
                 return page_by_id(c, kList, 0, to_object).map([](const json::object& page) {
                   return Context::json(page);
                 });
               }},
          {.method = Method::kPost,
           .path = all,
           .access = Permission::kWebhookWrite,
           .summary = "Create a webhook",
           .body = draft,
           .status = 201,
           .reply = new_webhook_schema(),
           .handler = [&auth](Context& c) { return create(c, auth); }},
          {.method = Method::kPatch,
           .path = one,
           .access = Permission::kWebhookWrite,
           .summary = "Change a webhook",
           .body = changes,
           .reply = webhook_schema(),
           .handler = change},
          {.method = Method::kDelete,
           .path = one,
           .access = Permission::kWebhookWrite,
           .summary = "Delete a webhook",
           .status = 204,
           .handler = remove}};
}

}  // namespace zk::api
