// Settings of the company: one row of `setting` each, its value as JSON.
#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

const std::vector<Field> kSettingFields = {
    {"company_name", is::line(100, 0)},
    {"brand_color", is::color()},
    {"locale", is::locale()},
    {"target_precision", is::number(0, 1), Presence::kOptional, "share of answers that must be right: 0.98"},
    {"profile", is::one_of({"fast", "best"}), Presence::kOptional, "encoder: speed or quality"},
    {"publishing", is::one_of({"checked", "at_once"}), Presence::kOptional,
     "edits wait for a checked release, or answer at once"}};
const Schema kSettings = is::object("Settings", [] {
  auto fields = kSettingFields;
  for (auto& f : fields) f.presence = kRequired;
  return fields;
}());
const Schema kSettingsChange = is::object("SettingsChange", kSettingFields);

constexpr storage::Query kAll{"setting.all", "SELECT key, value FROM setting"};
constexpr storage::Query kSet{"setting.set",
                              "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT "
                              "(key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"};

Result<json::object> settings_object(storage::Tx& tx) {
  json::object out{{"company_name", ""},
                   {"brand_color", "#2563eb"},
                   {"locale", "zh-CN"},
                   {"target_precision", 0.98},
                   {"profile", "fast"},
                   {"publishing", "checked"}};
  ZK_TRY(const auto rows, tx.all(kAll));
  for (const auto& row : rows)
    if (out.contains(row.text(0))) out[row.text(0)] = parsed(row.text(1));
  return out;
}

Result<Reply> read(Context& c) {
  ZK_TRY(const auto object, c.read(settings_object));
  return Context::json(object);
}

Result<Reply> change(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    json::array fields;
    for (const auto& member : c.body().object()) {
      ZK_TRY_STATUS(tx.run(kSet, {std::string_view(member.key()), json::serialize(member.value()), c.now()})
                        .map([](auto) {}));
      fields.emplace_back(member.key());
    }
    ZK_TRY(const auto object, settings_object(tx));
    ZK_TRY_STATUS(c.event(tx, "settings.updated", object));
    ZK_TRY_STATUS(c.audit(tx, "settings.updated", "", {{"fields", fields}}));
    return Context::json(object);
  });
}

}  // namespace

std::vector<Route> settings_routes() {
  const std::string path = "/api/v1/settings";
  return {{.method = Method::kGet,
           .path = path,
           .access = Permission::kSettingsRead,
           .summary = "Settings of the company",
           .reply = kSettings,
           .handler = read},
          {.method = Method::kPatch,
           .path = path,
           .access = Permission::kSettingsWrite,
           .summary = "Change settings",
           .body = kSettingsChange,
           .reply = kSettings,
           .handler = change}};
}

}  // namespace zk::api
