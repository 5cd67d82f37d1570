// The precision the company wants of direct answers: the setting "target_precision", .98 where it says
// nothing, within what the engine takes (.5 … .999). Thread-safe.
#pragma once

#include "base/time.hpp"
#include "storage/storage.hpp"

namespace zk::knowledge {

Result<double> target_precision(storage::Tx& tx);
Result<double> target_precision(storage::Db& db, Deadline deadline);

}  // namespace zk::knowledge
