// The first answer to a POST with an Idempotency-Key, kept for 24 hours in the transaction of what it
// acknowledged, sealed at rest.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "api/router.hpp"
#include "auth/secret.hpp"

namespace zk::api {

inline constexpr std::chrono::hours kRepeatWindow{24};

class RepeatKey {
 public:
  // scope: who asks and what; request: everything that must be the same for the answer to be given again.
  RepeatKey(const auth::Sealer& sealer, std::string scope, std::string key, std::string_view request);

  // The answer given before; kConflict when the key was used for another request.
  Result<std::optional<Reply>> kept_reply(storage::Tx& tx, Timestamp now) const;
  Status keep(storage::Tx& tx, const Reply& reply, Timestamp now) const;

 private:
  const auth::Sealer& sealer_;
  std::string scope_, key_, request_hash_;
};

}  // namespace zk::api
