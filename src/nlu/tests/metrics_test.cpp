#include "nlu/metrics.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace zk::nlu {
namespace {

using Labels = std::vector<std::string>;

TEST(Metrics, WilsonAgainstPublishedValues) {
  const auto i = wilson(81, 263);  // Newcombe 1998, table I
  EXPECT_NEAR(i.low, 0.2553, 5e-5);
  EXPECT_NEAR(i.high, 0.3662, 5e-5);
  const auto none = wilson(0, 20), all = wilson(20, 20);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.1611, 5e-5);
  EXPECT_EQ(all.high, 1);
  EXPECT_NEAR(all.low, 0.8389, 5e-5);
  EXPECT_EQ(wilson(0, 0).high, 1);
}

TEST(Metrics, AccuracyAndMacroF1) {
  const Labels truth = {"a", "a", "a", "b", "c"}, said = {"a", "a", "b", "b", "x"};
  EXPECT_DOUBLE_EQ(accuracy(truth, said), 0.6);
  EXPECT_NEAR(macro_f1(truth, said), (2 * 2.0 / 5 + 2 * 1.0 / 3 + 0) / 3, 1e-12);
  EXPECT_EQ(accuracy({}, {}), 0);
  EXPECT_EQ(macro_f1({}, {}), 0);
}

TEST(Metrics, AucEqualsCountingPairs) {
  Random random(1);
  std::vector<double> p, n;
  for (int i = 0; i < 60; ++i) p.push_back(static_cast<double>(random.below(20)));
  for (int i = 0; i < 45; ++i) n.push_back(static_cast<double>(random.below(15)));
  double wins = 0;
  for (const double a : p)
    for (const double b : n) wins += a > b ? 1 : a == b ? 0.5 : 0;
  EXPECT_NEAR(roc_auc(p, n), wins / (60 * 45), 1e-12);
  EXPECT_EQ(roc_auc(p, {}), 0.5);
}

TEST(Metrics, CoverageTakesTiesTogetherAndTheLargestShare) {
  const std::vector<Judged> j = {{.9, true}, {.8, false}, {.7, true}, {.7, true}, {.6, true}, {.5, false}};
  const auto c = coverage_at_precision(j, 0.8);
  EXPECT_DOUBLE_EQ(c.share, 5.0 / 6);
  EXPECT_DOUBLE_EQ(c.threshold, 0.6);
  EXPECT_DOUBLE_EQ(c.precision, 0.8);
  const std::vector<Judged> tied = {{.9, true}, {.9, false}};
  EXPECT_EQ(coverage_at_precision(tied, 0.9).answered, 0u);
  EXPECT_GT(coverage_at_precision(tied, 0.9).threshold, 1);
  EXPECT_EQ(coverage_at_precision({}, 0.9).share, 0);
}

TEST(Metrics, CalibrationError) {
  const std::vector<Judged> j = {{1, true}, {1, true}, {.55, true}, {.55, false}};
  EXPECT_NEAR(calibration_error(j), (0 + 0.1) / 4, 1e-12);
  EXPECT_EQ(calibration_error({}), 0);
}

TEST(Metrics, RanksAndPercentiles) {
  const std::vector<std::size_t> ranks = {1, 3, 0, 11};
  EXPECT_DOUBLE_EQ(recall_at(ranks, 1), 0.25);
  EXPECT_DOUBLE_EQ(recall_at(ranks, 10), 0.5);
  EXPECT_NEAR(mrr_at(ranks, 10), (1 + 1.0 / 3) / 4, 1e-12);
  EXPECT_EQ(percentile({3, 1, 2, 4}, 0.5), 2);
  EXPECT_EQ(percentile({3, 1, 2, 4}, 0.99), 4);
  EXPECT_EQ(percentile({}, 0.5), 0);
}

}  // namespace
}  // namespace zk::nlu
