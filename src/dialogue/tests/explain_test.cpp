#include "dialogue/explain.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zk::dialogue {
namespace {

using answering::Reason;

TEST(Explain, PutsTogetherWhatIsAboutTheSameAndTheStrongestFirst) {
  const std::vector<Reason> reasons = {{"bge.best", 0.2, 0.71F, 0.52F},
                                       {"bge.best.gap", 0.3, 0.19F, -0.19F},
                                       {"bge.best3", 0.1, 0.50F, 0.40F},
                                       {"article", -0.4, 0.2F, 0.6F},
                                       {"q.length", 0.9, 12, 12}};
  const auto out = explain(reasons, "X017", "X032");
  ASSERT_EQ(out.size(), 2u) << "what lies in the message alone is no reason for either";
  EXPECT_EQ(out[0].aspect, "questions");
  EXPECT_DOUBLE_EQ(out[0].share, 0.6);
  EXPECT_EQ(out[0].en, "a question of X017 is nearer (0.71 against 0.52)");
  EXPECT_EQ(out[0].zh, "X017 有一条问法更接近（0.71 对 0.52）");
  EXPECT_EQ(out[1].en, "more words are shared with X032 (0.60 against 0.20)");
}

TEST(Explain, SeveralQuestionsNearerThanTheNearestOfTheOther) {
  const auto out =
      explain(std::vector<Reason>{{"e5.best", 0.2, 0.8F, 0.5F}, {"e5.best3", 0.2, 0.7F, 0.4F}}, "X1", "X2");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].en,
            "the nearest questions of X1 are on average nearer than the nearest of X2 (0.70 against 0.50)");
}

TEST(Explain, NeverSaysNearerOfWhatIsNot) {
  const auto out = explain(
      std::vector<Reason>{{"bge.answer", 0.3, 0.4F, 0.5F}, {"late.article", 0.2, NAN, 0.5F}}, "X1", "X2");
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].en, "likeness to its answer: on the whole it speaks for X1");
  EXPECT_EQ(out[1].zh, "逐字逐词的对应：总的来看倾向 X1");
}

}  // namespace
}  // namespace zk::dialogue
