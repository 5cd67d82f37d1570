#include "review/quality.hpp"

#include <filesystem>
#include <fstream>

#include "review/meter.hpp"
#include "review/replies.hpp"
#include "review/tests/fixture.hpp"

namespace zk::review {
namespace {

std::shared_ptr<const answering::Answerer> thresholds() {
  return answering::Answerer::build({}, word_for_word()).value();
}
// Thresholds are fitted anew with the weights: cases are said from them.
double answered_at(double target) { return thresholds()->operating(false, false, target).answer; }
double none_at() { return thresholds()->operating(false, false, 0.98).none; }
double clarify_at() { return thresholds()->operating(false, false, 0.98).clarify; }

// Two right answers of four; one asked back because it is ambiguous, one because it is unsure, one not known.
std::vector<Outcome> seven() {
  const double sure = answered_at(0.98) + 1e-4, unsure = 0.3, vague = clarify_at(), unknown = none_at();
  return {{.right = sure, .held_out = true, .answerable = true, .first = true, .offered = true},
          {.right = sure, .held_out = true, .answerable = true, .offered = true},
          {.right = sure,
           .ambiguous = vague,
           .held_out = true,
           .answerable = true,
           .first = true,
           .offered = true},
          {.right = unsure, .held_out = true, .answerable = true, .offered = true},
          {.right = unsure, .none = unknown, .held_out = true, .answerable = true, .offered = true},
          {.right = sure, .held_out = false},
          {.right = .995, .held_out = false, .answerable = true, .first = true, .word_for_word = true}};
}

TEST(Quality, FiguresAreThoseCountedByHand) {
  const auto r = rates(seven(), *thresholds(), 0.98);
  EXPECT_EQ(r.asked, 7u);
  EXPECT_EQ(r.answerable, 6u);
  EXPECT_EQ(r.answered, 4u);
  EXPECT_EQ(r.right, 2u);
  EXPECT_EQ(r.reached, 4u) << "the two right ones and the two asked back";
  EXPECT_DOUBLE_EQ(r.precision(), 0.5);
  EXPECT_DOUBLE_EQ(r.coverage(), 2.0 / 6);
  EXPECT_DOUBLE_EQ(r.reach(), 4.0 / 6);
  EXPECT_NEAR(r.precision_interval().low, 0.1500, 1e-4);
  EXPECT_NEAR(r.precision_interval().high, 0.8500, 1e-4);
  EXPECT_EQ(rates(seven(), *thresholds(), 0.98, From::kHeldOut).asked, 5u);
  EXPECT_EQ(rates(seven(), *thresholds(), 0.98, From::kRegression).right, 1u);
}

TEST(Quality, WhereNothingCanBePromisedOnlyWordForWordIsAnswered) {
  const auto r = rates(seven(), *thresholds(), 0.995);
  EXPECT_EQ(r.answered, 1u);
  EXPECT_EQ(r.right, 1u);
  EXPECT_EQ(r.reached, 5u);
}

TEST(Quality, TheCurveTradesCoverageForPrecision) {
  const auto points = curve(seven(), thresholds()->operating(false, false, 0.98));
  ASSERT_EQ(points.size(), 20u);
  EXPECT_EQ(points.front().rates.answered, 6u) << "all but the ambiguous one";
  for (std::size_t i = 1; i < points.size(); ++i) {
    EXPECT_GT(points[i].threshold, points[i - 1].threshold);
    EXPECT_LE(points[i].rates.answered, points[i - 1].rates.answered);
  }
  EXPECT_EQ(points[3].threshold, 0.4);
  EXPECT_EQ(points[3].rates.answered, 4u) << "without the unsure ones";
}

TEST(Quality, AMeasurementComesBackFromItsFile) {
  const Measurement m{.of = "a|b|1", .at = from_micros(17), .similar = 9, .outcomes = seven()};
  const auto back = measurement_from_json(to_json(m));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->of, m.of);
  EXPECT_EQ(back->at, m.at);
  EXPECT_EQ(to_json(*back), to_json(m));
  for (const auto* broken : {"", "{}", "[1]", R"({"of":"a","at":1,"similar":1,"outcomes":[[1,2]]})"})
    EXPECT_FALSE(measurement_from_json(broken)) << broken;
}

TEST(PastReplies, OnlyWhatTheTargetDecidedChanges) {
  const auto answerer = thresholds();
  PastReplies past;
  const auto add = [&](PastReply r) {
    r.message_id = static_cast<std::int64_t>(past.replies.size()) + 1;
    past.replies.push_back(r);
  };
  const double between = answered_at(0.95) + 1e-4, sure = answered_at(0.98) + 1e-4;
  ASSERT_LT(between, answered_at(0.98));
  ASSERT_LT(sure, answered_at(0.99));
  add({.right = sure, .fate = Fate::kAnswered, .held = true});                     // 1 lost at .99
  add({.right = sure, .none = none_at(), .fate = Fate::kAnswered, .held = true});  // 2 not known at .99
  add({.right = between, .fate = Fate::kAskedBack, .held = true});                 // 3 gained at .95
  add({.right = between, .ambiguous = clarify_at(), .fate = Fate::kAskedBack, .held = true});  // 4 never
  add({.right = .5, .fate = Fate::kAnswered});                                         // 5 within a thread
  add({.right = .995, .fate = Fate::kAnswered, .held = true, .word_for_word = true});  // 6 always
  add({.right = sure, .fate = Fate::kAnswered, .held = true, .alarm = true});          // 7 a person at .99
  const auto same = at_target(past, *answerer, 0.98);
  EXPECT_TRUE(same.gained.empty());
  EXPECT_TRUE(same.lost.empty());
  EXPECT_EQ(same.was.answered, 5u);
  const auto bolder = at_target(past, *answerer, 0.95);
  ASSERT_EQ(bolder.gained.size(), 1u);
  EXPECT_EQ(bolder.gained.front().message_id, 3);
  EXPECT_EQ(bolder.would.answered, 6u);
  const auto stricter = at_target(past, *answerer, 0.99);
  EXPECT_EQ(stricter.lost.size(), 3u);
  EXPECT_EQ(stricter.would.answered, 2u);
  EXPECT_EQ(stricter.would.asked_back, 3u);
  EXPECT_EQ(stricter.would.not_known, 1u);
  EXPECT_EQ(stricter.would.handed_over, 1u);
}

class MeterTest : public Shop, public testing::WithParamInterface<std::string> {
 protected:
  MeterTest() : Shop(GetParam()) {}
  ~MeterTest() override { std::filesystem::remove(file_); }
  std::unique_ptr<Meter> open() {
    EXPECT_TRUE(library_->wait(soon(), true));
    auto meter = std::make_unique<Meter>(*db_, clock_, *library_, Meter::Options{.file = file_});
    meter->refresh();
    return meter;
  }
  const std::filesystem::path file_ =
      std::filesystem::path(testing::TempDir()) / ("quality-" + GetParam() + std::to_string(::getpid()));
};
INSTANTIATE_TEST_SUITE_P(Engines, MeterTest, testing::ValuesIn(storage::kEngines));

TEST_P(MeterTest, SimilarQuestionsAreAskedAsIfUnwrittenAndRegressionQuestionsAsTheyAre) {
  expect("怎么退货", {"X1"});
  expect("今天天气怎么样", {});
  const auto view = open()->view();
  ASSERT_EQ(view.state, MeterState::kReady);
  EXPECT_EQ(view.measured->similar, 4u);
  const auto all = rates(view.measured->outcomes, *library_->current(), 0.98);
  EXPECT_EQ(all.asked, 6u);
  EXPECT_EQ(all.answerable, 5u);
  const auto held = rates(view.measured->outcomes, *library_->current(), 0.98, From::kHeldOut);
  EXPECT_EQ(held.asked, 4u);
  EXPECT_EQ(held.answered, 0u) << "none is there word for word once it is left out";
  const auto stored = rates(view.measured->outcomes, *library_->current(), 0.98, From::kRegression);
  EXPECT_EQ(stored.answered, 1u);
  EXPECT_EQ(stored.right, 1u);
}

TEST_P(MeterTest, ARestartMeasuresNothingAgainAndAChangeDoes) {
  const auto first = open()->view().measured->at;
  clock_.advance(std::chrono::hours(1));
  auto meter = open();
  EXPECT_EQ(meter->view().state, MeterState::kReady);
  EXPECT_EQ(meter->view().measured->at, first);
  expect("怎么退货", {"X1"});
  meter->refresh();
  EXPECT_GT(meter->view().measured->at, first);
  EXPECT_EQ(meter->view().measured->outcomes.size(), 5u);
  put(article("X3", "运费谁出", {"运费怎么算", "寄回去要钱吗"}, "质量问题运费我们出。"));
  publish_freely();
  meter = open();
  EXPECT_EQ(meter->view().measured->outcomes.size(), 7u);
  EXPECT_EQ(meter->view().measured->similar, 6u);
}

TEST_P(MeterTest, ADamagedFileIsMeasuredAnew) {
  std::ofstream(file_) << "{\"of\":";
  EXPECT_EQ(open()->view().measured->outcomes.size(), 4u);
}

TEST_P(MeterTest, ALargeBaseIsSampledTheSameWayEveryTime) {
  const Meter::Options few{.file = {}, .most_similar = 3, .most_regression = 1};
  expect("怎么退货", {"X1"});
  expect("怎么开发票", {"X2"});
  ASSERT_TRUE(library_->wait(soon(), true));
  Meter one(*db_, clock_, *library_, few), other(*db_, clock_, *library_, few);
  one.refresh();
  other.refresh();
  EXPECT_EQ(one.view().measured->outcomes.size(), 4u);
  EXPECT_EQ(to_json(*one.view().measured), to_json(*other.view().measured));
}

}  // namespace
}  // namespace zk::review
