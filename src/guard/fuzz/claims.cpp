// Any bytes: claims are bounded, and a text founds every claim of its own.
#include <cstdlib>

#include "guard/claims.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (!zk::guard::unfounded(text, std::vector<std::string>{text}).empty()) std::abort();
  return 0;
}
