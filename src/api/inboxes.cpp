#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

const Schema kInboxSettings = is::object(
    "InboxSettings",
    {{"brand_color", is::color()},
     {"title", is::line(60)},
     {"greeting", is::text(0, 500)},
     {"locale", is::locale()},
     {"suggested_questions", is::list(is::line(200), 10)},
     {"allowed_origins", is::list(is::url(), 50), Presence::kOptional,
      "sites that may show the widget; none: any"},
     {"bot_enabled", is::boolean()},
     {"launcher_position", is::one_of({"right", "left"})},
     {"require_identity", is::boolean(), Presence::kOptional, "only customers with a valid identity hash"}});
const std::vector<Field> kInboxFields = {
    {"id", is::id(), kRequired},
    {"name", is::line(100), kRequired},
    {"channel", is::one_of({"web"}), kRequired},
    {"website_token", is::token(100), kRequired, "public, for the install snippet"},
    {"team_id", is::nullable(is::id()), kRequired},
    {"settings", kInboxSettings, kRequired}};
const Schema kInbox = is::object("Inbox", kInboxFields);
const Schema kNewInbox = is::object("NewInbox", [] {
  auto fields = kInboxFields;
  fields.push_back(
      {"identity_secret", is::token(100), kRequired, "for the HMAC of signed-in customers; shown only now"});
  return fields;
}());
const Schema kIdentitySecret =
    is::object("IdentitySecret",
               {{"identity_secret", is::token(100), kRequired, "shown only now; the one before is void"}});
const Schema kInboxDraft = is::object(
    "InboxDraft",
    {{"name", is::line(100), kRequired}, {"team_id", is::nullable(is::id())}, {"settings", kInboxSettings}});
const Schema kInboxChange = is::object(
    "InboxChange", {{"name", is::line(100)},
                    {"team_id", is::nullable(is::id())},
                    {"settings", kInboxSettings, Presence::kOptional, "only the members given are changed"}});

constexpr storage::Query kList{"inbox.list",
                               "SELECT id, name, channel, website_token, team_id, settings FROM inbox WHERE "
                               "id > $1 ORDER BY id LIMIT $2"};
constexpr storage::Query kFind{
    "inbox.find", "SELECT id, name, channel, website_token, team_id, settings FROM inbox WHERE id = $1"};
constexpr storage::Query kInsert{"inbox.insert",
                                 "INSERT INTO inbox (name, channel, website_token, identity_secret, team_id, "
                                 "settings, created_at, updated_at) "
                                 "VALUES ($1, 'web', $2, $3, $4, $5, $6, $6) RETURNING id"};
constexpr storage::Query kUpdate{
    "inbox.update", "UPDATE inbox SET name = $2, team_id = $3, settings = $4, updated_at = $5 WHERE id = $1"};
constexpr storage::Query kSetSecret{"inbox.set_secret",
                                    "UPDATE inbox SET identity_secret = $2, updated_at = $3 WHERE id = $1"};
constexpr storage::Query kDelete{"inbox.delete", "DELETE FROM inbox WHERE id = $1"};
constexpr storage::Query kTeamExists{"inbox.team_exists", "SELECT 1 FROM team WHERE id = $1"};

json::object default_settings() {
  return {{"brand_color", "#2563eb"},
          {"title", "在线客服"},
          {"greeting", "您好，请问有什么可以帮您？"},
          {"locale", "zh-CN"},
          {"suggested_questions", json::array{}},
          {"allowed_origins", json::array{}},
          {"bot_enabled", true},
          {"launcher_position", "right"},
          {"require_identity", false}};
}

// The stored members over the defaults, the given ones over both.
json::object merged(std::string_view stored, const json::value& given) {
  auto out = default_settings();
  const auto old = parsed(stored);
  for (const auto* source : {&old, &given})
    if (const auto* object = source->if_object())
      for (const auto& member : *object) out[member.key()] = member.value();
  return out;
}

json::object to_object(const storage::Row& row) {
  return {{"id", row.integer(0)},
          {"name", row.text(1)},
          {"channel", row.text(2)},
          {"website_token", row.text(3)},
          {"team_id", id_or_null(row.id<TeamId>(4))},
          {"settings", merged(row.text(5), nullptr)}};
}

Result<json::object> inbox_object(storage::Tx& tx, std::int64_t id) {
  ZK_TRY(const auto row, tx.maybe(kFind, {id}));
  if (!row) return absent("inbox");
  return to_object(*row);
}

Status team_exists(storage::Tx& tx, TeamId team) {
  if (!team) return {};
  ZK_TRY(const auto row, tx.maybe(kTeamExists, {team}));
  if (!row) return fail(ErrorCode::kInvalidArgument, "team_id names a team that does not exist", "/team_id");
  return {};
}

Error taken(Error error) { return conflict_as(std::move(error), "an inbox with this name exists", "/name"); }

Result<Reply> create(Context& c, auth::Auth& auth) {
  const auto website_token = auth::base64url(auth::random_bytes(16));
  const auto secret = auth::random_token();
  const auto sealed = auth.sealer().seal(secret);
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    const TeamId team{c.body().integer("team_id")};
    ZK_TRY_STATUS(team_exists(tx, team));
    const auto settings = json::serialize(merged("{}", c.body().value("settings")));
    auto row = tx.one(kInsert,
                      {c.body().text("name"), website_token, storage::Blob{sealed}, team, settings, c.now()});
    if (!row) return tl::unexpected(taken(std::move(row).error()));
    ZK_TRY(auto object, inbox_object(tx, row->integer(0)));
    ZK_TRY_STATUS(c.event(tx, "inbox.updated", object));
    ZK_TRY_STATUS(c.audit(tx, "inbox.created", "inbox:" + std::to_string(row->integer(0))));
    object["identity_secret"] = secret;
    return Context::json(object);
  });
}

Result<Reply> change(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto before, tx.maybe(kFind, {c.id()}));
    if (!before) return absent("inbox");
    const auto team = c.body().has("team_id") ? TeamId{c.body().integer("team_id")} : before->id<TeamId>(4);
    ZK_TRY_STATUS(team_exists(tx, team));
    const auto settings = json::serialize(merged(before->text(5), c.body().value("settings")));
    auto updated = tx.run(kUpdate, {c.id(), c.body().text("name", before->text(1)), team, settings, c.now()});
    if (!updated) return tl::unexpected(taken(std::move(updated).error()));
    ZK_TRY(const auto object, inbox_object(tx, c.id()));
    ZK_TRY_STATUS(c.event(tx, "inbox.updated", object));
    ZK_TRY_STATUS(c.audit(tx, "inbox.updated", "inbox:" + std::to_string(c.id())));
    return Context::json(object);
  });
}

Result<Reply> rotate_secret(Context& c, auth::Auth& auth) {
  const auto secret = auth::random_token();
  const auto sealed = auth.sealer().seal(secret);
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto object, inbox_object(tx, c.id()));
    ZK_TRY_STATUS(tx.run(kSetSecret, {c.id(), storage::Blob{sealed}, c.now()}).map([](auto) {}));
    ZK_TRY_STATUS(c.event(tx, "inbox.updated", object));
    ZK_TRY_STATUS(c.audit(tx, "inbox.identity_secret_changed", "inbox:" + std::to_string(c.id())));
    return Context::json(json::object{{"identity_secret", secret}});
  });
}

Result<Reply> remove(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    auto gone = tx.run(kDelete, {c.id()});
    if (!gone)
      return tl::unexpected(
          conflict_as(std::move(gone).error(), "this inbox has conversations and cannot be deleted"));
    if (*gone == 0) return absent("inbox");
    ZK_TRY_STATUS(c.event(tx, "inbox.updated", json::object{{"id", c.id()}, {"deleted", true}}));
    ZK_TRY_STATUS(c.audit(tx, "inbox.deleted", "inbox:" + std::to_string(c.id())));
    return Context::nothing();
  });
}

}  // namespace

std::vector<Route> inbox_routes(auth::Auth& auth) {
  const std::string all = "/api/v1/inboxes", one = "/api/v1/inboxes/{id}";
  return {{.method = Method::kGet,
           .path = all,
           .access = Permission::kSettingsRead,
           .summary = "List inboxes",
           .query = page_query(),
           .reply = is::page(kInbox),
           .handler =
               [](Context& c) {
                 return page_by_id(c, kList, 0, to_object).map([](const json::object& page) {
                   return Context::json(page);
                 });
               }},
          {.method = Method::kGet,
           .path = one,
           .access = Permission::kSettingsRead,
           .summary = "Read an inbox",
           .reply = kInbox,
           .handler = [](Context& c) -> Result<Reply> {
             ZK_TRY(const auto object, c.read([&](storage::Tx& tx) { return inbox_object(tx, c.id()); }));
             return Context::json(object);
           }},
          {.method = Method::kPost,
           .path = all,
           .access = Permission::kSettingsWrite,
           .summary = "Create an inbox",
           .body = kInboxDraft,
           .status = 201,
           .reply = kNewInbox,
           .handler = [&auth](Context& c) { return create(c, auth); }},
          {.method = Method::kPatch,
           .path = one,
           .access = Permission::kSettingsWrite,
           .summary = "Change an inbox",
           .body = kInboxChange,
           .reply = kInbox,
           .handler = change},
          {.method = Method::kPost,
           .path = one + "/identity-secret",
           .access = Permission::kSettingsWrite,
           .summary = "Make a new identity secret",
           .status = 201,
           .reply = kIdentitySecret,
           .handler = [&auth](Context& c) { return rotate_secret(c, auth); }},
          {.method = Method::kDelete,
           .path = one,
           .access = Permission::kSettingsWrite,
           .summary = "Delete an inbox without conversations",
           .status = 204,
           .handler = remove}};
}

}  // namespace zk::api
