#include <gtest/gtest.h>

#include "answering/corpus.hpp"
#include "dialogue/engine.hpp"
#include "dialogue/policy.hpp"
#include "dialogue/reading.hpp"
#include "dialogue/state.hpp"
#include "dialogue/wording.hpp"
#include "text/text.hpp"

namespace zk::dialogue {
namespace {

TEST(Reading, Golden) {
  const auto rows = answering::read_table(std::string(ZK_SOURCE_DIR) + "/tests/golden/dialogue/reading.tsv",
                                          {"text", "alarm"});
  ASSERT_TRUE(rows);
  for (const auto& r : *rows) {
    const auto a = alarm_of(text::normalise(r[0]));
    const auto name = a == Alarm::kPerson   ? "person"
                      : a == Alarm::kHazard ? "hazard"
                      : a == Alarm::kAlways ? "always"
                                            : "none";
    EXPECT_EQ(name, r[1]) << r[0];
  }
}

TEST(Reading, OrdinalsYesAndNone) {
  EXPECT_EQ(ordinal_of("第二个", 3), 2);
  EXPECT_EQ(ordinal_of("1", 3), 1);
  EXPECT_EQ(ordinal_of("最后一个", 3), 3);
  EXPECT_EQ(ordinal_of("第三个", 2), 0);
  EXPECT_EQ(ordinal_of("我买了一个锅坏了怎么办", 3), 0);
  EXPECT_TRUE(is_yes("是的"));
  EXPECT_FALSE(is_yes("是扫地机"));
  EXPECT_TRUE(is_none_of_these("都不是"));
  EXPECT_FALSE(is_none_of_these("不是地址是发票"));
}

TEST(Reading, SignsOfAThread) {
  EXPECT_TRUE(sign_of("那换货呢").follows);
  EXPECT_TRUE(sign_of("另外发票怎么开").elsewhere);
  EXPECT_EQ(sign_of("另外发票怎么开").rest, "发票怎么开");
  const auto correction = sign_of("不对,我说的是电子发票");
  EXPECT_TRUE(correction.correction);
  EXPECT_EQ(correction.rest, "电子发票");
  EXPECT_TRUE(sign_of("不是地址,是税号写错了").correction);
  EXPECT_EQ(sign_of("不是地址,是税号写错了").rest, "税号写错了");
  EXPECT_TRUE(sign_of("试过了还是不行").unsolved);
  EXPECT_TRUE(sign_of("说回退货,运费谁出").back);
  EXPECT_FALSE(sign_of("你们的四件套用了三个月以后洗完会不会严重掉色起球啊").follows);
}

TEST(State, SurvivesItsJsonAndForgetsForeignOnes) {
  State s;
  s.answered("怎么退货", "R");
  s.answered("运费呢", "F");
  s.asked = "开票";
  s.options = {"I", "J"};
  s.rounds = 1;
  const auto back = read_state(write_state(s));
  ASSERT_EQ(back.topics.size(), 2U);
  EXPECT_EQ(back.topics[0].article_id, "F");
  EXPECT_EQ(back.options, s.options);
  EXPECT_EQ(back.rounds, 1);
  EXPECT_TRUE(read_state("{\"topics\":7}").topics.empty());
  EXPECT_TRUE(read_state("no json").asked.empty());
}

TEST(Policy, DecidesByItsThresholds) {
  Belief b;
  b.candidates = {{"A", .9}, {"B", .05}, {"C", .02}};
  b.right = .9;
  answering::Operating at{.answer = .8, .none = .6, .clarify = .5};
  EXPECT_EQ(decide(b, at), Decision::kAnswer);
  b.ambiguous = .5;
  EXPECT_EQ(decide(b, at), Decision::kClarify);
  b.right = .3;
  b.ambiguous = 0;
  b.none = .65;
  EXPECT_EQ(decide(b, at), Decision::kNone);
  EXPECT_EQ(options_of(b), (std::vector<std::string>{"A", "B"}));
  leave_out(b, {"A"});
  EXPECT_DOUBLE_EQ(b.right, .05);
}

TEST(Policy, LabelsNameWhatDistinguishes) {
  const auto labels = labels_of({"怎么修改收货地址", "怎么修改发票抬头"});
  EXPECT_EQ(labels[0].find("修改"), std::string::npos) << labels[0];
  EXPECT_NE(labels[0].find("地址"), std::string::npos);
  EXPECT_NE(labels[1].find("抬头"), std::string::npos);
  EXPECT_EQ(labels_of({"怎么退货"})[0], "怎么退货");
  const auto same = labels_of({"怎么退货", "怎么退货"});
  EXPECT_EQ(same[0], "怎么退货");
}

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto articles = answering::read_articles(std::string(ZK_SOURCE_DIR) + "/data/demo/articles.jsonl");
    ASSERT_TRUE(articles);
    answering::ModelOptions options;
    options.profile = answering::Profile::kLexical;
    auto built = answering::Answerer::build(*articles, *answering::open_models("", options));
    ASSERT_TRUE(built);
    answerer_ = *built;
  }
  Reply say(std::string text, std::string pick = {}) {
    TurnInput input;
    input.text = std::move(text);
    input.pick = std::move(pick);
    input.state = state_;
    auto reply = engine_.turn(*answerer_, input);
    EXPECT_TRUE(reply);
    state_ = reply->state;
    return *std::move(reply);
  }
  std::shared_ptr<const answering::Answerer> answerer_;
  Engine engine_{EngineOptions{}};
  std::string state_;
};

TEST_F(EngineTest, AnUnsureQuestionIsAskedBackAndTheButtonAnswersIt) {
  const auto asked = say("发票");
  ASSERT_EQ(asked.decision, Decision::kClarify);
  ASSERT_GE(asked.options.size(), 2U);
  EXPECT_LE(asked.options.size(), kMostOptions);
  const auto& buttons = std::get<ButtonsBlock>(asked.blocks.back());
  EXPECT_EQ(buttons.choices.back().id, "none");
  const auto answered = say("", asked.options[1].id);
  EXPECT_EQ(answered.decision, Decision::kAnswer);
  EXPECT_EQ("article:" + answered.article_id, asked.options[1].id);
  EXPECT_FALSE(answered.blocks.empty());
}

TEST_F(EngineTest, AnOrdinalTakesTheOption) {
  const auto asked = say("发票");
  ASSERT_EQ(asked.decision, Decision::kClarify);
  const auto answered = say("第二个");
  EXPECT_EQ("article:" + answered.article_id, asked.options[1].id);
}

TEST_F(EngineTest, NoneOfTheseOffersAPerson) {
  ASSERT_EQ(say("发票").decision, Decision::kClarify);
  const auto none = say("都不是");
  EXPECT_EQ(none.decision, Decision::kNone);
  EXPECT_EQ(std::get<ButtonsBlock>(none.blocks.back()).choices[0].id, "human");
}

TEST_F(EngineTest, AWishForAPersonIsMetAtAnyTime) {
  EXPECT_EQ(say("转人工").decision, Decision::kHandover);
  ASSERT_EQ(say("发票").decision, Decision::kClarify);
  EXPECT_EQ(say("转人工").decision, Decision::kHandover);
  EXPECT_EQ(say("", "human").decision, Decision::kHandover);
}

TEST_F(EngineTest, WhatDidNotHelpIsNotSaidAgain) {
  const auto asked = say("发票");
  ASSERT_EQ(say("", asked.options[0].id).decision, Decision::kAnswer);
  EXPECT_EQ(say("试过了还是不行").decision, Decision::kHandover);
}

TEST_F(EngineTest, SmallTalkIsNoQuestion) {
  EXPECT_EQ(say("你好").decision, Decision::kSmalltalk);
  EXPECT_NE(say("你好，怎么开发票").decision, Decision::kSmalltalk);
  EXPECT_EQ(say("谢谢").decision, Decision::kSmalltalk);
}

TEST_F(EngineTest, ALongQuestionIsCutBetweenCharacters) {
  std::string question = "发票a";  // 3-byte characters and a single byte: no round number of bytes is an edge
  while (question.size() < 3000) question += "发票开了没有";
  const auto asked = say(question);
  EXPECT_TRUE(text::is_valid_utf8(asked.state));
  EXPECT_TRUE(text::is_valid_utf8(asked.trace));
  say("还有");
  EXPECT_TRUE(text::is_valid_utf8(state_));
}

TEST_F(EngineTest, AForeignPickOrStateDoesNoHarm) {
  state_ = "{\"options\":[1,2]";
  EXPECT_EQ(say("", "article:nope").decision, Decision::kNone);
  EXPECT_EQ(say("", "garbage").decision, Decision::kNone);
}

}  // namespace
}  // namespace zk::dialogue
