#include "api/rows.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

namespace zk::api {

json::value iso(Timestamp t) { return t == Timestamp{} ? json::value(nullptr) : json::value(to_iso8601(t)); }

json::value parsed(std::string_view text) { return parse_json(text).value_or(json::value(nullptr)); }

Result<json::object> page_by_id(const Context& c, const storage::Query& query, std::int64_t first,
                                const std::function<json::value(const storage::Row&)>& object) {
  const auto limit = c.query().integer("limit", 50);
  if (const auto text = c.query().text("cursor"); !text.empty()) {
    ZK_TRY(const auto position, read_cursor(text, 1));
    first = position[0];
  }
  ZK_TRY(const auto rows, c.read([&](storage::Tx& tx) { return tx.all(query, {first, limit + 1}); }));
  json::array items;
  json::value next = nullptr;
  for (const auto& row : rows) {
    if (static_cast<std::int64_t>(items.size()) == limit) {
      next = cursor({rows[items.size() - 1].integer(0)});
      break;
    }
    items.push_back(object(row));
  }
  return json::object{{"items", std::move(items)}, {"next_cursor", std::move(next)}};
}

Result<std::int64_t> if_match(const Context& c) {
  std::string_view v = c.request().header("if-match");
  if (v.size() >= 2 && v.front() == '"' && v.back() == '"') v = v.substr(1, v.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), version);
  if (v.empty() || error != std::errc{} || end != v.data() + v.size())
    return fail(ErrorCode::kInvalidArgument,
                "the header If-Match must hold the version that was edited, like \"7\"", "If-Match");
  return version;
}

tl::unexpected<Error> absent(std::string_view what) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no {} with this id", what));
}

Error conflict_as(Error error, std::string message, std::string field) {
  if (error.code != ErrorCode::kConflict) return error;
  error.message = std::move(message);
  error.field = std::move(field);
  return error;
}

}  // namespace zk::api
