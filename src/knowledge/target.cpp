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

}  // namespace zk::knowledge
