// Passwords: argon2id (RFC 9106, libsodium), 3 passes over 32 MiB: 50–100 ms a hash on one core, so callers
// run it on the slow pool. Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zk::auth {

inline constexpr std::int64_t kLongestPassword = 200;  // code points

Result<std::string> hash_password(std::string_view password);  // kUnavailable: no memory for it now
// An empty hash (no such account, no password set) never matches and takes the same time.
bool password_matches(const std::string& hash, std::string_view password);
// The hash was made with other parameters than today's.
bool password_hash_outdated(const std::string& hash);
// At least 10 characters and 2^30 guesses by zxcvbn, which knows the person's own words too. kInvalidArgument
// at `field`.
Status check_password_strength(const std::string& password, const std::vector<std::string>& own_words,
                               std::string field = "/password");

}  // namespace zk::auth
