// The precision the company wants of direct answers: the setting "target_precision", .98 where it says
// nothing, within what the engine takes (.5 … .999). Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "base/time.hpp"
#include "storage/storage.hpp"

namespace zk::knowledge {

Result<double> target_precision(storage::Tx& tx);
Result<double> target_precision(storage::Db& db, Deadline deadline);

// The same, kept until the settings change: for what asks at each turn. `db` must outlive it.
class Target {
 public:
  explicit Target(storage::Db& db);
  Result<double> precision(Deadline deadline) const;

 private:
  storage::Db& db_;
  mutable std::mutex mutex_;
  mutable std::optional<double> kept_;  // under mutex_
  std::uint64_t changes_ = 0;           // under mutex_
  std::shared_ptr<void> listening_;
};

}  // namespace zk::knowledge
