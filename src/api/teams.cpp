#include <boost/json.hpp>
#include <set>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

constexpr std::int64_t kMostAgents = 1000;
const Schema kTeam = is::object("Team", {{"id", is::id(), kRequired},
                                         {"name", is::line(100), kRequired},
                                         {"agent_ids", is::list(is::id(), kMostAgents), kRequired}});
const Schema kTeamDraft = is::object(
    "TeamDraft", {{"name", is::line(100), kRequired}, {"agent_ids", is::list(is::id(), kMostAgents)}});
const Schema kTeamChange =
    is::object("TeamChange", {{"name", is::line(100)}, {"agent_ids", is::list(is::id(), kMostAgents)}});

constexpr storage::Query kList{"team.list", "SELECT id, name FROM team WHERE id > $1 ORDER BY id LIMIT $2"};
constexpr storage::Query kFind{"team.find", "SELECT id, name FROM team WHERE id = $1"};
constexpr storage::Query kMembers{"team.members",
                                  "SELECT agent_id FROM team_agent WHERE team_id = $1 ORDER BY agent_id"};
constexpr storage::Query kInsert{"team.insert",
                                 "INSERT INTO team (name, created_at) VALUES ($1, $2) RETURNING id"};
constexpr storage::Query kRename{"team.rename", "UPDATE team SET name = $2 WHERE id = $1"};
constexpr storage::Query kDelete{"team.delete", "DELETE FROM team WHERE id = $1"};
constexpr storage::Query kEmpty{"team.empty", "DELETE FROM team_agent WHERE team_id = $1"};
constexpr storage::Query kJoin{"team.join", "INSERT INTO team_agent (team_id, agent_id) VALUES ($1, $2)"};

Result<json::object> team_object(storage::Tx& tx, std::int64_t id) {
  ZK_TRY(const auto row, tx.maybe(kFind, {id}));
  if (!row) return absent("team");
  ZK_TRY(const auto members, tx.all(kMembers, {id}));
  json::array agents;
  for (const auto& m : members) agents.emplace_back(m.integer(0));
  return json::object{{"id", id}, {"name", row->text(1)}, {"agent_ids", std::move(agents)}};
}

Status set_members(const Context& c, storage::Tx& tx, std::int64_t team) {
  ZK_TRY_STATUS(tx.run(kEmpty, {team}).map([](auto) {}));
  const auto ids = c.body().integers("agent_ids");
  for (const auto agent : std::set(ids.begin(), ids.end())) {
    if (auto joined = tx.run(kJoin, {team, agent}); !joined)
      return tl::unexpected(conflict_as(std::move(joined).error(),
                                        "agent_ids names an agent that does not exist", "/agent_ids"));
  }
  return {};
}

Result<Reply> finish(const Context& c, storage::Tx& tx, std::int64_t id, const char* action) {
  ZK_TRY(const auto object, team_object(tx, id));
  ZK_TRY_STATUS(c.event(tx, "team.updated", object));
  ZK_TRY_STATUS(c.audit(tx, action, "team:" + std::to_string(id)));
  return Context::json(object);
}

Error taken(Error error) { return conflict_as(std::move(error), "a team with this name exists", "/name"); }

Result<Reply> list(Context& c) {
  ZK_TRY(auto page,
         page_by_id(c, kList, 0, [](const storage::Row& row) { return json::value(row.integer(0)); }));
  for (auto& item : page["items"].get_array()) {
    ZK_TRY(auto object, c.read([&](storage::Tx& tx) { return team_object(tx, item.get_int64()); }));
    item = std::move(object);
  }
  return Context::json(page);
}

Result<Reply> create(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    auto row = tx.one(kInsert, {c.body().text("name"), c.now()});
    if (!row) return tl::unexpected(taken(std::move(row).error()));
    ZK_TRY_STATUS(set_members(c, tx, row->integer(0)));
    return finish(c, tx, row->integer(0), "team.created");
  });
}

Result<Reply> change(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto before, team_object(tx, c.id()));
    if (c.body().has("name"))
      if (auto renamed = tx.run(kRename, {c.id(), c.body().text("name")}); !renamed)
        return tl::unexpected(taken(std::move(renamed).error()));
    if (c.body().has("agent_ids")) ZK_TRY_STATUS(set_members(c, tx, c.id()));
    return finish(c, tx, c.id(), "team.updated");
  });
}

Result<Reply> remove(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto gone, tx.run(kDelete, {c.id()}));
    if (gone == 0) return absent("team");
    ZK_TRY_STATUS(c.event(tx, "team.updated", json::object{{"id", c.id()}, {"deleted", true}}));
    ZK_TRY_STATUS(c.audit(tx, "team.deleted", "team:" + std::to_string(c.id())));
    return Context::nothing();
  });
}

}  // namespace

std::vector<Route> team_routes() {
  const std::string all = "/api/v1/teams", one = "/api/v1/teams/{id}";
  return {{.method = Method::kGet,
           .path = all,
           .access = Permission::kSettingsRead,
           .summary = "List teams",
           .query = page_query(),
           .reply = is::page(kTeam),
           .handler = list},
          {.method = Method::kPost,
           .path = all,
           .access = Permission::kSettingsWrite,
           .summary = "Create a team",
           .body = kTeamDraft,
           .status = 201,
           .reply = kTeam,
           .handler = create},
          {.method = Method::kPatch,
           .path = one,
           .access = Permission::kSettingsWrite,
           .summary = "Change a team",
           .body = kTeamChange,
           .reply = kTeam,
           .handler = change},
          {.method = Method::kDelete,
           .path = one,
           .access = Permission::kSettingsWrite,
           .summary = "Delete a team",
           .status = 204,
           .handler = remove}};
}

}  // namespace zk::api
