#include "api/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <map>

#include "api/idempotency.hpp"
#include "auth/secret.hpp"
#include "base/check.hpp"

namespace zk::api {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
  }
  return "";
}

Status Context::require(Permission permission) const {
  if (caller_.may(permission)) return {};
  return fail(ErrorCode::kPermissionDenied,
              fmt::format("this needs the permission {}", to_string(permission)));
}

Result<Reply> Context::write(const std::function<Result<Reply>(storage::Tx&)>& f) {
  return db_->write(deadline(), [&](storage::Tx& tx) -> Result<Reply> {
    if (!repeat_) return f(tx);
    ZK_TRY(auto kept, repeat_->kept_reply(tx, now_));
    if (kept) return *std::move(kept);
    ZK_TRY(auto reply, f(tx));
    ZK_TRY_STATUS(repeat_->keep(tx, reply, now_));
    return reply;
  });
}

Status Context::event(storage::Tx& tx, std::string kind, const json::value& data,
                      std::string audience) const {
  return tx
      .append({.at = now_,
               .kind = std::move(kind),
               .actor = caller_.actor(),
               .audience = std::move(audience),
               .payload = json::serialize(data)})
      .map([](auto) {});
}

Status Context::audit(storage::Tx& tx, std::string action, std::string target,
                      const json::object& detail) const {
  return audit_->append(
      tx, {now_, caller_.actor(), std::move(action), std::move(target), json::serialize(detail)});
}

Reply Context::json(const json::value& value) { return {.body = json::serialize(value)}; }

// One node a path segment; a {name} matches what no literal matches.
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> any;
  std::vector<const Route*> routes;
};

namespace {
// The segments after the leading slash: "/a/b" → "a", "b".
bool next_segment(std::string_view& rest, std::string_view& segment) {
  if (rest.empty() || rest.front() != '/') return false;
  rest.remove_prefix(1);
  segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return true;
}
bool is_name(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
}  // namespace

Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)), root_(std::make_unique<Node>()) {
  for (const auto& route : routes_) {
    ZK_CHECK(route.handler != nullptr && route.path.starts_with('/'));
    Node* node = root_.get();
    std::string_view rest = route.path, segment;
    while (next_segment(rest, segment)) {
      auto& child = is_name(segment) ? node->any : node->literals[std::string(segment)];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
    }
    for (const auto* other : node->routes) ZK_CHECK(other->method != route.method);
    node->routes.push_back(&route);
    schemas_.emplace_back(is::object("", path_fields(route)), is::object("", route.query));
  }
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  const Node* node = root_.get();
  std::string_view rest = path, segment;
  while (next_segment(rest, segment)) {
    if (const auto it = node->literals.find(segment); it != node->literals.end()) {
      node = it->second.get();
    } else if (node->any && !segment.empty()) {
      match.values.push_back(segment);
      node = node->any.get();
    } else {
      return {};
    }
  }
  if (method == "HEAD") method = "GET";
  for (const auto* route : node->routes) {
    if (to_string(route->method) == method) match.route = route;
    match.allowed.push_back(route->method);
  }
  return match;
}

std::vector<Field> path_fields(const Route& route) {
  std::vector<Field> out;
  std::string_view rest = route.path, segment;
  while (next_segment(rest, segment)) {
    if (!is_name(segment)) continue;
    const auto name = segment.substr(1, segment.size() - 2);
    const auto f = std::find_if(route.path_fields.begin(), route.path_fields.end(),
                                [&](const Field& field) { return field.name == name; });
    out.push_back(f != route.path_fields.end() ? *f : Field{std::string(name), is::id()});
    out.back().presence = kRequired;
  }
  return out;
}

std::string cursor(std::initializer_list<std::int64_t> position) {
  return auth::base64url(fmt::format("{}", fmt::join(position, ",")));
}

Result<std::vector<std::int64_t>> read_cursor(std::string_view text, std::size_t count) {
  const auto bad = [] {
    return fail(ErrorCode::kInvalidArgument, "cursor must be a next_cursor of this list, or absent",
                "/cursor");
  };
  const auto plain = auth::from_base64url(text);
  if (!plain) return bad();
  std::vector<std::int64_t> out;
  std::string_view rest = *plain;
  while (true) {
    std::int64_t v = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), v);
    if (error != std::errc{}) return bad();
    out.push_back(v);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) break;
    if (rest.front() != ',') return bad();
    rest.remove_prefix(1);
  }
  if (out.size() != count) return bad();
  return out;
}

std::vector<Field> page_query(std::vector<Field> more) {
  more.push_back({"limit", is::integer(1, 100), Presence::kOptional, "elements a page; 50 if absent"});
  more.push_back({"cursor", is::token(200), Presence::kOptional, "next_cursor of the page before"});
  return more;
}

}  // namespace zk::api
