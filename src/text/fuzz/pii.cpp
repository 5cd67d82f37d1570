#include <cstddef>
#include <cstdint>

#include "text/pii.hpp"
#include "text/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view s(reinterpret_cast<const char*>(data), size);
  zk::text::mask(s);
  zk::text::normalise(s);
  zk::text::sounds(s);
  zk::text::language(s);
  return 0;
}
