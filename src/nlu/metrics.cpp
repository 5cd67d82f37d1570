#include "nlu/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/check.hpp"

namespace zk::nlu {

Interval wilson(std::size_t successes, std::size_t total, double z) {
  if (total == 0) return {};
  const auto n = static_cast<double>(total);
  const double p = static_cast<double>(successes) / n, zz = z * z;
  const double centre = (p + zz / (2 * n)) / (1 + zz / n);
  const double half = z / (1 + zz / n) * std::sqrt(p * (1 - p) / n + zz / (4 * n * n));
  return {successes == 0 ? 0 : std::max(0.0, centre - half),
          successes == total ? 1 : std::min(1.0, centre + half)};
}

double accuracy(std::span<const std::string> truth, std::span<const std::string> predicted) {
  ZK_CHECK(truth.size() == predicted.size());
  if (truth.empty()) return 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) right += truth[i] == predicted[i];
  return static_cast<double>(right) / static_cast<double>(truth.size());
}

double macro_f1(std::span<const std::string> truth, std::span<const std::string> predicted) {
  ZK_CHECK(truth.size() == predicted.size());
  struct Counts {
    std::size_t right = 0, is = 0, said = 0;
  };
  std::map<std::string, Counts> labels;
  for (const auto& t : truth) ++labels[t].is;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (const auto it = labels.find(predicted[i]); it != labels.end()) ++it->second.said;
    if (truth[i] == predicted[i]) ++labels[truth[i]].right;
  }
  if (labels.empty()) return 0;
  double sum = 0;
  for (const auto& [label, c] : labels)
    sum += 2.0 * static_cast<double>(c.right) / static_cast<double>(c.is + c.said);
  return sum / static_cast<double>(labels.size());
}

double roc_auc(std::span<const double> positive, std::span<const double> negative) {
  if (positive.empty() || negative.empty()) return 0.5;
  std::vector<double> sorted(negative.begin(), negative.end());
  std::sort(sorted.begin(), sorted.end());
  double wins = 0;
  for (const double p : positive) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), p);
    wins += static_cast<double>(low - sorted.begin()) + static_cast<double>(high - low) / 2;
  }
  return wins / (static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

Coverage coverage_at_precision(std::span<const Judged> judged, double target) {
  std::vector<Judged> sorted(judged.begin(), judged.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
  Coverage best{.threshold = std::numeric_limits<double>::infinity()};
  std::size_t right = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    right += sorted[i].right;
    if (i + 1 < sorted.size() && sorted[i + 1].confidence == sorted[i].confidence) continue;
    const double precision = static_cast<double>(right) / static_cast<double>(i + 1);
    if (precision < target) continue;
    best = {static_cast<double>(i + 1) / static_cast<double>(sorted.size()), sorted[i].confidence, precision,
            i + 1};
  }
  return best;
}

double calibration_error(std::span<const Judged> judged, std::size_t bins) {
  ZK_CHECK(bins > 0);
  struct Bin {
    double confidence = 0;
    std::size_t right = 0, size = 0;
  };
  std::vector<Bin> all(bins);
  for (const auto& j : judged) {
    const double c = std::clamp(j.confidence, 0.0, 1.0);
    auto& b = all[std::min(bins - 1, static_cast<std::size_t>(c * static_cast<double>(bins)))];
    b.confidence += c;
    b.right += j.right;
    ++b.size;
  }
  double sum = 0;
  for (const auto& b : all) sum += std::fabs(b.confidence - static_cast<double>(b.right));
  return judged.empty() ? 0 : sum / static_cast<double>(judged.size());
}

double recall_at(std::span<const std::size_t> ranks, std::size_t k) {
  if (ranks.empty()) return 0;
  const auto found = std::count_if(ranks.begin(), ranks.end(), [&](auto r) { return r > 0 && r <= k; });
  return static_cast<double>(found) / static_cast<double>(ranks.size());
}

double mrr_at(std::span<const std::size_t> ranks, std::size_t k) {
  if (ranks.empty()) return 0;
  double sum = 0;
  for (const auto r : ranks) sum += r > 0 && r <= k ? 1.0 / static_cast<double>(r) : 0;
  return sum / static_cast<double>(ranks.size());
}

double percentile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  const auto rank =
      static_cast<std::size_t>(std::ceil(std::clamp(p, 0.0, 1.0) * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank ? rank - 1 : 0);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace zk::nlu
