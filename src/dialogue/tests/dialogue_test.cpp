#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "answering/corpus.hpp"
#include "dialogue/engine.hpp"
#include "dialogue/policy.hpp"
#include "dialogue/reading.hpp"
#include "dialogue/state.hpp"
#include "dialogue/versions.hpp"
#include "dialogue/wording.hpp"
#include "flow/actions.hpp"
#include "text/text.hpp"

namespace zk::dialogue {
namespace {

TEST(Reading, Golden) {
  const auto rows = answering::read_table(std::string(ZK_SOURCE_DIR) + "/tests/golden/dialogue/reading.tsv",
                                          {"text", "alarm"});
  ASSERT_TRUE(rows);
  for (const auto& r : *rows) {
    const auto a = alarm_of(text::normalise(r[0]), nlu::urgency(text::normalise(r[0])));
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

TEST(Reading, CorrectionsNameWhatWasMeant) {
  const auto sign = sign_of("我不要临时的,要永久的那种");
  EXPECT_TRUE(sign.correction);
  EXPECT_EQ(sign.instead_of, "临时的");
  EXPECT_EQ(sign.rest, "永久的那种");
  EXPECT_EQ(sign_of("啊不,是网约车司机").swap, "网约车司机");
  EXPECT_FALSE(sign_of("不要发票可以吗,我要退货").correction);
}

TEST(Reading, ANameTakesThePlaceOfAnother) {
  EXPECT_EQ(sign_of("那电池呢").swap, "电池");
  EXPECT_EQ(sign_of("换成信用卡").swap, "信用卡");
  EXPECT_EQ(sign_of("公司月结的呢").swap, "公司月结");
  EXPECT_EQ(sign_of("多久能到").swap, "");
  EXPECT_TRUE(sign_of("它能转给别人吗").points);
  EXPECT_TRUE(asks_something("能去店里看看吗"));
  EXPECT_FALSE(asks_something("没用"));
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

// Two versions of one article beside another article, read by words alone.
std::shared_ptr<const answering::Answerer> two_languages() {
  std::vector<Article> articles(3);
  articles[0].external_id = "R";
  articles[0].question = "退款多久到账 refund";
  articles[0].answer = text_blocks("三天");
  articles[1].external_id = "R-en";
  articles[1].question = "How long does a refund take";
  articles[1].answer = text_blocks("three days");
  articles[1].language = "en";
  articles[1].translation_of = "R";
  articles[2].external_id = "S";
  articles[2].question = "怎么开发票";
  articles[2].answer = text_blocks("订单页");
  answering::ModelOptions options;
  options.profile = answering::Profile::kLexical;
  auto built = answering::Answerer::build(articles, *answering::open_models("", options));
  EXPECT_TRUE(built);
  return *built;
}

TEST(Versions, TheCustomersLanguageIsGiven) {
  const auto answerer = two_languages();
  const Versions english(answerer->knowledge(), "en", {}, ""), chinese(answerer->knowledge(), "zh", {}, "");
  EXPECT_EQ(english.of("R"), "R-en");
  EXPECT_EQ(chinese.of("R-en"), "R");
  EXPECT_EQ(english.of("S"), "S");
  Belief b;
  b.candidates = {{"R", .5}, {"S", .3}, {"R-en", .2}};
  english.merge(b);
  ASSERT_EQ(b.candidates.size(), 2U);
  EXPECT_EQ(b.candidates[0].article_id, "R-en");
  EXPECT_DOUBLE_EQ(b.right, .7);
}

TEST(Versions, AnAnswerInChineseOnlySaysSo) {
  const auto answerer = two_languages();
  TurnInput input;
  input.state = R"({"asked":"receipt","options":["S"]})";
  input.text = "yes";
  const auto reply = Engine(EngineOptions{}).turn(*answerer, input);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->article_id, "S");
  EXPECT_EQ(reply->blocks.size(), 2U);
}

// Reads nothing: an alarm model of the test hears by characters alone.
class NoEncoder final : public nlu::Encoder {
 public:
  int dimension() const override { return 4; }
  std::string_view model_id() const override { return "none"; }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    std::vector<float> out;
    for (std::size_t i = 0; i < texts.size(); ++i) out.insert(out.end(), {1, 0, 0, 0});
    return out;
  }
};

std::shared_ptr<const answering::Answerer> with_alarm_model() {
  Article article;
  article.external_id = "W";
  article.question = "水淹了怎么办";
  article.answer = text_blocks("关总阀");
  answering::Models models;
  models.encoders = {std::make_shared<answering::Reader>("bge", std::make_shared<NoEncoder>())};
  models.alarm = *answering::AlarmModel::parse(
      R"({"format":"zhike-alarm-1","at":0.6,"bias":[6,0,0,0],"sentence":[[0,0,0,0],[0,0,0,0],[0,0,0,0],[0,0,0,0]],
          "grams":{"淹":[0,0,0,20],"赔":[0,0,20,0],"冒烟":[0,0,0,6],"谈":[0,20,0,0]}})");
  auto built = answering::Answerer::build(std::vector{article}, models);
  EXPECT_TRUE(built);
  return *built;
}

TEST(Alarm, WhatTheModelHearsGoesToAPersonByItsKind) {
  const auto answerer = with_alarm_model();
  const auto said = [&](std::string text) {
    return *Engine(EngineOptions{}).turn(*answerer, {.text = std::move(text)});
  };
  const auto danger = said("家里淹了"), complaint = said("必须赔"), person = said("要谈谈");
  for (const auto* r : {&danger, &complaint, &person}) EXPECT_EQ(r->decision, Decision::kHandover);
  EXPECT_EQ(danger.priority, 3);
  EXPECT_EQ(complaint.priority, 2);
  EXPECT_EQ(person.priority, 0);
  EXPECT_NE(danger.trace.find("\"alarm\""), std::string::npos);
  EXPECT_NE(said("家里天气").decision, Decision::kHandover);
}

TEST(Alarm, AQuestionWrittenDownByAnEditorIsAnswered) {
  EXPECT_EQ(Engine(EngineOptions{}).turn(*with_alarm_model(), {.text = "水淹了怎么办"})->article_id, "W");
}

TEST(Alarm, WhereTheRulesHearDangerTooLessIsEnough) {
  const auto answerer = with_alarm_model();
  // The model gives 冒烟 .07, below its .6; the rules hear smoke as well.
  const auto both = *Engine(EngineOptions{}).turn(*answerer, {.text = "冒烟"});
  EXPECT_EQ(both.decision, Decision::kHandover);
  EXPECT_EQ(both.priority, 3);
  // The model rules out what the rules hear: an ordinary question.
  const auto rules_alone = *Engine(EngineOptions{}).turn(*answerer, {.text = "着火了"});
  EXPECT_NE(rules_alone.decision, Decision::kHandover);
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
    input.flows = &flows_;
    input.intents = intents_.get();
    input.calls = actions_.get();
    auto reply = engine_.turn(*answerer_, input);
    EXPECT_TRUE(reply);
    state_ = reply->state;
    return *std::move(reply);
  }
  std::shared_ptr<const answering::Answerer> answerer_;
  void load_flow() {
    auto flow = flow::parse(read("/data/demo/flows/refund_time.yaml"));
    ASSERT_TRUE(flow) << flow.error().message;
    flows_.flows.push_back(*std::move(flow));
    auto actions = flow::Actions::parse(read("/data/demo/flows/actions.yaml"), false);
    ASSERT_TRUE(actions) << actions.error().message;
    actions_ = *std::move(actions);
  }
  static std::string read(const std::string& path) {
    std::ifstream in(std::string(ZK_SOURCE_DIR) + path);
    std::stringstream s;
    s << in.rdbuf();
    return s.str();
  }
  // Read by words alone nothing is sure: the article is taken by its button.
  Reply open_flow() { return say("退款多久到账"); }  // word for word: sure
  // Two intents; the first, of the customer who wants a bill sent on, leads where it is told.
  void load_intents(intent::Draft first) {
    first.name = "催单";
    first.examples = {"帮我催一下订单", "催催我的订单", "麻烦催单", "订单能催吗", "快帮我催单"};
    intent::Draft second{
        .name = "表扬",
        .examples = {"表扬你们的师傅", "我要表扬客服", "师傅真不错要表扬", "表扬一下", "给个表扬"}};
    std::vector<intent::Intent> all;
    for (auto& d : {first, second}) {
      intent::Intent i;
      static_cast<intent::Draft&>(i) = d;
      i.id = static_cast<std::int64_t>(all.size()) + 1;
      all.push_back(std::move(i));
    }
    intents_ =
        intent::Recogniser::train(all, intent::none_of(*answerer_, all, flows_), answering::Models{}).value();
  }
  std::shared_ptr<const intent::Recogniser> intents_;
  flow::Book flows_;
  std::unique_ptr<flow::Actions> actions_;
  Engine engine_{EngineOptions{}};
  std::string state_;
};

TEST_F(EngineTest, ASureIntentHandsOverToItsTeam) {
  load_intents(
      {.name = {}, .lead = intent::Lead::kHandover, .team = TeamId{7}, .label = LabelId{3}, .priority = 2});
  const auto reply = say("麻烦催单");
  EXPECT_EQ(reply.decision, Decision::kHandover);
  EXPECT_EQ(reply.team, TeamId{7});
  EXPECT_EQ(reply.label, LabelId{3});
  EXPECT_EQ(reply.priority, 2);
  EXPECT_EQ(reply.note, "意图：催单");
  EXPECT_NE(reply.trace.find(R"("intent":"催单")"), std::string::npos) << reply.trace;
}

TEST_F(EngineTest, ASureIntentStartsItsFlow) {
  load_flow();
  load_intents({.name = {}, .lead = intent::Lead::kFlow, .flow = "refund_time"});
  const auto reply = say("麻烦催单");
  EXPECT_EQ(reply.flow, "refund_time");
  EXPECT_EQ(reply.decision, Decision::kClarify);
  flows_.flows.clear();
  state_.clear();
  EXPECT_EQ(say("麻烦催单").flow, "") << "a flow that is not live does not start";
}

TEST_F(EngineTest, AnIntentThatLeadsNowhereOnlyLabels) {
  load_intents({.name = {}, .label = LabelId{3}, .priority = 1});
  const auto reply = say("麻烦催单");
  EXPECT_NE(reply.decision, Decision::kHandover);
  EXPECT_EQ(reply.label, LabelId{3});
  EXPECT_EQ(reply.priority, 1);
}

TEST_F(EngineTest, WhatIsNoIntentIsAnsweredAsWithoutAny) {
  const auto before = say("怎么开发票");
  state_.clear();
  load_intents({.name = {}, .lead = intent::Lead::kHandover});
  const auto after = say("怎么开发票");
  EXPECT_EQ(after.decision, before.decision);
  EXPECT_EQ(after.article_id, before.article_id);
  EXPECT_EQ(after.probability, before.probability);
  EXPECT_FALSE(after.label);
}

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

TEST_F(EngineTest, WhatWasDeclinedIsNotOfferedAgain) {
  const auto asked = say("发票");
  ASSERT_EQ(asked.decision, Decision::kClarify);
  ASSERT_EQ(say("都不是").decision, Decision::kNone);
  for (const auto& again : say("发票").options)
    for (const auto& option : asked.options) EXPECT_NE(again.id, option.id);
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

// The refund flow takes the place of its article: asks for the way of payment, looks the order up, answers.
TEST_F(EngineTest, AFlowAsksBackAndAnswers) {
  load_flow();
  const auto first = open_flow();
  EXPECT_EQ(first.decision, Decision::kClarify);
  EXPECT_EQ(std::get<ButtonsBlock>(first.blocks.back()).choices.front().id, "flow:credit");
  EXPECT_EQ(say("", "flow:credit").decision, Decision::kClarify);
  const auto last = say("YM20261118001");
  EXPECT_EQ(last.decision, Decision::kAnswer);
  EXPECT_EQ(last.article_id, "Q026");
  EXPECT_NE(plain_text(last.blocks).find("2026-11-20"), std::string::npos);
}

TEST_F(EngineTest, AFlowTakesAnOrdinalACorrectionAndIsGivenUp) {
  load_flow();
  open_flow();
  EXPECT_EQ(say("第二个").decision, Decision::kClarify);
  EXPECT_EQ(say("不对，是信用卡").decision, Decision::kClarify);
  const auto told = plain_text(say("YM20261118001").blocks);
  EXPECT_NE(told.find("信用卡"), std::string::npos) << told;
  open_flow();
  EXPECT_EQ(say("算了").decision, Decision::kSmalltalk);
  EXPECT_NE(plain_text(say("发票").blocks).find("您想问的是"), std::string::npos) << "the flow is over";
}

TEST_F(EngineTest, SmallTalkInBetweenIsMetAndTheFlowGoesOn) {
  load_flow();
  open_flow();
  const auto thanks = say("谢谢");
  EXPECT_EQ(thanks.decision, Decision::kSmalltalk);
  EXPECT_EQ(std::get<ButtonsBlock>(thanks.blocks.back()).choices.front().id, "flow:credit");
  EXPECT_EQ(say("微信").decision, Decision::kClarify) << "the order number is asked for";
}

TEST_F(EngineTest, AHandoverOutOfAFlowCarriesWhatIsKnown) {
  load_flow();
  open_flow();
  say("信用卡");
  const auto reply = say("转人工");
  EXPECT_EQ(reply.decision, Decision::kHandover);
  EXPECT_NE(reply.note.find("信用卡"), std::string::npos);
}

TEST_F(EngineTest, AnOrderNumberKeepsTheLanguageOfTheFlow) {
  load_flow();
  open_flow();
  say("微信");
  const auto reply = say("YM20261121003");
  EXPECT_EQ(reply.decision, Decision::kHandover);
  EXPECT_EQ(plain_text(reply.blocks).find("person"), std::string::npos) << plain_text(reply.blocks);
}

TEST_F(EngineTest, AFlowTakenDownInTheMiddleGoesToAPersonWithWhatIsKnown) {
  load_flow();
  open_flow();
  say("信用卡");
  flows_.flows.clear();
  const auto gone = say("XX00000000009");
  EXPECT_EQ(gone.decision, Decision::kHandover);
  EXPECT_NE(plain_text(gone.blocks).find("刚刚下线"), std::string::npos) << plain_text(gone.blocks);
  EXPECT_NE(gone.note.find("method: credit"), std::string::npos) << gone.note;
  EXPECT_EQ(say("退款多久到账").decision, Decision::kAnswer) << "the article answers";
}

TEST_F(EngineTest, AFlowTakenDownDoesNotKeepAnotherQuestionFromItsAnswer) {
  load_flow();
  open_flow();
  flows_.flows.clear();
  const auto other = say("运费怎么算");
  EXPECT_EQ(other.decision, Decision::kAnswer);
  EXPECT_EQ(other.article_id, "Q017");
}

TEST_F(EngineTest, AFlowChangedInTheMiddleIsGoneThroughAgainWithWhatIsKnown) {
  load_flow();
  open_flow();
  say("信用卡");
  flows_.flows[0].fingerprint = "changed";
  const auto told = say("YM20261118001");
  EXPECT_EQ(told.decision, Decision::kAnswer);
  EXPECT_NE(plain_text(told.blocks).find("信用卡"), std::string::npos);
}

TEST_F(EngineTest, AFlowSpeaksForTheLanguageVersionsOfItsArticle) {
  load_flow();
  const auto asked = say("When will I get my refund?");
  EXPECT_EQ(asked.flow, "refund_time");
  EXPECT_NE(plain_text(asked.blocks).find("credit card"), std::string::npos);
}

TEST_F(EngineTest, AForeignPickOrStateDoesNoHarm) {
  state_ = "{\"options\":[1,2]";
  EXPECT_EQ(say("", "article:nope").decision, Decision::kNone);
  EXPECT_EQ(say("", "garbage").decision, Decision::kNone);
}

}  // namespace
}  // namespace zk::dialogue
