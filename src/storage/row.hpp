// What goes into a query and what comes out of it: Query, Param, Row. Plain values; storage.hpp says how they
// are used.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace zk::storage {

struct Query {
  const char* name;  // for metrics and error detail: "conversation.list"
  const char* sql;   // static storage: the address is the key of the prepared-statement cache
};

struct Null {};
using Bytes = std::string;  // raw bytes; wrap in Blob to bind as bytes

struct Blob {
  std::string_view bytes;
};

// A bound parameter. Text and bytes are referenced, not copied: they must outlive the call.
class Param {
 public:
  Param(Null) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  Param(T v) : v_(static_cast<std::int64_t>(v)) {}          // NOLINT(google-explicit-constructor)
  Param(double v) : v_(v) {}                                // NOLINT(google-explicit-constructor)
  Param(std::string_view v) : v_(v) {}                      // NOLINT(google-explicit-constructor)
  Param(const char* v) : v_(std::string_view(v)) {}         // NOLINT(google-explicit-constructor)
  Param(const std::string& v) : v_(std::string_view(v)) {}  // NOLINT(google-explicit-constructor)
  Param(Blob v) : v_(v) {}                                  // NOLINT(google-explicit-constructor)
  Param(Timestamp t) : v_(to_micros(t)) {}                  // NOLINT(google-explicit-constructor)
  template <class Tag>
  Param(Id<Tag> id) {       // NOLINT(google-explicit-constructor)
    if (id) v_ = id.value;  // id 0 ("none") is stored as NULL
  }
  template <class T>
  Param(const std::optional<T>& v) {  // NOLINT(google-explicit-constructor)
    if (v) *this = Param(*v);
  }
  const std::variant<Null, std::int64_t, double, std::string_view, Blob>& value() const { return v_; }

 private:
  std::variant<Null, std::int64_t, double, std::string_view, Blob> v_{Null{}};
};

// A fetched row, owning its values. Columns by position from 0. Asking for another type than stored is a
// ZK_CHECK, except that integers widen to double; NULL reads as 0, 0.0, "" or a none id.
class Row {
 public:
  using Value = std::variant<Null, std::int64_t, double, std::string>;
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  bool boolean(int column) const { return integer(column) != 0; }
  double real(int column) const;
  const std::string& text(int column) const;  // text and bytes
  Timestamp time(int column) const { return from_micros(integer(column)); }
  template <class IdType>
  IdType id(int column) const {
    return IdType{integer(column)};
  }
  const Value& value(int column) const;
  int size() const { return static_cast<int>(values_.size()); }

 private:
  std::vector<Value> values_;
};

using Params = std::span<const Param>;

}  // namespace zk::storage
