#include "knowledge/target.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace zk::knowledge {
namespace {

constexpr double kUsual = 0.98, kLeast = 0.5, kMost = 0.999;
constexpr storage::Query kTarget{"knowledge.target",
                                 "SELECT value FROM setting WHERE key = 'target_precision'"};

}  // namespace

Result<double> target_precision(storage::Tx& tx) {
  ZK_TRY(const auto row, tx.maybe(kTarget));
  if (!row) return kUsual;
  boost::json::error_code ec;
  const auto value = boost::json::parse(row->text(0), ec);
  return !ec && value.is_number() ? std::clamp(value.to_number<double>(), kLeast, kMost) : kUsual;
}

Result<double> target_precision(storage::Db& db, Deadline deadline) {
  return db.read(deadline, [](storage::Tx& tx) { return target_precision(tx); });
}

Target::Target(storage::Db& db) : db_(db) {
  listening_ = db_.listen([this](std::span<const storage::Event> events) {
    for (const auto& e : events)
      if (e.kind == "settings.updated") {
        const std::lock_guard lock(mutex_);
        kept_.reset();
        ++changes_;
        return;
      }
  });
}

Result<double> Target::precision(Deadline deadline) const {
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    if (kept_) return *kept_;
    changes = changes_;
  }
  ZK_TRY(const double read, target_precision(db_, deadline));
  const std::lock_guard lock(mutex_);
  if (changes == changes_) kept_ = read;
  return read;
}

}  // namespace zk::knowledge
