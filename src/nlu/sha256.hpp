// SHA-256 of a file (FIPS 180-4), for checking weights against what they should be.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace zk::nlu {

Result<std::string> file_sha256(
    const std::filesystem::path& file);  // 64 lower-case hex digits; kNotFound when unreadable

}  // namespace zk::nlu
