#include "storage/postgres/postgres_value.hpp"

#include <bit>
#include <cmath>

namespace zk::storage {
namespace {

template <class T>
T big_endian(std::string_view bytes) {
  std::make_unsigned_t<T> v = 0;
  for (const char c : bytes.substr(0, sizeof(T)))
    v = static_cast<std::make_unsigned_t<T>>((v << 8) | static_cast<unsigned char>(c));
  return static_cast<T>(v);
}

void put_big_endian(char* out, std::uint64_t v) {
  for (int i = 7; i >= 0; --i, v >>= 8) out[i] = static_cast<char>(v & 0xff);
}

// numeric: digit count, weight of the first digit, sign, decimal places, then digits to the base 10,000. SUM
// and AVG of integers have this type.
Row::Value numeric(std::string_view bytes) {
  constexpr std::uint16_t kNegative = 0x4000;
  const auto field = [&](std::size_t i) { return big_endian<std::int16_t>(bytes.substr(i * 2)); };
  const int digits = field(0), weight = field(1), places = field(3);
  const bool negative = static_cast<std::uint16_t>(field(2)) == kNegative;
  if (places == 0 && weight <= 4) {  // at most 20 decimal digits
    __int128 whole = 0;
    for (int i = 0; i <= weight; ++i)
      whole = whole * 10'000 + (i < digits ? field(static_cast<std::size_t>(4 + i)) : 0);
    if (negative) whole = -whole;
    if (whole >= INT64_MIN && whole <= INT64_MAX) return static_cast<std::int64_t>(whole);
  }
  double v = 0;
  for (int i = 0; i < digits; ++i)
    v += field(static_cast<std::size_t>(4 + i)) * std::pow(10'000.0, weight - i);
  return negative ? -v : v;
}

}  // namespace

unsigned PostgresParam::type_of(const Param& p) {
  constexpr unsigned kTypes[] = {kPgUnknown, kPgInt8, kPgFloat8, kPgText, kPgBytea};
  return kTypes[p.value().index()];
}

PostgresParam::PostgresParam(const Param& p) : type(type_of(p)) {
  const auto& value = p.value();
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    put_big_endian(number, static_cast<std::uint64_t>(*i));
    bytes = number;
    size = 8;
  } else if (const auto* d = std::get_if<double>(&value)) {
    put_big_endian(number, std::bit_cast<std::uint64_t>(*d));
    bytes = number;
    size = 8;
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    bytes = text->data() ? text->data() : "";
    size = static_cast<int>(text->size());
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    bytes = blob->bytes.data() ? blob->bytes.data() : "";
    size = static_cast<int>(blob->bytes.size());
  }
}

Row::Value from_postgres(unsigned type, std::string_view bytes) {
  switch (type) {
    case kPgBool:
      return static_cast<std::int64_t>(!bytes.empty() && bytes[0] != 0);
    case kPgInt2:
      return static_cast<std::int64_t>(big_endian<std::int16_t>(bytes));
    case kPgInt4:
      return static_cast<std::int64_t>(big_endian<std::int32_t>(bytes));
    case kPgInt8:
      return big_endian<std::int64_t>(bytes);
    case kPgFloat4:
      return static_cast<double>(std::bit_cast<float>(big_endian<std::int32_t>(bytes)));
    case kPgFloat8:
      return std::bit_cast<double>(big_endian<std::int64_t>(bytes));
    case kPgNumeric:
      return numeric(bytes);
    default:
      return std::string(bytes);
  }
}

}  // namespace zk::storage
