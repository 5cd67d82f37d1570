// The shape of a JSON value: one description serves for checking what came in, for reading it, and for
// OpenAPI.
//
//   const Schema kLabelDraft = is::object("LabelDraft", {{"name", is::line(60), kRequired}, {"color",
//   is::color()}}); auto fields = Fields::read(kLabelDraft, body);            // kInvalidArgument names
//   "/name" and the remedy fields->text("name");
//
// Lengths are in Unicode code points, as in JSON Schema (2020-12). Thread-safety: immutable values.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/block.hpp"

namespace zk::api {

namespace json = boost::json;

struct SchemaNode;
using Schema = std::shared_ptr<const SchemaNode>;

enum class Presence { kOptional, kRequired };
inline constexpr Presence kRequired = Presence::kRequired;

struct Field {
  std::string name;
  Schema schema;
  Presence presence = Presence::kOptional;
  std::string note = {};  // for the OpenAPI document
};

enum class Kind { kAny, kObject, kMap, kList, kText, kInteger, kNumber, kBoolean, kBlocks };
// kPlain: no NUL; kLine: no control characters, not blank; the others as their names say.
enum class Format { kPlain, kLine, kEmail, kColor, kUrl, kTime, kLocale, kToken, kETag };

struct SchemaNode {
  Kind kind = Kind::kAny;
  std::string name{};  // of the component in OpenAPI; "" is written in place
  bool nullable = false;
  std::int64_t min = 0, max = 0;  // code points, elements, or the value itself
  Format format = Format::kPlain;
  std::vector<std::string> values{};  // a closed list of texts
  std::vector<Field> fields{};        // kObject
  Schema items{};                     // kList, kMap
};

namespace is {
Schema any();
Schema text(std::int64_t min, std::int64_t max);      // several lines
Schema line(std::int64_t max, std::int64_t min = 1);  // one line; with min 0 also ""
Schema email();
Schema color();                  // "#rrggbb"
Schema url();                    // https:// or http://, ≤ 2,000
Schema time();                   // ISO 8601
Schema locale();                 // "zh-CN", "en"
Schema token(std::int64_t max);  // letters, digits, - _ . : ~
Schema etag();                                // "7" with its quotes: a version, for If-Match
Schema one_of(std::vector<std::string> values);
Schema integer(std::int64_t min, std::int64_t max);
Schema id();  // 1 …
Schema number(std::int64_t min, std::int64_t max);
Schema boolean();
Schema blocks();  // content, see domain/block.hpp
Schema list(Schema items, std::int64_t max, std::int64_t min = 0);
Schema map(Schema items, std::int64_t max);  // free names of 1 to 100 characters
Schema object(std::string name, std::vector<Field> fields);
Schema nullable(Schema schema);
Schema page(const Schema& items);  // {"items":[…],"next_cursor":…|null}
}  // namespace is

// Checks value against schema; whole floating-point numbers become integers where integers are asked for. The
// first fault wins: kInvalidArgument, Error::field is the JSON pointer below `at`.
Status check(const SchemaNode& schema, json::value& value, const std::string& at = {});

// A checked JSON object. Asking for a name the schema does not have, or as another type, is a programmer's
// error (ZK_CHECK).
class Fields {
 public:
  static Result<Fields> read(Schema schema, json::value value);
  static Fields none();

  bool has(std::string_view name) const;      // given; null counts
  bool is_null(std::string_view name) const;  // given as null
  // The value, or `otherwise` when absent or null.
  std::string_view text(std::string_view name, std::string_view otherwise = {}) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  double number(std::string_view name, double otherwise = 0) const;
  bool boolean(std::string_view name, bool otherwise = false) const;
  Timestamp time(std::string_view name) const;
  std::vector<std::int64_t> integers(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  Blocks blocks(std::string_view name) const;
  const json::value& value(std::string_view name) const;  // null when absent
  const json::object& object() const { return object_; }

 private:
  Fields(Schema schema, json::object object) : schema_(std::move(schema)), object_(std::move(object)) {}
  const json::value* find(std::string_view name, Kind kind) const;
  Schema schema_;
  json::object object_;
};

// UTF-8 code points; invalid bytes count one each.
std::int64_t code_points(std::string_view utf8);
// Parses at most 32 levels deep, strict UTF-8, nothing after the value; kMalformed says where.
Result<json::value> parse_json(std::string_view text);
// JSON pointer with one more step, "~" and "/" escaped (RFC 6901).
std::string pointer(const std::string& at, std::string_view step);
// The JSON Schema pattern of a format ("" when there is none) and its remedy in words.
std::string_view pattern(Format format);

}  // namespace zk::api
