// Reads what a client writes in the request line and in the Cookie header. Foreign input: every function is
// total, bounded and fuzzed (fuzz/target.cpp). Sources: RFC 9112 §3.2 (origin-form), RFC 3986 §2.1, RFC 6265
// §4.2.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace zk::gateway {

inline constexpr std::size_t kMaxTargetBytes = 8192;
inline constexpr std::size_t kMaxQueryParameters = 100;

struct Target {
  std::string path;  // decoded; starts with '/'; no "." or ".." segment, no control byte
  std::vector<std::pair<std::string, std::string>>
      query;  // decoded, in order; "a" without '=' has an empty value
};

// kMalformed: not origin-form, broken percent-encoding, a control byte, a dot segment, too many parameters;
// kTooLarge: longer than kMaxTargetBytes.
Result<Target> parse_target(std::string_view target);

// Decodes %XX, and '+' to a space when asked. kMalformed when a '%' is not followed by two hex digits.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

// The value of the first cookie of that name in a Cookie header, "" when there is none. Quotes are left off.
std::string_view find_cookie(std::string_view header, std::string_view name);

}  // namespace zk::gateway
