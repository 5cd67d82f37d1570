// Values in PostgreSQL's binary format (protocol 3; src/backend/utils/adt/*send functions).
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/storage.hpp"

namespace zk::storage {

// Object ids of the built-in types (src/include/catalog/pg_type.dat), fixed for all servers.
enum PostgresType : unsigned {
  kPgUnknown = 0,
  kPgBool = 16,
  kPgBytea = 17,
  kPgInt8 = 20,
  kPgInt2 = 21,
  kPgInt4 = 23,
  kPgText = 25,
  kPgFloat4 = 700,
  kPgFloat8 = 701,
  kPgNumeric = 1700,
};

// A parameter ready to send. `bytes` points into the Param or into `number`: the object must stay where it
// is.
struct PostgresParam {
  unsigned type = kPgUnknown;
  const char* bytes = nullptr;  // nullptr: NULL
  int size = 0;
  char number[8];
  explicit PostgresParam(const Param& p);
  PostgresParam(const PostgresParam&) = delete;
  static unsigned type_of(const Param& p);
};

// A column of a result. Integers, booleans and whole numerics become integers, other numbers doubles, the
// rest text.
Row::Value from_postgres(unsigned type, std::string_view bytes);

}  // namespace zk::storage
