#include "intent/recogniser.hpp"

#include <gtest/gtest.h>

namespace zk::intent {
namespace {

Intent make(std::int64_t id, const std::string& name, std::vector<std::string> examples) {
  Intent out;
  out.id = id;
  out.name = name;
  out.examples = std::move(examples);
  return out;
}

const std::vector<Intent>& intents() {
  static const std::vector<Intent> all = {
      make(1, "投诉",
           {"我要投诉", "我要投诉你们", "投诉快递员态度差", "我要投诉客服", "投诉送货师傅", "必须投诉你们"}),
      make(2, "采购",
           {"公司想批量采购", "批量采购有优惠吗", "企业采购找谁", "单位采购两百份", "采购一批礼盒",
            "批量采购报价"}),
      make(3, "草稿", {"只有一个例句"})};
  return all;
}

std::shared_ptr<const answering::Answerer> shop() {
  std::vector<Article> articles;
  const auto add = [&](const char* id, const char* question, std::vector<std::string> similar) {
    Article a;
    a.external_id = id;
    a.question = question;
    a.similar = std::move(similar);
    a.answer = text_blocks("三天");
    articles.push_back(std::move(a));
  };
  add("X1", "退款多久到账", {"钱什么时候退回来", "退款要几天"});
  add("X2", "运费怎么算", {"包邮吗", "邮费谁出"});
  add("X3", "怎么开发票", {"能开专票吗", "发票抬头写错了"});
  return answering::Answerer::build(articles, answering::Models{}).value();
}

std::shared_ptr<const Recogniser> trained() {
  return Recogniser::train(intents(), none_of(*shop(), intents(), {}), answering::Models{}).value();
}

TEST(Recogniser, RanksIntentsAndTurnsOthersAway) {
  const auto r = trained();
  ASSERT_EQ(r->intents().size(), 2u) << "one example is too few";
  const auto complaint = r->recognise(*shop(), "我要投诉你们的师傅").value();
  EXPECT_EQ(complaint.ranked[0].intent->name, "投诉");
  const auto other = r->recognise(*shop(), "运费要多少钱").value();
  EXPECT_EQ(other.sure, nullptr);
  EXPECT_LT(other.ranked[0].probability, complaint.ranked[0].probability);
  double all = 0;
  for (const auto& c : complaint.ranked) all += c.probability;
  EXPECT_LE(all, 1 + 1e-9);
}

TEST(Recogniser, AnExampleWordForWordIsItsIntent) {
  const auto r = trained();
  for (const auto& i : r->intents())
    for (const auto& e : i.examples) {
      const auto seen = r->recognise(*shop(), e + "！").value();
      ASSERT_NE(seen.sure, nullptr) << e;
      EXPECT_EQ(seen.sure->name, i.name) << e;
    }
}

TEST(Recogniser, AnExampleOfTwoIntentsIsCertainForNeither) {
  auto all = intents();
  all[1].examples.push_back("我要投诉");
  const auto r = Recogniser::train(all, none_of(*shop(), all, {}), answering::Models{}).value();
  const auto seen = r->recognise(*shop(), "我要投诉").value();
  EXPECT_LT(seen.ranked[0].probability, 0.99);
  ASSERT_FALSE(r->report().doubts.empty());
  EXPECT_EQ(r->report().doubts[0].text, "我要投诉");
  EXPECT_EQ(r->report().doubts[0].id, 2);
  EXPECT_EQ(r->report().doubts[0].looks_like, 1);
}

TEST(Recogniser, TheReportCountsEveryExampleOnce) {
  const auto recogniser = trained();
  const auto& report = recogniser->report();
  EXPECT_EQ(report.examples, 12u);
  EXPECT_EQ(report.questions, 9u);
  std::size_t right = 0, examples = 0;
  for (const auto& i : report.intents) right += i.right, examples += i.examples;
  EXPECT_EQ(examples, report.examples);
  EXPECT_EQ(right, report.right);
  EXPECT_LE(report.sure_right, report.right);
  EXPECT_GE(report.right, 10u);
}

// An article that is about complaints as well does not keep complaints from being recognised.
TEST(Recogniser, AnArticleAboutTheSameIsLeftToTheIntentAndTold) {
  std::vector<Question> none = none_of(*shop(), intents(), {});
  for (const auto* q : {"我要投诉快递员", "要投诉你们师傅", "投诉客服态度差"}) none.push_back({"X9", q});
  const auto r = Recogniser::train(intents(), none, answering::Models{}).value();
  ASSERT_EQ(r->report().overlaps.size(), 1u);
  EXPECT_EQ(r->report().overlaps[0].article, "X9");
  EXPECT_EQ(r->report().overlaps[0].id, 1);
  EXPECT_EQ(r->report().questions, 9u);
}

TEST(Recogniser, QuestionsOfTheFlowsArticleAndExamplesAreNotHeldAgainst) {
  flow::Book flows;
  flows.flows.push_back({});
  flows.flows[0].name = "refund";
  flows.flows[0].article = "X1";
  auto all = intents();
  all[0].lead = Lead::kFlow;
  all[0].flow = "refund";
  all[1].examples.push_back("包邮吗？");
  const auto none = none_of(*shop(), all, flows);
  EXPECT_EQ(none.size(), 5u);
  for (const auto& q : none) {
    EXPECT_NE(q.article, "X1");
    EXPECT_NE(q.text, "包邮吗");
  }
}

TEST(Recogniser, TooFewExamplesAreRefused) {
  EXPECT_EQ(Recogniser::train({intents()[2]}, {}, answering::Models{}).error().code,
            ErrorCode::kPreconditionFailed);
  EXPECT_EQ(Recogniser::train({intents()[0]}, {}, answering::Models{}).error().code,
            ErrorCode::kPreconditionFailed);
  EXPECT_TRUE(Recogniser::train({intents()[0]}, none_of(*shop(), {}, {}), answering::Models{}))
      << "one intent beside a knowledge base is enough";
}

}  // namespace
}  // namespace zk::intent
