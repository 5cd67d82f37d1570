#include "flow/actions.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json.hpp>

#include "connect/http_client.hpp"
#include "text/text.hpp"

namespace zk::flow {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostSource = 1024 * 1024, kMostActions = 50, kMostRows = 10'000, kMostFields = 50;

std::string encoded(std::string_view s) {
  std::string out;
  for (const unsigned char c : s)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.' || c == '~')
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02X}", c);
  return out;
}

Result<Values> values_of(std::string_view body) {
  boost::system::error_code error;
  const auto value = json::parse(body, error);
  if (error || !value.is_object()) return fail(ErrorCode::kUnavailable, "the answer is no JSON object");
  Values out;
  for (const auto& m : value.get_object()) {
    if (out.size() == kMostFields) break;
    const auto& v = m.value();
    if (v.is_string())
      out[m.key()] = std::string(v.get_string());
    else if (v.is_number() || v.is_bool())
      out[m.key()] = json::serialize(v);
  }
  return out;
}

}  // namespace

struct Actions::Reader {
  static Action action(const std::string& name, const YAML::Node& n) {
    Action a;
    a.name = name;
    if (const auto url = n["url"]) {
      a.url = url.as<std::string>();
      a.method = n["method"] ? n["method"].as<std::string>() : "GET";
      if (a.method != "GET" && a.method != "POST")
        throw YAML::Exception(n["method"].Mark(), "method is GET or POST");
      const int ms = n["timeout_ms"] ? n["timeout_ms"].as<int>() : 3'000;
      if (ms < 100 || ms > 10'000)
        throw YAML::Exception(n["timeout_ms"].Mark(), "timeout_ms is 100 to 10000");
      a.timeout = std::chrono::milliseconds(ms);
      if (n["headers"]) a.headers = n["headers"].as<std::vector<std::string>>();
      return a;
    }
    if (!n["key"] || !n["rows"] || !n["rows"].IsSequence() || n["rows"].size() > kMostRows)
      throw YAML::Exception(
          n.Mark(), fmt::format("an action has \"url\", or \"key\" and at most {} \"rows\"", kMostRows));
    a.key = n["key"].as<std::string>();
    for (const auto& row : n["rows"]) a.rows.push_back(row.as<Values>());
    return a;
  }
};

Actions::~Actions() = default;

Result<std::unique_ptr<Actions>> Actions::parse(std::string_view source, bool allow_internal) {
  if (source.size() > kMostSource) return fail(ErrorCode::kTooLarge, "the actions have at most 1 MiB");
  auto out = std::unique_ptr<Actions>(new Actions);
  out->allow_internal_ = allow_internal;
  try {
    const auto root = YAML::Load(std::string(source));
    if (root.IsNull()) return out;
    if (!root.IsMap() || root.size() > kMostActions)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("line 1: actions are a mapping of at most {}", kMostActions));
    for (const auto& m : root) out->actions_.push_back(Reader::action(m.first.as<std::string>(), m.second));
  } catch (const YAML::Exception& e) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("line {}: {}", e.mark.line + 1, e.msg));
  }
  return out;
}

bool Actions::has(std::string_view name) const {
  return std::any_of(actions_.begin(), actions_.end(), [&](const Action& a) { return a.name == name; });
}

Result<Values> Actions::call(std::string_view name, const Values& arguments) {
  const auto at =
      std::find_if(actions_.begin(), actions_.end(), [&](const Action& a) { return a.name == name; });
  if (at == actions_.end()) return fail(ErrorCode::kNotFound, "no action has this name");
  if (!at->url.empty()) return send(*at, arguments);
  const auto wanted = arguments.find(at->key);
  if (wanted != arguments.end())
    for (const auto& row : at->rows)
      if (const auto cell = row.find(at->key); cell != row.end() && cell->second == wanted->second)
        return row;
  return fail(ErrorCode::kNotFound, "the table has no such row");
}

Result<Values> Actions::send(const Action& a, const Values& arguments) const {
  connect::HttpRequest request;
  request.method = a.method;
  request.headers = a.headers;
  request.url = a.url;
  json::object body;
  for (const auto& [name, value] : arguments) {
    const auto hole = "{" + name + "}";
    if (const auto at = request.url.find(hole); at != std::string::npos)
      request.url.replace(at, hole.size(), encoded(value));
    body[name] = value;
  }
  if (a.method == "POST") {
    request.body = json::serialize(body);
    request.headers.emplace_back("Content-Type: application/json");
  }
  const connect::HttpClient client({.timeout = a.timeout, .allow_internal = allow_internal_});
  ZK_TRY(const auto reply, client.send(request));
  if (reply.status == 404) return fail(ErrorCode::kNotFound, "the address knows no such thing");
  if (reply.status != 200)
    return fail(ErrorCode::kUnavailable, fmt::format("the address answered {}", reply.status));
  return values_of(reply.body);
}

}  // namespace zk::flow
