#include "review/checks.hpp"

#include <boost/json.hpp>

#include "review/report.hpp"
#include "review/tests/fixture.hpp"

namespace zk::review {
namespace {
namespace json = boost::json;

class ChecksTest : public Shop, public testing::WithParamInterface<std::string> {
 protected:
  ChecksTest() : Shop(GetParam()) {
    expect("怎么退货", {"X1"});
    expect("怎么开发票", {"X2"});
    expect("今天天气怎么样", {});
  }
  CheckState checked(Checks& checks, const Start& how = {.actor = "agent:1"}) {
    const auto id = checks.start(how);
    EXPECT_TRUE(id) << id.error().message;
    EXPECT_TRUE(checks.wait(soon()));
    return checks.find(*id).value();
  }
  Result<knowledge::Release> publish(Checks& checks, std::string reason = {}) {
    return write([&](storage::Tx& tx) {
      return checks.publish(
          tx, {.actor = "agent:1", .note = "n", .override_reason = reason, .now = clock_.now()});
    });
  }
  // X2 takes over what X1 answered: one of two answers becomes wrong.
  void spoil() {
    put(article("X1", "退货的办法", {"我要退货"}, "签收后七天内可以退货。"));
    put(article("X2", "怎么开发票", {"怎么退货", "要一张发票"}, "在订单页里开发票。"));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ChecksTest, testing::ValuesIn(storage::kEngines));

TEST_P(ChecksTest, WhatMakesAnswersWrongIsShownAndNotPublished) {
  const auto checks = open_checks();
  spoil();
  const auto unchecked = publish(*checks);
  EXPECT_EQ(unchecked.error().code, ErrorCode::kPreconditionFailed);
  const auto state = checked(*checks);
  ASSERT_EQ(state.state, "done") << state.error;
  EXPECT_EQ(state.total, 3);
  EXPECT_EQ(state.done, 3);
  const auto report = json::parse(state.report);
  EXPECT_FALSE(report.at("passes").as_bool());
  EXPECT_EQ(report.at("before").at("precision").to_number<double>(), 1.0);
  EXPECT_EQ(report.at("after").at("precision").to_number<double>(), 0.5);
  EXPECT_EQ(report.at("after").at("answered").to_number<int>(), 2);
  const auto& worst = report.at("changed").at("items").at(0);
  EXPECT_EQ(worst.at("question"), "怎么退货");
  EXPECT_EQ(worst.at("change"), "worse");
  EXPECT_EQ(worst.at("before").at("article"), "X1");
  EXPECT_EQ(worst.at("after").at("article"), "X2");
  const auto refused = publish(*checks);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(refused.error().field, "/override_reason");
  EXPECT_EQ(count("SELECT COUNT(*) FROM knowledge_release"), 1);
  const auto overridden = publish(*checks, "问法本来就该归发票");
  ASSERT_TRUE(overridden) << overridden.error().message;
  EXPECT_EQ(overridden->override_reason, "问法本来就该归发票");
  EXPECT_EQ(overridden->check_id, state.id);
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE action = 'release.overridden'"), 1);
}

TEST_P(ChecksTest, WhatPassesIsPublishedAndAnswersFromWhatTheCheckBuilt) {
  const auto checks = open_checks();
  ASSERT_TRUE(library_->wait(soon(), true));
  put(article("X3", "运费谁出", {"运费怎么算", "寄回去要钱吗"}, "质量问题运费我们出。"));
  const auto state = checked(*checks, {.actor = "agent:1", .publish = true, .note = "运费"});
  ASSERT_EQ(state.state, "done") << state.error;
  EXPECT_TRUE(passing_of(state.report).passes);
  const auto newest = read([](storage::Tx& tx) { return knowledge::releases(tx, 0, 1); }).value().at(0);
  EXPECT_EQ(newest.number, 2);
  EXPECT_EQ(newest.note, "运费");
  EXPECT_NE(newest.figures.find("precision_low"), std::string::npos);
  ASSERT_TRUE(library_->wait(soon(), true));
  EXPECT_TRUE(library_->current()->knowledge().find("X3").has_value());
  EXPECT_EQ(library_->status().generation, 3u) << "opened, learnt, swapped in once and not learnt again";
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE action = 'release.published'"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM check_verdict"), 0);
}

TEST_P(ChecksTest, AnEditAfterTheCheckWantsAnotherOne) {
  const auto checks = open_checks();
  put(article("X3", "运费谁出", {"运费怎么算"}, "我们出。"));
  checked(*checks);
  put(article("X4", "怎么换货", {"能换吗"}, "可以换。"));
  EXPECT_EQ(publish(*checks).error().code, ErrorCode::kPreconditionFailed);
  checked(*checks);
  EXPECT_TRUE(publish(*checks));
  EXPECT_EQ(publish(*checks).error().code, ErrorCode::kConflict) << "nothing is left to publish";
  EXPECT_EQ(checks->start({.actor = "agent:1"}).error().code, ErrorCode::kConflict);
}

TEST_P(ChecksTest, ARestartGoesOnWithTheVerdictsThatAreThere) {
  put(article("X3", "运费谁出", {"运费怎么算"}, "我们出。"));
  static constexpr storage::Query kRunning{"test.running",
                                           "INSERT INTO release_check (content, base_release, state, author, "
                                           "started_at) VALUES ($1, 1, 'running', "
                                           "'agent:1', 1) RETURNING id"};
  static constexpr storage::Query kVerdict{
      "test.verdict", "INSERT INTO check_verdict (check_id, question, body) VALUES ($1, 'q:怎么退货', $2)"};
  const auto id =
      write([&](storage::Tx& tx) -> Result<std::int64_t> {
        ZK_TRY(const auto content, knowledge::draft_content(tx));
        ZK_TRY(const auto row, tx.one(kRunning, {content}));
        ZK_TRY_STATUS(tx.run(kVerdict, {row.integer(0), R"({"before":{"d":"answer","a":"X1","p":0.9},)"
                                                        R"("after":{"d":"answer","a":"X2","p":0.7}})"})
                          .map([](auto) {}));
        return row.integer(0);
      }).value();
  const auto checks = open_checks();
  ASSERT_TRUE(checks->wait(soon()));
  const auto state = checks->find(id).value();
  ASSERT_EQ(state.state, "done") << state.error;
  const auto report = json::parse(state.report);
  EXPECT_EQ(report.at("changed").at("items").at(0).at("after").at("article"), "X2")
      << "the stored verdict counts";
  EXPECT_EQ(report.at("after").at("asked").to_number<int>(), 3);
}

TEST_P(ChecksTest, ACutOffCheckOfAnotherDraftFails) {
  put(article("X3", "运费谁出", {"运费怎么算"}, "我们出。"));
  static constexpr storage::Query kRunning{
      "test.running",
      "INSERT INTO release_check (content, base_release, state, author, started_at) VALUES ('other', 1, "
      "'running', 'agent:1', 1) RETURNING id"};
  const auto id = write([](storage::Tx& tx) { return tx.one(kRunning); }).value().integer(0);
  const auto checks = open_checks();
  ASSERT_TRUE(checks->wait(soon()));
  EXPECT_EQ(checks->find(id).value().state, "failed");
}

TEST_P(ChecksTest, CancelledIsOver) {
  const auto checks = open_checks();
  put(article("X3", "运费谁出", {"运费怎么算"}, "我们出。"));
  const auto id = checks->start({.actor = "agent:1"}).value();
  const auto cancelled = checks->cancel(id);
  ASSERT_TRUE(checks->wait(soon()));
  if (cancelled) {  // it may have been done before
    EXPECT_EQ(checks->find(id).value().state, "cancelled");
  }
  EXPECT_EQ(checks->cancel(id).error().code, ErrorCode::kConflict);
  EXPECT_EQ(checks->cancel(999).error().code, ErrorCode::kNotFound);
}

TEST_P(ChecksTest, SimilarQuestionsHeldOutMakeUpTheNumber) {
  const auto checks = open_checks(6);
  put(article("X3", "运费谁出", {"运费怎么算", "寄回去要钱吗"}, "我们出。"));
  const auto state = checked(*checks);
  ASSERT_EQ(state.state, "done") << state.error;
  const auto report = json::parse(state.report);
  EXPECT_EQ(report.at("by_source").at("held_out").at("after").at("asked").to_number<int>(), 3);
  EXPECT_EQ(report.at("by_source").at("editor").at("after").at("asked").to_number<int>(), 3);
}

TEST_P(ChecksTest, RollingBackIsAudited) {
  const auto checks = open_checks();
  put(article("X3", "运费谁出", {"运费怎么算"}, "我们出。"));
  publish_freely();
  const auto back = write([&](storage::Tx& tx) {
    return checks->roll_back(tx, 1,
                             {.actor = "agent:1", .note = "", .override_reason = "", .now = clock_.now()});
  });
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit WHERE action = 'release.rolled_back'"), 1);
}

TEST(Passing, OnlyAFallBelowTheTargetIsRefused) {
  const auto of = [](std::size_t answered, std::size_t right) {
    return Figures{.asked = 100, .answerable = 100, .answered = answered, .right = right};
  };
  EXPECT_TRUE(passing(of(50, 50), of(50, 49), 0.98).passes);
  EXPECT_FALSE(passing(of(50, 50), of(50, 48), 0.98).passes);
  EXPECT_TRUE(passing(of(50, 45), of(50, 46), 0.98).passes) << "better than what answers now";
  EXPECT_TRUE(passing(of(50, 50), of(0, 0), 0.98).passes);
}

}  // namespace
}  // namespace zk::review
