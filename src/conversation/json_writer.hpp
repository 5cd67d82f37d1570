// Appends JSON to one string: for the shapes written thousands of times a second (messages, conversations,
// event frames), where a document tree would cost more than the query that fetched the row. Everything read
// is parsed by Boost.JSON.
//
//   JsonWriter w; w.begin().key("id").value(7).key("name").value("Li \"Na\"").end(); w.take() ==
//   R"({"id":7,"name":"Li \"Na\""})"
//
// Thread-safety: a plain value. Strings are UTF-8 and are escaped as RFC 8259 asks; nothing is validated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/id.hpp"
#include "base/time.hpp"

namespace zk::conversation {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t reserve = 1024) { out_.reserve(reserve); }

  JsonWriter& begin() { return open('{'); }
  JsonWriter& end() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view k);
  JsonWriter& value(std::string_view s);
  JsonWriter& value(const char* s) { return value(std::string_view(s)); }
  JsonWriter& value(std::int64_t v);
  JsonWriter& value(int v) { return value(static_cast<std::int64_t>(v)); }
  JsonWriter& value(double v);
  JsonWriter& value(bool v) { return raw(v ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  // JSON that is already serialised; the caller answers for its form.
  JsonWriter& raw(std::string_view json);

  // null for what stands for "none": an empty text, id 0, the epoch.
  JsonWriter& or_null(std::string_view s) { return s.empty() ? null() : value(s); }
  JsonWriter& or_null(std::int64_t v) { return v == 0 ? null() : value(v); }
  JsonWriter& or_null(int v) { return or_null(static_cast<std::int64_t>(v)); }
  JsonWriter& or_null(Timestamp t);
  template <class Tag>
  JsonWriter& or_null(Id<Tag> id) {
    return or_null(id.value);
  }

  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void separate();
  void quote(std::string_view s);

  std::string out_;
  bool comma_ = false;  // the next value in this place needs one before it
};

}  // namespace zk::conversation
