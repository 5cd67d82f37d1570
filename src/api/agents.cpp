#include "api/agents.hpp"

#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"
#include "auth/password.hpp"

namespace zk::api {

namespace {

const Schema kAgentDraft = is::object(
    "AgentDraft", {{"email", is::email(), kRequired},
                   {"name", is::line(100), kRequired},
                   {"role", is::one_of({"admin", "supervisor", "agent", "editor", "viewer"}), kRequired},
                   {"password", is::text(1, auth::kLongestPassword), kRequired,
                    "at least 10 characters, not easy to guess"},
                   {"capacity", is::integer(1, 100)},
                   {"locale", is::locale()}});
const Schema kAgentChange = is::object(
    "AgentChange",
    {{"name", is::line(100)},
     {"role", is::one_of({"admin", "supervisor", "agent", "editor", "viewer"})},
     {"password", is::text(1, auth::kLongestPassword), Presence::kOptional, "ends the agent's sessions"},
     {"capacity", is::integer(1, 100)},
     {"locale", is::locale()},
     {"availability", is::one_of({"online", "away", "offline"}), Presence::kOptional,
      "the only field agents may set for themselves here"},
     {"disabled", is::boolean(), Presence::kOptional, "ends the agent's sessions"}});

#define ZK_AGENT_COLUMNS                                                                              \
  "a.id, a.email, a.name, a.role, a.availability, a.capacity, a.locale, a.disabled, a.last_seen_at, " \
  "(SELECT COUNT(*) FROM conversation c WHERE c.assignee_id = a.id AND c.status = 'open')"
constexpr storage::Query kList{
    "agent.list", "SELECT " ZK_AGENT_COLUMNS " FROM agent a WHERE a.id > $1 ORDER BY a.id LIMIT $2"};
constexpr storage::Query kFind{"agent.find", "SELECT " ZK_AGENT_COLUMNS " FROM agent a WHERE a.id = $1"};
constexpr storage::Query kTeams{"agent.teams",
                                "SELECT team_id, agent_id FROM team_agent WHERE agent_id >= $1 AND agent_id "
                                "<= $2 ORDER BY agent_id, team_id"};
constexpr storage::Query kInsert{
    "agent.insert",
    "INSERT INTO agent (email, name, role, password_hash, capacity, locale, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id"};
constexpr storage::Query kUpdate{"agent.update",
                                 "UPDATE agent SET name = $2, role = $3, availability = $4, capacity = $5, "
                                 "locale = $6, disabled = $7, updated_at = $8 WHERE id = $1"};
constexpr storage::Query kSetPassword{"agent.set_password",
                                      "UPDATE agent SET password_hash = $2 WHERE id = $1"};
constexpr storage::Query kOtherAdmins{
    "agent.other_admins", "SELECT COUNT(*) FROM agent WHERE role = 'admin' AND disabled = 0 AND id <> $1"};

json::object to_object(const storage::Row& row) {
  return {{"id", row.integer(0)},
          {"email", row.text(1)},
          {"name", row.text(2)},
          {"role", row.text(3)},
          {"availability", row.text(4)},
          {"capacity", row.integer(5)},
          {"locale", row.text(6)},
          {"disabled", row.boolean(7)},
          {"team_ids", json::array{}},
          {"open_count", row.integer(9)},
          {"last_seen_at", iso(row.time(8))}};
}

Result<Reply> list(Context& c) {
  ZK_TRY(auto page, page_by_id(c, kList, 0, to_object));
  auto& items = page["items"].get_array();
  if (items.empty()) return Context::json(page);
  const auto first = items.front().at("id").get_int64(), last = items.back().at("id").get_int64();
  ZK_TRY(const auto teams, c.read([&](storage::Tx& tx) { return tx.all(kTeams, {first, last}); }));
  auto team = teams.begin();
  for (auto& item : items)
    for (; team != teams.end() && team->integer(1) == item.at("id").get_int64(); ++team)
      item.get_object()["team_ids"].get_array().emplace_back(team->integer(0));
  return Context::json(page);
}

Result<Reply> create(Context& c, auth::Auth& auth) {
  const auto& b = c.body();
  NewAgent agent{.email = std::string(b.text("email")),
                 .name = std::string(b.text("name")),
                 .role = *role(b.text("role")),
                 .password_hash = {},
                 .capacity = static_cast<int>(b.integer("capacity", 5)),
                 .locale = std::string(b.text("locale", "zh-CN"))};
  const std::string password(b.text("password"));
  ZK_TRY_STATUS(auth::check_password_strength(password, {agent.email, agent.name}));
  ZK_TRY(agent.password_hash, auth::hash_password(password));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto id, add_agent(tx, auth.audit(), agent, c.caller().actor(), c.now()));
    ZK_TRY(const auto object, agent_object(tx, id));
    return Context::json(object);
  });
}

// Without user.write: only oneself, only availability.
Status may_change(const Context& c) {
  if (c.caller().may(Permission::kUserWrite)) return {};
  if (c.caller().agent_id != AgentId{c.id()}) return c.require(Permission::kUserWrite);
  for (const auto& member : c.body().object())
    if (member.key() != "availability") return c.require(Permission::kUserWrite);
  return {};
}

Status keep_an_admin(storage::Tx& tx, AgentId id) {
  ZK_TRY(const auto others, tx.one(kOtherAdmins, {id}));
  if (others.integer(0) > 0) return {};
  return fail(ErrorCode::kConflict, "this is the last admin; make another agent admin first");
}

Result<json::object> update(Context& c, storage::Tx& tx, const std::string& password_hash) {
  const auto& b = c.body();
  const AgentId id{c.id()};
  ZK_TRY(const auto before, tx.maybe(kFind, {id}));
  if (!before) return absent("agent");
  const auto role_now = b.text("role", before->text(3));
  const bool disabled = b.boolean("disabled", before->boolean(7));
  const bool was_admin = before->text(3) == "admin" && !before->boolean(7);
  if (was_admin && (role_now != "admin" || disabled)) ZK_TRY_STATUS(keep_an_admin(tx, id));
  const auto availability = disabled ? std::string_view("offline") : b.text("availability", before->text(4));
  ZK_TRY_STATUS(tx.run(kUpdate, {id, b.text("name", before->text(2)), role_now, availability,
                                 b.integer("capacity", before->integer(5)), b.text("locale", before->text(6)),
                                 disabled, c.now()})
                    .map([](auto) {}));
  if (!password_hash.empty()) ZK_TRY_STATUS(tx.run(kSetPassword, {id, password_hash}).map([](auto) {}));
  ZK_TRY(auto object, agent_object(tx, id));
  ZK_TRY_STATUS(c.event(tx, "agent.updated", object));
  return object;
}

Result<Reply> change(Context& c, auth::Auth& auth) {
  ZK_TRY_STATUS(may_change(c));
  const AgentId id{c.id()};
  std::string password_hash;
  if (const std::string password(c.body().text("password")); !password.empty()) {
    ZK_TRY(const auto agent, c.read([&](storage::Tx& tx) { return agent_object(tx, id); }));
    ZK_TRY_STATUS(auth::check_password_strength(
        password, {std::string(agent.at("email").get_string()), std::string(agent.at("name").get_string())}));
    ZK_TRY(password_hash, auth::hash_password(password));
  }
  const bool out = c.body().boolean("disabled") || !password_hash.empty();
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto object, update(c, tx, password_hash));
    if (out) ZK_TRY_STATUS(auth.close_sessions(tx, id));
    json::array fields;
    for (const auto& member : c.body().object()) fields.emplace_back(member.key());
    const bool only_availability = fields.size() == 1 && fields[0] == "availability";
    if (!only_availability)
      ZK_TRY_STATUS(c.audit(tx, "agent.updated", "agent:" + std::to_string(id.value), {{"fields", fields}}));
    return Context::json(object);
  });
  if (reply) auth.forget_agent(id);
  return reply;
}

}  // namespace

const Schema& agent_schema() {
  static const Schema schema = is::object(
      "Agent", {{"id", is::id(), kRequired},
                {"email", is::email(), kRequired},
                {"name", is::line(100), kRequired},
                {"role", is::one_of({"admin", "supervisor", "agent", "editor", "viewer"}), kRequired},
                {"availability", is::one_of({"online", "away", "offline"}), kRequired},
                {"capacity", is::integer(1, 100), kRequired},
                {"locale", is::locale(), kRequired},
                {"disabled", is::boolean(), kRequired},
                {"team_ids", is::list(is::id(), 1000), kRequired},
                {"open_count", is::integer(0, INT64_MAX), kRequired, "open conversations assigned"},
                {"last_seen_at", is::nullable(is::time()), kRequired}});
  return schema;
}

std::string lower_case(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

Result<json::object> agent_object(storage::Tx& tx, AgentId id) {
  ZK_TRY(const auto row, tx.maybe(kFind, {id}));
  if (!row) return absent("agent");
  auto out = to_object(*row);
  ZK_TRY(const auto teams, tx.all(kTeams, {id, id}));
  for (const auto& team : teams) out["team_ids"].get_array().emplace_back(team.integer(0));
  return out;
}

Result<AgentId> add_agent(storage::Tx& tx, const auth::AuditLog& audit, const NewAgent& agent,
                          const std::string& actor, Timestamp now) {
  const auto email = lower_case(agent.email);
  auto row = tx.one(kInsert, {email, agent.name, to_string(agent.role), agent.password_hash, agent.capacity,
                              agent.locale, now});
  if (!row)
    return tl::unexpected(
        conflict_as(std::move(row).error(), "an agent with this e-mail address exists", "/email"));
  const auto id = row->id<AgentId>(0);
  ZK_TRY(const auto object, agent_object(tx, id));
  ZK_TRY_STATUS(tx.append({.at = now,
                           .kind = "agent.updated",
                           .actor = actor,
                           .audience = "agents",
                           .payload = json::serialize(object)})
                    .map([](auto) {}));
  ZK_TRY_STATUS(audit.append(tx, {now, actor, "agent.created", "agent:" + std::to_string(id.value),
                                  json::serialize(json::object{{"role", to_string(agent.role)}})}));
  return id;
}

std::vector<Route> agent_routes(auth::Auth& auth) {
  return {{.method = Method::kGet,
           .path = "/api/v1/agents",
           .access = Permission::kConversationRead,
           .summary = "List agents",
           .query = page_query(),
           .reply = is::page(agent_schema()),
           .handler = list},
          {.method = Method::kGet,
           .path = "/api/v1/agents/{id}",
           .access = Permission::kConversationRead,
           .summary = "Read an agent",
           .reply = agent_schema(),
           .handler = [](Context& c) -> Result<Reply> {
             ZK_TRY(const auto object,
                    c.read([&](storage::Tx& tx) { return agent_object(tx, AgentId{c.id()}); }));
             return Context::json(object);
           }},
          {.method = Method::kPost,
           .path = "/api/v1/agents",
           .access = Permission::kUserWrite,
           .summary = "Add an agent",
           .body = kAgentDraft,
           .status = 201,
           .reply = agent_schema(),
           .run = Run::kSlow,
           .handler = [&auth](Context& c) { return create(c, auth); }},
          {.method = Method::kPatch,
           .path = "/api/v1/agents/{id}",
           .access = {Permission::kUserWrite, Permission::kSignedIn},
           .summary = "Change an agent, or one's own availability",
           .body = kAgentChange,
           .reply = agent_schema(),
           .handler = [&auth](Context& c) { return change(c, auth); }}};
}

}  // namespace zk::api
