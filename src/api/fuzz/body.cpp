// HTTP body → typed fields, for every body of the table: the first byte picks the route, the rest is the
// body.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "api/admin.hpp"
#include "storage/tests/engines.hpp"

namespace {

using namespace zk;

const std::vector<api::Route>& routes_with_body() {
  static const storage::SqliteEngine engine;
  static const auto db = storage::Db::open({.url = engine.url()}).value();
  static const SystemClock clock;
  static auth::Auth auth(*db, clock, auth::Keys::from(auth::Key{}));
  static const auto routes = [] {
    auto all = api::admin_routes(auth);
    std::erase_if(all, [](const api::Route& r) { return r.body == nullptr; });
    return all;
  }();
  return routes;
}

void require(bool condition) {
  if (!condition) std::abort();
}

// What was accepted keeps to the schema: every accessor answers, and the same text is accepted again.
void read_all(const api::Fields& fields, const api::SchemaNode& schema) {
  for (const auto& f : schema.fields) {
    if (f.schema->kind == api::Kind::kText) {
      const auto n = api::code_points(fields.text(f.name));
      require(!fields.has(f.name) || fields.is_null(f.name) || !f.schema->values.empty() ||
              n <= f.schema->max);
    }
    if (f.schema->kind == api::Kind::kInteger) fields.integer(f.name);
    if (f.schema->kind == api::Kind::kBlocks) require(!fields.has(f.name) || !fields.blocks(f.name).empty());
    require(f.presence != api::kRequired || fields.has(f.name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& routes = routes_with_body();
  const auto& schema = routes[data[0] % routes.size()].body;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto value = api::parse_json(body);
  if (!value) return 0;
  const auto fields = api::Fields::read(schema, std::move(*value));
  if (!fields) {
    require(!fields.error().message.empty());
    return 0;
  }
  read_all(*fields, *schema);
  require(api::Fields::read(schema, api::parse_json(boost::json::serialize(fields->object())).value())
              .has_value());
  return 0;
}
