#include "api/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/check.hpp"

namespace zk::api {
namespace {

Schema make(SchemaNode node) { return std::make_shared<const SchemaNode>(std::move(node)); }

bool alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
template <class P>
bool all_of(std::string_view s, P p) {
  return std::all_of(s.begin(), s.end(), p);
}

// Each agrees with pattern(format); the tests hold them against each other.
bool email_like(std::string_view s) {
  const auto at = s.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  std::size_t label = 0;  // length of the domain label being read
  for (const char c : s.substr(at + 1)) {
    if (c == '.' ? label == 0 : !alnum(c) && c != '-') return false;
    label = c == '.' ? 0 : label + 1;
  }
  return label > 0 && all_of(s.substr(0, at), [](char c) {
           return alnum(c) || std::string_view("._%+-").find(c) != std::string_view::npos;
         });
}
bool locale_like(std::string_view s) {
  const auto letters = [](std::string_view part, std::size_t min, std::size_t max) {
    return part.size() >= min && part.size() <= max && all_of(part, [](char c) { return alnum(c); });
  };
  const auto dash = s.find('-');
  const auto language = s.substr(0, dash);
  if (!letters(language, 2, 3) || !all_of(language, [](char c) { return c >= 'a' && c <= 'z'; }))
    return false;
  return dash == std::string_view::npos || letters(s.substr(dash + 1), 2, 8);
}
bool url_like(std::string_view s) {
  const auto rest = s.starts_with("https://")  ? s.substr(8)
                    : s.starts_with("http://") ? s.substr(7)
                                               : std::string_view{};
  return !rest.empty() && (alnum(rest.front()) || rest.front() == '[') && all_of(s, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\';
  });
}
bool etag_like(std::string_view s) {
  return s.size() >= 3 && s.size() <= 20 && s.front() == '"' && s.back() == '"' &&
         all_of(s.substr(1, s.size() - 2), [](char c) { return c >= '0' && c <= '9'; });
}
bool fits(Format format, std::string_view s) {
  switch (format) {
    case Format::kPlain:
      return s.find('\0') == std::string_view::npos;
    case Format::kLine:
      return all_of(s, [](char c) { return !control(c); }) &&
             (s.empty() || s.find_first_not_of(' ') != std::string_view::npos);
    case Format::kEmail:
      return email_like(s);
    case Format::kColor:
      return s.size() == 7 && s[0] == '#' && all_of(s.substr(1), hex);
    case Format::kUrl:
      return url_like(s);
    case Format::kTime:
      return from_iso8601(s).has_value();
    case Format::kETag:
      return etag_like(s);
    case Format::kLocale:
      return locale_like(s);
    case Format::kToken:
      return all_of(
          s, [](char c) { return alnum(c) || std::string_view("-_.:~").find(c) != std::string_view::npos; });
  }
  return false;
}
std::string_view remedy(Format format) {
  switch (format) {
    case Format::kPlain:
      return "must not contain NUL characters";
    case Format::kLine:
      return "must be one line with at least one visible character";
    case Format::kEmail:
      return "must be an e-mail address like name@example.com";
    case Format::kColor:
      return "must be a colour like #2563eb";
    case Format::kUrl:
      return "must be an http or https address";
    case Format::kTime:
      return "must be a time like 2026-11-23T15:04:05Z";
    case Format::kETag:
      return "must be a version in quotes like \"7\"";
    case Format::kLocale:
      return "must be a language like zh-CN or en";
    case Format::kToken:
      return "may hold only letters, digits and - _ . : ~";
  }
  return "";
}

Status blame(const std::string& at, std::string_view what) {
  const auto slash = at.rfind('/');
  const auto name =
      slash == std::string::npos ? std::string_view("the body") : std::string_view(at).substr(slash + 1);
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} {}", name, what), at);
}

Status check_text(const SchemaNode& s, const json::value& v, const std::string& at) {
  const auto* text = v.if_string();
  if (!text) return blame(at, "must be a string");
  if (!s.values.empty()) {
    if (std::find(s.values.begin(), s.values.end(), std::string_view(*text)) == s.values.end())
      return blame(at, fmt::format("must be one of: {}", fmt::join(s.values, ", ")));
    return {};
  }
  const auto n = code_points(*text);
  if (n < s.min || n > s.max)
    return blame(at, s.min == 0 ? fmt::format("must have at most {} characters", s.max)
                                : fmt::format("must have {} to {} characters", s.min, s.max));
  if (!fits(s.format, *text)) return blame(at, remedy(s.format));
  return {};
}

Status check_integer(const SchemaNode& s, json::value& v, const std::string& at) {
  if (v.is_double() && std::floor(v.get_double()) == v.get_double() && std::abs(v.get_double()) < 9e15)
    v = static_cast<std::int64_t>(v.get_double());
  if (v.is_uint64() && s.max < INT64_MAX)
    return blame(at, fmt::format("must be a whole number from {} to {}", s.min, s.max));
  if (!v.is_int64()) return blame(at, "must be a whole number");
  if (v.get_int64() < s.min || v.get_int64() > s.max)
    return blame(at, fmt::format("must be from {} to {}", s.min, s.max));
  return {};
}

Status check_number(const SchemaNode& s, json::value& v, const std::string& at) {
  if (v.is_int64()) v = static_cast<double>(v.get_int64());
  if (v.is_uint64()) v = static_cast<double>(v.get_uint64());
  if (!v.is_double()) return blame(at, "must be a number");
  const auto d = v.get_double();
  if (!(d >= static_cast<double>(s.min) && d <= static_cast<double>(s.max)))
    return blame(at, fmt::format("must be from {} to {}", s.min, s.max));
  return {};
}

Status check_object(const SchemaNode& s, json::value& v, const std::string& at) {
  auto* object = v.if_object();
  if (!object) return blame(at, "must be a JSON object");
  for (auto& member : *object) {
    const auto f = std::find_if(s.fields.begin(), s.fields.end(),
                                [&](const Field& field) { return field.name == member.key(); });
    if (f == s.fields.end()) {
      std::vector<std::string_view> names;
      for (const auto& field : s.fields) names.push_back(field.name);
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("unknown field; known are: {}", fmt::join(names, ", ")),
                  pointer(at, member.key()));
    }
    ZK_TRY_STATUS(check(*f->schema, member.value(), pointer(at, member.key())));
  }
  for (const auto& f : s.fields)
    if (f.presence == kRequired && !object->contains(f.name))
      return blame(pointer(at, f.name), "is required");
  return {};
}

Status check_map(const SchemaNode& s, json::value& v, const std::string& at) {
  auto* object = v.if_object();
  if (!object) return blame(at, "must be a JSON object");
  if (static_cast<std::int64_t>(object->size()) > s.max)
    return blame(at, fmt::format("must have at most {} members", s.max));
  for (auto& member : *object) {
    const auto n = code_points(member.key());
    if (n < 1 || n > 100 || member.key().find('\0') != std::string_view::npos)
      return blame(at, "must have names of 1 to 100 characters");
    ZK_TRY_STATUS(check(*s.items, member.value(), pointer(at, member.key())));
  }
  return {};
}

Status check_list(const SchemaNode& s, json::value& v, const std::string& at) {
  auto* array = v.if_array();
  if (!array) return blame(at, "must be a list");
  const auto n = static_cast<std::int64_t>(array->size());
  if (n < s.min || n > s.max) return blame(at, fmt::format("must have {} to {} elements", s.min, s.max));
  for (std::size_t i = 0; i < array->size(); ++i)
    ZK_TRY_STATUS(check(*s.items, (*array)[i], pointer(at, std::to_string(i))));
  return {};
}

}  // namespace

std::string_view pattern(Format format) {
  switch (format) {
    case Format::kPlain:
      return R"(^[^\u0000]*$)";
    case Format::kLine:
      return R"(^$|^[^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f][^\u0000-\u001f\u007f]*$)";
    case Format::kEmail:
      return R"(^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$)";
    case Format::kColor:
      return R"(^#[0-9a-fA-F]{6}$)";
    case Format::kUrl:
      return R"(^https?://[A-Za-z0-9\[][!#-;=?-\[\]-~]*$)";
    case Format::kTime:
      return "";
    case Format::kETag:
      return R"(^"[0-9]{1,18}"$)";
    case Format::kLocale:
      return R"(^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$)";
    case Format::kToken:
      return R"(^[A-Za-z0-9_.:~-]*$)";
  }
  return "";
}

namespace is {
Schema any() { return make({.kind = Kind::kAny}); }
Schema text(std::int64_t min, std::int64_t max) {
  return make({.kind = Kind::kText, .min = min, .max = max});
}
Schema line(std::int64_t max, std::int64_t min) {
  return make({.kind = Kind::kText, .min = min, .max = max, .format = Format::kLine});
}
Schema email() { return make({.kind = Kind::kText, .min = 3, .max = 254, .format = Format::kEmail}); }
Schema color() { return make({.kind = Kind::kText, .min = 1, .max = 7, .format = Format::kColor}); }
Schema url() { return make({.kind = Kind::kText, .min = 8, .max = 2000, .format = Format::kUrl}); }
Schema time() { return make({.kind = Kind::kText, .min = 10, .max = 40, .format = Format::kTime}); }
Schema locale() { return make({.kind = Kind::kText, .min = 2, .max = 12, .format = Format::kLocale}); }
Schema token(std::int64_t max) {
  return make({.kind = Kind::kText, .min = 1, .max = max, .format = Format::kToken});
}
Schema etag() { return make({.kind = Kind::kText, .min = 3, .max = 20, .format = Format::kETag}); }
Schema one_of(std::vector<std::string> values) {
  return make({.kind = Kind::kText, .values = std::move(values)});
}
Schema integer(std::int64_t min, std::int64_t max) {
  return make({.kind = Kind::kInteger, .min = min, .max = max});
}
Schema id() { return integer(1, INT64_MAX); }
Schema number(std::int64_t min, std::int64_t max) {
  return make({.kind = Kind::kNumber, .min = min, .max = max});
}
Schema boolean() { return make({.kind = Kind::kBoolean}); }
Schema blocks() { return make({.kind = Kind::kBlocks, .name = "Blocks", .min = 1, .max = kMaxBlocks}); }
Schema list(Schema items, std::int64_t max, std::int64_t min) {
  return make({.kind = Kind::kList, .min = min, .max = max, .items = std::move(items)});
}
Schema map(Schema items, std::int64_t max) {
  return make({.kind = Kind::kMap, .max = max, .items = std::move(items)});
}
Schema object(std::string name, std::vector<Field> fields) {
  return make({.kind = Kind::kObject, .name = std::move(name), .fields = std::move(fields)});
}
Schema nullable(Schema schema) {
  auto node = *schema;
  node.nullable = true;
  return make(std::move(node));
}
Schema page(const Schema& items) {
  return object("", {{"items", list(items, 100), kRequired},
                     {"next_cursor", nullable(token(200)), kRequired, "null on the last page"}});
}
}  // namespace is

std::int64_t code_points(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string pointer(const std::string& at, std::string_view step) {
  auto out = at + '/';
  for (const char c : step) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  auto value = json::parse(json::string_view(text), error, {}, options);
  if (error)
    return fail(ErrorCode::kMalformed, fmt::format("the body is not valid JSON: {}", error.message()));
  return value;
}

Status check(const SchemaNode& s, json::value& v, const std::string& at) {
  if (v.is_null()) {
    if (s.nullable || s.kind == Kind::kAny) return {};
    return blame(at, "must not be null");
  }
  switch (s.kind) {
    case Kind::kAny:
      return {};
    case Kind::kObject:
      return check_object(s, v, at);
    case Kind::kMap:
      return check_map(s, v, at);
    case Kind::kList:
      return check_list(s, v, at);
    case Kind::kText:
      return check_text(s, v, at);
    case Kind::kInteger:
      return check_integer(s, v, at);
    case Kind::kNumber:
      return check_number(s, v, at);
    case Kind::kBoolean:
      return v.is_bool() ? Status{} : blame(at, "must be true or false");
    case Kind::kBlocks: {
      auto blocks = blocks_from_json(json::serialize(v));
      if (!blocks)
        return fail(ErrorCode::kInvalidArgument, blocks.error().message, at + blocks.error().field);
      return {};
    }
  }
  return {};
}

Result<Fields> Fields::read(Schema schema, json::value value) {
  ZK_TRY_STATUS(check(*schema, value));
  ZK_CHECK(value.is_object());
  return Fields(std::move(schema), std::move(value.get_object()));
}

Fields Fields::none() {
  static const Schema schema = is::object("", {});
  return Fields(schema, {});
}

const json::value* Fields::find(std::string_view name, Kind kind) const {
  const auto f = std::find_if(schema_->fields.begin(), schema_->fields.end(),
                              [&](const Field& field) { return field.name == name; });
  ZK_CHECK(f != schema_->fields.end() && (kind == Kind::kAny || f->schema->kind == kind));
  const auto* v = object_.if_contains(name);
  return v && !v->is_null() ? v : nullptr;
}

bool Fields::has(std::string_view name) const {
  find(name, Kind::kAny);
  return object_.contains(name);
}
bool Fields::is_null(std::string_view name) const { return has(name) && object_.at(name).is_null(); }
std::string_view Fields::text(std::string_view name, std::string_view otherwise) const {
  const auto* v = find(name, Kind::kText);
  return v ? std::string_view(v->get_string()) : otherwise;
}
std::int64_t Fields::integer(std::string_view name, std::int64_t otherwise) const {
  const auto* v = find(name, Kind::kInteger);
  return v ? v->get_int64() : otherwise;
}
double Fields::number(std::string_view name, double otherwise) const {
  const auto* v = find(name, Kind::kNumber);
  return v ? v->get_double() : otherwise;
}
bool Fields::boolean(std::string_view name, bool otherwise) const {
  const auto* v = find(name, Kind::kBoolean);
  return v ? v->get_bool() : otherwise;
}
Timestamp Fields::time(std::string_view name) const {
  const auto* v = find(name, Kind::kText);
  return v ? from_iso8601(v->get_string()).value_or(Timestamp{}) : Timestamp{};
}
std::vector<std::int64_t> Fields::integers(std::string_view name) const {
  std::vector<std::int64_t> out;
  if (const auto* v = find(name, Kind::kList))
    for (const auto& item : v->get_array()) out.push_back(item.get_int64());
  return out;
}
std::vector<std::string> Fields::texts(std::string_view name) const {
  std::vector<std::string> out;
  if (const auto* v = find(name, Kind::kList))
    for (const auto& item : v->get_array()) out.emplace_back(item.get_string());
  return out;
}
Blocks Fields::blocks(std::string_view name) const {
  const auto* v = find(name, Kind::kBlocks);
  return v ? blocks_from_json(json::serialize(*v)).value_or(Blocks{}) : Blocks{};
}
const json::value& Fields::value(std::string_view name) const {
  static const json::value kNull;
  const auto* v = find(name, Kind::kAny);
  return v ? *v : kNull;
}

}  // namespace zk::api
