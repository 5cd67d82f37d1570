// Labels and canned responses.
#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

const Schema kLabel = is::object(
    "Label",
    {{"id", is::id(), kRequired}, {"name", is::line(60), kRequired}, {"color", is::color(), kRequired}});
const Schema kLabelDraft =
    is::object("LabelDraft", {{"name", is::line(60), kRequired}, {"color", is::color()}});
const Schema kLabelChange = is::object("LabelChange", {{"name", is::line(60)}, {"color", is::color()}});
constexpr std::string_view kDefaultColor = "#64748b";

constexpr storage::Query kLabels{"label.list",
                                 "SELECT id, name, color FROM label WHERE id > $1 ORDER BY id LIMIT $2"};
constexpr storage::Query kFindLabel{"label.find", "SELECT id, name, color FROM label WHERE id = $1"};
constexpr storage::Query kInsertLabel{
    "label.insert", "INSERT INTO label (name, color) VALUES ($1, $2) RETURNING id, name, color"};
constexpr storage::Query kUpdateLabel{
    "label.update", "UPDATE label SET name = $2, color = $3 WHERE id = $1 RETURNING id, name, color"};
constexpr storage::Query kDeleteLabel{"label.delete", "DELETE FROM label WHERE id = $1"};

const std::vector<Field> kCannedFields = {{"shortcut", is::token(40), kRequired, "typed after /"},
                                          {"title", is::line(100), kRequired},
                                          {"blocks", is::blocks(), kRequired}};
const Schema kCanned = is::object("CannedResponse", [] {
  auto fields = kCannedFields;
  fields.insert(fields.begin(), {"id", is::id(), kRequired});
  return fields;
}());
const Schema kCannedDraft = is::object("CannedResponseDraft", kCannedFields);
const Schema kCannedChange =
    is::object("CannedResponseChange",
               {{"shortcut", is::token(40)}, {"title", is::line(100)}, {"blocks", is::blocks()}});

constexpr storage::Query kCanneds{
    "canned_response.list",
    "SELECT id, shortcut, title, blocks FROM canned_response WHERE id > $1 ORDER BY id LIMIT $2"};
constexpr storage::Query kFindCanned{"canned_response.find",
                                     "SELECT id, shortcut, title, blocks FROM canned_response WHERE id = $1"};
constexpr storage::Query kInsertCanned{"canned_response.insert",
                                       "INSERT INTO canned_response (shortcut, title, blocks, updated_at) "
                                       "VALUES ($1, $2, $3, $4) RETURNING id, shortcut, title, blocks"};
constexpr storage::Query kUpdateCanned{"canned_response.update",
                                       "UPDATE canned_response SET shortcut = $2, title = $3, blocks = $4, "
                                       "updated_at = $5 WHERE id = $1 RETURNING id, shortcut, title, blocks"};
constexpr storage::Query kDeleteCanned{"canned_response.delete", "DELETE FROM canned_response WHERE id = $1"};

json::object label_object(const storage::Row& row) {
  return {{"id", row.integer(0)}, {"name", row.text(1)}, {"color", row.text(2)}};
}
json::object canned_object(const storage::Row& row) {
  return {{"id", row.integer(0)},
          {"shortcut", row.text(1)},
          {"title", row.text(2)},
          {"blocks", parsed(row.text(3))}};
}

// A row that was written and came back: its event, its audit row, its reply. A taken key becomes a 409 at
// `field`.
Result<Reply> finish(const Context& c, storage::Tx& tx, Result<storage::Row> row, const std::string& noun,
                     const char* verb, const char* field, json::object (*object)(const storage::Row&)) {
  if (!row)
    return tl::unexpected(
        conflict_as(std::move(row).error(), "this " + std::string(field + 1) + " is taken", field));
  const auto body = object(*row);
  ZK_TRY_STATUS(c.event(tx, noun + ".updated", body));
  ZK_TRY_STATUS(c.audit(tx, noun + "." + verb, noun + ":" + std::to_string(row->integer(0))));
  return Context::json(body);
}

Result<Reply> remove(Context& c, const storage::Query& query, const std::string& noun, const char* what) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto gone, tx.run(query, {c.id()}));
    if (gone == 0) return absent(what);
    ZK_TRY_STATUS(c.event(tx, noun + ".updated", json::object{{"id", c.id()}, {"deleted", true}}));
    ZK_TRY_STATUS(c.audit(tx, noun + ".deleted", noun + ":" + std::to_string(c.id())));
    return Context::nothing();
  });
}

Result<Reply> create_label(Context& c) {
  return c.write([&](storage::Tx& tx) {
    return finish(c, tx, tx.one(kInsertLabel, {c.body().text("name"), c.body().text("color", kDefaultColor)}),
                  "label", "created", "/name", label_object);
  });
}
Result<Reply> change_label(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto before, tx.maybe(kFindLabel, {c.id()}));
    if (!before) return absent("label");
    return finish(c, tx,
                  tx.one(kUpdateLabel, {c.id(), c.body().text("name", before->text(1)),
                                        c.body().text("color", before->text(2))}),
                  "label", "updated", "/name", label_object);
  });
}
Result<Reply> create_canned(Context& c) {
  const auto blocks = blocks_to_json(c.body().blocks("blocks"));
  return c.write([&](storage::Tx& tx) {
    return finish(c, tx,
                  tx.one(kInsertCanned, {c.body().text("shortcut"), c.body().text("title"), blocks, c.now()}),
                  "canned_response", "created", "/shortcut", canned_object);
  });
}
Result<Reply> change_canned(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto before, tx.maybe(kFindCanned, {c.id()}));
    if (!before) return absent("canned response");
    const auto blocks = c.body().has("blocks") ? blocks_to_json(c.body().blocks("blocks")) : before->text(3);
    return finish(c, tx,
                  tx.one(kUpdateCanned, {c.id(), c.body().text("shortcut", before->text(1)),
                                         c.body().text("title", before->text(2)), blocks, c.now()}),
                  "canned_response", "updated", "/shortcut", canned_object);
  });
}

}  // namespace

std::vector<Route> label_routes() {
  const std::string all = "/api/v1/labels", one = "/api/v1/labels/{id}";
  return {{.method = Method::kGet,
           .path = all,
           .access = Permission::kSettingsRead,
           .summary = "List labels",
           .query = page_query(),
           .reply = is::page(kLabel),
           .run = Run::kInline,
           .handler =
               [](Context& c) {
                 return page_by_id(c, kLabels, 0, label_object).map([](const json::object& page) {
                   return Context::json(page);
                 });
               }},
          {.method = Method::kPost,
           .path = all,
           .access = Permission::kSettingsWrite,
           .summary = "Create a label",
           .body = kLabelDraft,
           .status = 201,
           .reply = kLabel,
           .handler = create_label},
          {.method = Method::kPatch,
           .path = one,
           .access = Permission::kSettingsWrite,
           .summary = "Change a label",
           .body = kLabelChange,
           .reply = kLabel,
           .handler = change_label},
          {.method = Method::kDelete,
           .path = one,
           .access = Permission::kSettingsWrite,
           .summary = "Delete a label",
           .status = 204,
           .handler = [](Context& c) { return remove(c, kDeleteLabel, "label", "label"); }}};
}

std::vector<Route> canned_response_routes() {
  const std::string all = "/api/v1/canned-responses", one = "/api/v1/canned-responses/{id}";
  return {
      {.method = Method::kGet,
       .path = all,
       .access = Permission::kSettingsRead,
       .summary = "List canned responses",
       .query = page_query(),
       .reply = is::page(kCanned),
       .handler =
           [](Context& c) {
             return page_by_id(c, kCanneds, 0, canned_object).map([](const json::object& page) {
               return Context::json(page);
             });
           }},
      {.method = Method::kPost,
       .path = all,
       .access = Permission::kSettingsWrite,
       .summary = "Create a canned response",
       .body = kCannedDraft,
       .status = 201,
       .reply = kCanned,
       .handler = create_canned},
      {.method = Method::kPatch,
       .path = one,
       .access = Permission::kSettingsWrite,
       .summary = "Change a canned response",
       .body = kCannedChange,
       .reply = kCanned,
       .handler = change_canned},
      {.method = Method::kDelete,
       .path = one,
       .access = Permission::kSettingsWrite,
       .summary = "Delete a canned response",
       .status = 204,
       .handler = [](Context& c) { return remove(c, kDeleteCanned, "canned_response", "canned response"); }}};
}

}  // namespace zk::api
