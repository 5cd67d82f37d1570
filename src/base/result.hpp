// Expected failures are values: Result<T> is either T or an Error. Programmer's errors are ZK_CHECK (check.hpp).
//
//   Result<Article> find(Tx& tx, ArticleId id);
//   ZK_TRY(auto article, find(tx, id));     // two statements: returns the Error from the enclosing function
//
// Thread-safety: plain values.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace zk {

// Closed list: each has exactly one HTTP status (http_status) and one process exit code (exit_code).
enum class ErrorCode {
  kInvalidArgument,     // 422: the caller's input; Error::field names it
  kMalformed,           // 400: not parseable at all
  kUnauthenticated,     // 401
  kPermissionDenied,    // 403
  kNotFound,            // 404
  kConflict,            // 409: state does not allow it, or the key is taken
  kPreconditionFailed,  // 412: a version given by the caller is stale
  kTooLarge,            // 413
  kUnsupportedMedia,    // 415
  kRateLimited,         // 429
  kUnavailable,         // 503: a bounded queue is full, or a dependency is down; retry later
  kDeadlineExceeded,    // 504
  kDataLoss,            // 500: stored bytes are not what they should be
  kInternal,            // 500
};

int http_status(ErrorCode code);
// sysexits-like: 64 usage, 65 data, 66 missing input, 69 unavailable, 70 internal, 73 cannot create, 75 try later, 77 permission.
int exit_code(ErrorCode code);
std::string_view to_string(ErrorCode code);  // "invalid_argument", …

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // for the caller: names the field and the remedy; never personal data
  std::string field{};  // JSON pointer or flag name when the fault lies in one input, else empty
  std::string detail{}; // for the log only; never sent to a caller
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string field = {}, std::string detail = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(field), std::move(detail)});
}

}  // namespace zk

#define ZK_CONCAT_(a, b) a##b
#define ZK_CONCAT(a, b) ZK_CONCAT_(a, b)
#define ZK_TRY_IMPL_(tmp, decl, ...)                             \
  auto tmp = (__VA_ARGS__);                                      \
  if (!tmp) return ::tl::unexpected(std::move(tmp).error());     \
  decl = *std::move(tmp)
// ZK_TRY(auto x, expression_of_type_Result<X>);
#define ZK_TRY(decl, ...) ZK_TRY_IMPL_(ZK_CONCAT(zk_try_, __COUNTER__), decl, __VA_ARGS__)
// ZK_TRY_STATUS(expression_of_type_Status);
#define ZK_TRY_STATUS(...)                                                                          \
  do {                                                                                              \
    if (auto zk_status_ = (__VA_ARGS__); !zk_status_) return ::tl::unexpected(std::move(zk_status_).error()); \
  } while (false)
