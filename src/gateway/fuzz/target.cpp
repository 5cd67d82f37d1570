// The request line's target and the Cookie header: what every stranger may send before anything else is
// checked.
#include <cstdint>
#include <cstdlib>

#include "gateway/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zk::gateway;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto target = parse_target(input)) {
    if (target->path.empty() || target->path.front() != '/') std::abort();
    if (target->path.find('\0') != std::string::npos || target->path.find("/../") != std::string::npos)
      std::abort();
    if (target->path.ends_with("/..") || target->query.size() > kMaxQueryParameters) std::abort();
  }
  const auto value = find_cookie(input, "zk_session");
  if (!value.empty() &&
      (value.data() < input.data() || value.data() + value.size() > input.data() + input.size()))
    std::abort();
  return 0;
}
