#include "api/openapi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

namespace zk::api {
namespace {

// Component schemas met so far, by name.
using Components = std::map<std::string, json::value>;

json::value describe(const SchemaNode& s, Components& components);

json::object ref(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

json::value blocks_schema() {
  // Kept in step with domain/block.hpp by a test that runs blocks_from_json over its examples.
  return json::parse(
      R"({"type":"array","minItems":1,"maxItems":50,"description":"Content: rich blocks in reading order; at most 20,000 bytes of text together.","items":{"type":"object","required":["type"],"properties":{
    "type":{"type":"string","enum":["text","list","image","link","buttons","card","file"]},
    "text":{"type":"string"},"ordered":{"type":"boolean"},"items":{"type":"array","items":{"type":"string"},"maxItems":100},
    "url":{"type":"string"},"alt":{"type":"string"},"title":{"type":"string"},"image_url":{"type":"string"},
    "choices":{"type":"array","maxItems":100,"items":{"type":"object","required":["id","label"],"properties":{"id":{"type":"string"},"label":{"type":"string"}}}},
    "attachment_id":{"type":"integer"},"name":{"type":"string"},"mime":{"type":"string"},"size":{"type":"integer"}}}})");
}

json::object describe_text(const SchemaNode& s) {
  json::object out{{"type", "string"}};
  if (!s.values.empty()) {
    out["enum"] = json::array(s.values.begin(), s.values.end());
    return out;
  }
  if (s.min > 0) out["minLength"] = s.min;
  out["maxLength"] = s.max;
  if (s.format == Format::kTime) out["format"] = "date-time";
  if (const auto p = pattern(s.format); !p.empty()) out["pattern"] = p;
  return out;
}

json::object describe_object(const SchemaNode& s, Components& components) {
  json::object properties;
  json::array required;
  for (const auto& f : s.fields) {
    auto v = describe(*f.schema, components);
    if (!f.note.empty()) {
      // A $ref may stand beside a description in 3.1.
      v.as_object()["description"] = f.note;
    }
    properties[f.name] = std::move(v);
    if (f.presence == kRequired) required.emplace_back(f.name);
  }
  json::object out{
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

json::object describe_plain(const SchemaNode& s, Components& components) {
  switch (s.kind) {
    case Kind::kAny:
      return {};
    case Kind::kBoolean:
      return {{"type", "boolean"}};
    case Kind::kInteger: {
      json::object out{{"type", "integer"}, {"format", "int64"}, {"minimum", s.min}};
      if (s.max < INT64_MAX) out["maximum"] = s.max;
      return out;
    }
    case Kind::kNumber:
      return {{"type", "number"}, {"minimum", s.min}, {"maximum", s.max}};
    case Kind::kText:
      return describe_text(s);
    case Kind::kList: {
      json::object out{{"type", "array"}, {"items", describe(*s.items, components)}, {"maxItems", s.max}};
      if (s.min > 0) out["minItems"] = s.min;
      return out;
    }
    case Kind::kMap:
      return {{"type", "object"},
              {"additionalProperties", describe(*s.items, components)},
              {"maxProperties", s.max},
              {"propertyNames",
               json::object{{"minLength", 1}, {"maxLength", 100}, {"pattern", pattern(Format::kPlain)}}}};
    case Kind::kObject:
      return describe_object(s, components);
    case Kind::kBlocks:
      return blocks_schema().get_object();
  }
  return {};
}

json::value describe(const SchemaNode& s, Components& components) {
  json::object out;
  if (s.name.empty()) {
    out = describe_plain(s, components);
  } else {
    if (!components.contains(s.name)) {
      components[s.name] = nullptr;  // names itself while it is being written
      components[s.name] = describe_plain(s, components);
    }
    out = ref(s.name);
  }
  if (!s.nullable || s.kind == Kind::kAny) return out;
  return json::object{{"anyOf", json::array{std::move(out), json::object{{"type", "null"}}}}};
}

json::object media(std::string_view type, json::value schema) {
  return {{type, json::object{{"schema", std::move(schema)}}}};
}

// "text/csv, application/x-ndjson": what the reply may be.
json::object media_of_each(std::string_view types) {
  json::object out;
  while (!types.empty()) {
    const auto end = std::min(types.find(", "), types.size());
    out[types.substr(0, end)] = json::object{};
    types.remove_prefix(std::min(end + 2, types.size()));
  }
  return out;
}

json::object parameter(std::string_view in, const Field& f, Components& components) {
  json::object out{{"name", f.name},
                   {"in", in},
                   {"required", in == "path" || f.presence == kRequired},
                   {"schema", describe(*f.schema, components)}};
  if (!f.note.empty()) out["description"] = f.note;
  return out;
}

json::array parameters(const Route& route, Components& components) {
  json::array out;
  for (const auto& f : path_fields(route)) out.push_back(parameter("path", f, components));
  for (const auto& f : route.query) out.push_back(parameter("query", f, components));
  for (const auto& f : route.headers) out.push_back(parameter("header", f, components));
  if (route.method == Method::kPost && route.repeat == Repeat::kStored &&
      route.access.first != Permission::kPublic)
    out.push_back(json::object{
        {"name", "Idempotency-Key"},
        {"in", "header"},
        {"required", false},
        {"description", "the first answer is given again for 24 hours"},
        {"schema",
         json::object{{"type", "string"}, {"minLength", 1}, {"maxLength", 100}, {"pattern", "^[ -~]+$"}}}});
  return out;
}

json::array security(const Route& route) {
  json::array out;
  const auto add = [&](json::object way) {
    if (std::find(out.begin(), out.end(), json::value(way)) == out.end()) out.push_back(std::move(way));
  };
  for (const auto p : {route.access.first, route.access.second}) {
    if (p == Permission::kPublic) return {};
    if (p == Permission::kVisitor) {
      add({{"visitor", json::array{}}});
      continue;
    }
    if (p != Permission::kSignedIn) add({{"api_key", json::array{}}});
    if (route.method == Method::kGet)
      add({{"session", json::array{}}});
    else
      add({{"session", json::array{}}, {"csrf", json::array{}}});
  }
  return out;
}

std::string allowed(const Route& route) {
  const auto first = to_string(route.access.first), second = to_string(route.access.second);
  return first == second ? fmt::format("Permission: `{}`.", first)
                         : fmt::format("Permission: `{}` or `{}`.", first, second);
}

json::object responses(const Route& route, Components& components) {
  json::object success{{"description", "done"}};
  if (route.reply)
    success["content"] = media(route.reply_type, describe(*route.reply, components));
  else if (route.status != 204)
    success["content"] = media_of_each(route.reply_type);
  const auto error = [](std::string_view name) {
    return json::object{{"$ref", fmt::format("#/components/responses/{}", name)}};
  };
  json::object out{{std::to_string(route.status), std::move(success)}};
  if (route.access.first != Permission::kPublic) {
    out["401"] = error("Unauthenticated");
    out["403"] = error("Forbidden");
  }
  if (!path_fields(route).empty()) out["404"] = error("NotFound");
  if (route.body || !route.query.empty()) out["422"] = error("Invalid");
  out["503"] = error("Busy");
  out["default"] = error("Error");
  return out;
}

// "/api/v1/canned-responses/{id}" → "canned-responses".
std::string tag(std::string_view path) {
  constexpr std::string_view kBase = "/api/v1/";
  if (!path.starts_with(kBase)) return "description";
  path.remove_prefix(kBase.size());
  return std::string(path.substr(0, path.find('/')));
}

std::string operation_id(const Route& route) {
  std::string out(to_string(route.method));
  for (char& c : out) c = static_cast<char>(c + 32);
  for (const char c : route.path.starts_with("/api/v1") ? route.path.substr(7) : route.path) {
    if (c == '/' || c == '-' || c == '.')
      out += '_';
    else if (c != '{' && c != '}')
      out += c;
  }
  return out;
}

json::object operation(const Route& route, Components& components) {
  json::object out{{"operationId", operation_id(route)},
                   {"summary", route.summary},
                   {"description", allowed(route)},
                   {"tags", json::array{tag(route.path)}},
                   {"security", security(route)}};
  if (auto list = parameters(route, components); !list.empty()) out["parameters"] = std::move(list);
  if (route.body)
    out["requestBody"] = json::object{
        {"required", true}, {"content", media("application/json", describe(*route.body, components))}};
  if (route.raw_body)
    out["requestBody"] = json::object{
        {"required", true},
        {"description", fmt::format("at most {} bytes", route.max_body_bytes)},
        {"content",
         media("application/octet-stream",
               json::object{{"type", "string"}, {"contentMediaType", "application/octet-stream"}})}};
  out["responses"] = responses(route, components);
  return out;
}

json::object error_responses() {
  constexpr std::pair<const char*, const char*> kTexts[] = {
      {"Unauthenticated", "no or no valid credentials"},
      {"Forbidden", "the permission, the CSRF token or the right origin is missing"},
      {"NotFound", "there is nothing at this address"},
      {"Invalid", "a field does not fit; `field` names it"},
      {"Busy", "busy; see Retry-After"},
      {"Error", "see `code`"}};
  json::object out;
  for (const auto& [name, text] : kTexts)
    out[name] =
        json::object{{"description", text}, {"content", media("application/problem+json", ref("Problem"))}};
  return out;
}

json::value problem_schema() {
  return json::parse(
      R"({"type":"object","required":["type","title","status","code","detail","request_id"],"properties":{
    "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},
    "code":{"type":"string","enum":["invalid_argument","malformed","unauthenticated","permission_denied","not_found","conflict","precondition_failed","too_large","unsupported_media","rate_limited","unavailable","deadline_exceeded","data_loss","internal"]},
    "field":{"type":"string","description":"JSON pointer, or the name of a header"},"request_id":{"type":"string"}}})");
}

json::value security_schemes() {
  return json::parse(R"({
    "session":{"type":"apiKey","in":"cookie","name":"zk_session","description":"of POST /api/v1/session"},
    "csrf":{"type":"apiKey","in":"header","name":"X-CSRF-Token","description":"csrf_token of GET /api/v1/session"},
    "api_key":{"type":"http","scheme":"bearer","description":"an API key, zk_…"},
    "visitor":{"type":"http","scheme":"bearer","description":"a visitor token, zv_…"}})");
}

// Two blanks a level, so that a change shows as a line in a diff.
void print(std::string& out, const json::value& v, std::size_t depth) {
  const std::string indent(2 * depth + 2, ' ');
  const auto close = [&](char c) { out += '\n' + std::string(2 * depth, ' ') + c; };
  if (const auto* object = v.if_object(); object && !object->empty()) {
    char separator = '{';
    for (const auto& member : *object) {
      out += separator;
      out += '\n' + indent + json::serialize(member.key()) + ": ";
      print(out, member.value(), depth + 1);
      separator = ',';
    }
    close('}');
  } else if (const auto* array = v.if_array(); array && !array->empty()) {
    char separator = '[';
    for (const auto& item : *array) {
      out += separator;
      out += '\n' + indent;
      print(out, item, depth + 1);
      separator = ',';
    }
    close(']');
  } else {
    out += json::serialize(v);
  }
}

}  // namespace

std::string openapi_json(const std::vector<Route>& routes) {
  Components components{{"Problem", problem_schema()}};
  json::object paths;
  for (const auto& route : routes) {
    auto& path = paths[route.path];
    if (!path.is_object()) path = json::object{};
    std::string method(to_string(route.method));
    for (char& c : method) c = static_cast<char>(c + 32);
    path.get_object()[method] = operation(route, components);
  }
  json::object schemas;
  for (auto& [name, schema] : components) schemas[name] = std::move(schema);
  const json::object document{
      {"openapi", "3.1.0"},
      {"info", json::object{{"title", "Zhike"},
                            {"version", "1"},
                            {"license", json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"paths", std::move(paths)},
      {"components", json::object{{"schemas", std::move(schemas)},
                                  {"responses", error_responses()},
                                  {"securitySchemes", security_schemes()}}}};
  std::string out;
  print(out, document, 0);
  return out + '\n';
}

}  // namespace zk::api
