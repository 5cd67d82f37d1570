#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace zk {
void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "zhike: internal check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}
}  // namespace zk
