#include "base/result.hpp"

#include <array>

#include "base/check.hpp"

namespace zk {
namespace {
struct Row {
  std::string_view name;
  int http;
  int exit;
};
// One row per ErrorCode, in its order.
constexpr std::array<Row, 14> kTable{{
    {"invalid_argument", 422, 65},
    {"malformed", 400, 65},
    {"unauthenticated", 401, 77},
    {"permission_denied", 403, 77},
    {"not_found", 404, 66},
    {"conflict", 409, 73},
    {"precondition_failed", 412, 75},
    {"too_large", 413, 65},
    {"unsupported_media", 415, 65},
    {"rate_limited", 429, 75},
    {"unavailable", 503, 69},
    {"deadline_exceeded", 504, 75},
    {"data_loss", 500, 74},
    {"internal", 500, 70},
}};
const Row& row(ErrorCode code) {
  const auto i = static_cast<std::size_t>(code);
  ZK_CHECK(i < kTable.size());
  return kTable[i];
}
}  // namespace

int http_status(ErrorCode code) { return row(code).http; }
int exit_code(ErrorCode code) { return row(code).exit; }
std::string_view to_string(ErrorCode code) { return row(code).name; }

}  // namespace zk
