#include "nlu/intent.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "nlu/metrics.hpp"

namespace zk::nlu {
namespace {

struct Set {
  std::vector<std::string> texts, labels;
};

// Made-up requests: each intent has its words, each text two of them in some frame.
Set made_up(std::uint64_t seed, std::size_t each) {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> kIntents = {
      {"refund", {"退款", "退钱", "把钱退回来", "退货退款"}},
      {"shipping", {"发货", "物流", "快递到哪了", "送货"}},
      {"invoice", {"发票", "开票", "抬头", "电子票"}},
      {"account", {"登录", "密码", "账号", "注销"}}};
  static const std::vector<std::string> kFrames = {"我想问", "请问", "麻烦", "那个", "你好", "怎么"};
  Random random(seed);
  Set set;
  for (const auto& [label, words] : kIntents)
    for (std::size_t i = 0; i < each; ++i) {
      set.texts.push_back(kFrames[random.below(kFrames.size())] + words[random.below(words.size())] +
                          kFrames[random.below(kFrames.size())] + words[random.below(words.size())]);
      set.labels.push_back(label);
    }
  return set;
}

Result<std::shared_ptr<const IntentModel>> train_on(const std::vector<std::string>& texts,
                                                    const std::vector<std::string>& labels) {
  return IntentModel::train({texts}, labels);
}

TEST(Intent, LearnsFromFewExamplesWithoutAnEncoder) {
  const auto train = made_up(1, 12), test = made_up(2, 50);
  const auto model = train_on(train.texts, train.labels);
  ASSERT_TRUE(model) << model.error().message;
  const auto predictions = (*model)->predict({test.texts});
  std::vector<std::string> said;
  std::vector<Judged> judged;
  for (std::size_t i = 0; i < test.texts.size(); ++i) {
    const auto& p = predictions[i];
    said.push_back(p.intent);
    judged.push_back({p.probability, p.intent == test.labels[i]});
    EXPECT_GT(p.probability, 0.25 - 1e-9);
    EXPECT_LE(p.probability, 1 + 1e-9);
  }
  EXPECT_GE(accuracy(test.labels, said), 0.95);
  EXPECT_LE(calibration_error(judged), 0.1);
}

TEST(Intent, WhatIsLikeNoExampleScoresLowInScope) {
  const auto train = made_up(3, 20), test = made_up(4, 25);
  const auto model = train_on(train.texts, train.labels);
  ASSERT_TRUE(model);
  const std::vector<std::string> strange = {"今天天气真好", "给我讲个笑话", "股市行情如何", "唱首歌吧",
                                            "附近有什么好吃的"};
  std::vector<double> inside, outside;
  const auto known = (*model)->predict({test.texts}), unknown = (*model)->predict({strange});
  for (const auto& p : known) inside.push_back(p.in_scope);
  for (const auto& p : unknown) outside.push_back(p.in_scope);
  EXPECT_GE(roc_auc(inside, outside), 0.95);
}

TEST(Intent, TheSameExamplesGiveTheSameModel) {
  const auto train = made_up(5, 10), test = made_up(6, 10);
  const auto a = (*train_on(train.texts, train.labels))->predict({test.texts});
  const auto b = (*train_on(train.texts, train.labels))->predict({test.texts});
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].intent, b[i].intent);
    EXPECT_NEAR(a[i].probability, b[i].probability, 0.02);
  }
}

TEST(Intent, TwoIntentsOfOneExampleEach) {
  const std::vector<std::string> texts = {"退款", "发货"}, labels = {"refund", "shipping"};
  const auto model = train_on(texts, labels);
  ASSERT_TRUE(model) << model.error().message;
  const auto p = (*model)->predict({texts});
  EXPECT_EQ(p[0].intent, "refund");
  EXPECT_EQ(p[1].intent, "shipping");
  const std::vector<std::string> odd = {"", "😀"};
  EXPECT_EQ((*model)->predict({odd}).size(), 2u);
}

TEST(Intent, NamesWhatIsWrongWithTheExamples) {
  const std::vector<std::string> one = {"a"}, two = {"a", "b"}, same = {"x", "x"};
  EXPECT_EQ(train_on(two, one).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(train_on(two, same).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(train_on({}, {}).error().code, ErrorCode::kInvalidArgument);
}

// The encoder's part: texts without a common character are told apart by their vectors alone.
SentenceRows by_first_letter(const std::vector<std::string>& texts) {
  SentenceRows out{2, {}};
  for (const auto& t : texts) {
    const bool early = t[0] < 'n';
    out.values.insert(out.values.end(), {early ? 1.0f : 0.0f, early ? 0.0f : 1.0f});
  }
  return out;
}

TEST(Intent, UsesTheEncoder) {
  const std::vector<std::string> texts = {"aa", "bb", "cc", "dd", "xx", "yy", "zz", "ww"},
                                 labels = {"early", "early", "early", "early",
                                           "late",  "late",  "late",  "late"};
  const auto model = IntentModel::train({texts, {by_first_letter(texts)}}, labels);
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<std::string> asked = {"ee", "vv"};
  const auto p = (*model)->predict({asked, {by_first_letter(asked)}});
  EXPECT_EQ(p[0].intent, "early");
  EXPECT_EQ(p[1].intent, "late");
  EXPECT_EQ(IntentModel::train({texts, {{2, {1, 0}}}}, labels).error().code, ErrorCode::kInvalidArgument);
}

// What texts of no intent are for: one intent is enough then, and in_scope is a probability.
TEST(Intent, TextsOfNoIntentAreTurnedAway) {
  const auto all = made_up(7, 15), test = made_up(8, 40);
  std::vector<std::string> texts, labels, none;
  for (std::size_t i = 0; i < all.texts.size(); ++i)
    if (all.labels[i] == "refund") {
      texts.push_back(all.texts[i]);
      labels.push_back("refund");
    } else {
      none.push_back(all.texts[i]);
    }
  const auto model = IntentModel::train({texts}, labels, {none});
  ASSERT_TRUE(model) << model.error().message;
  const auto p = (*model)->predict({test.texts});
  std::size_t right = 0;
  for (std::size_t i = 0; i < p.size(); ++i) right += (p[i].in_scope > 0.5) == (test.labels[i] == "refund");
  EXPECT_GE(static_cast<double>(right) / static_cast<double>(p.size()), 0.95);
}

TEST(Intent, EveryExampleOfAFewIsJudgedUnseen) {
  const auto train = made_up(9, 12);
  const std::vector<std::string> none = {"今天天气真好", "给我讲个笑话", "股市行情如何", "唱首歌吧"};
  const auto model = IntentModel::train({train.texts}, train.labels, {none}).value();
  ASSERT_EQ(model->held_out().size(), train.texts.size());
  ASSERT_EQ(model->held_out_none().size(), none.size());
  std::vector<std::string> said;
  for (const auto& p : model->held_out()) {
    said.push_back(p.intent);
    ASSERT_EQ(p.ranked.size(), IntentModel::kMostRanked);
    EXPECT_GE(p.ranked[0].probability, p.ranked[1].probability);
  }
  EXPECT_GE(accuracy(train.labels, said), 0.9);
}

}  // namespace
}  // namespace zk::nlu
