// ?cursor= → position: what is accepted means the same when written again.
#include <cstdint>
#include <cstdlib>

#include "api/router.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto position = zk::api::read_cursor({reinterpret_cast<const char*>(data), size}, 2);
  if (!position) return 0;
  const auto again = zk::api::read_cursor(zk::api::cursor({(*position)[0], (*position)[1]}), 2);
  if (!again || *again != *position) std::abort();
  return 0;
}
