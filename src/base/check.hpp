// ZK_CHECK(condition): a programmer's error ends the process with file and line. Always on.
// Never reachable from user input or from bytes read from disk: those are Result<T>.
#pragma once

namespace zk {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define ZK_CHECK(...)                                                          \
  do {                                                                         \
    if (!(__VA_ARGS__)) ::zk::check_failed(#__VA_ARGS__, __FILE__, __LINE__);  \
  } while (false)
