#include "storage/storage.hpp"

#include "base/check.hpp"

namespace zk::storage {
namespace {
const Row::Value& at(const std::vector<Row::Value>& values, int column) {
  ZK_CHECK(column >= 0 && static_cast<std::size_t>(column) < values.size());
  return values[static_cast<std::size_t>(column)];
}
}  // namespace

const Row::Value& Row::value(int column) const { return at(values_, column); }

bool Row::is_null(int column) const { return std::holds_alternative<Null>(at(values_, column)); }

std::int64_t Row::integer(int column) const {
  const Value& v = at(values_, column);
  if (std::holds_alternative<Null>(v)) return 0;
  const auto* i = std::get_if<std::int64_t>(&v);
  ZK_CHECK(i != nullptr);
  return *i;
}

double Row::real(int column) const {
  const Value& v = at(values_, column);
  if (std::holds_alternative<Null>(v)) return 0.0;
  if (const auto* i = std::get_if<std::int64_t>(&v)) return static_cast<double>(*i);
  const auto* d = std::get_if<double>(&v);
  ZK_CHECK(d != nullptr);
  return *d;
}

const std::string& Row::text(int column) const {
  static const std::string kEmpty;
  const Value& v = at(values_, column);
  if (std::holds_alternative<Null>(v)) return kEmpty;
  const auto* s = std::get_if<std::string>(&v);
  ZK_CHECK(s != nullptr);
  return *s;
}

Result<std::optional<Row>> Tx::maybe(const Query& q, std::initializer_list<Param> p) {
  std::optional<Row> first;
  ZK_TRY_STATUS(each(q, p, [&](const Row& row) {
    first = row;
    return false;
  }));
  return first;
}

Result<Row> Tx::one(const Query& q, std::initializer_list<Param> p) {
  ZK_TRY(auto row, maybe(q, p));
  if (!row) return fail(ErrorCode::kNotFound, "not found", {}, q.name);
  return *std::move(row);
}

}  // namespace zk::storage
