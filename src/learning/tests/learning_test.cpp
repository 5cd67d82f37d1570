#include "learning/learning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "knowledge/articles.hpp"
#include "knowledge/releases.hpp"
#include "storage/tests/engines.hpp"

namespace zk::learning {
namespace {
using storage::Query;

Deadline soon() { return after(std::chrono::seconds(30)); }

constexpr Query kInbox{"test.inbox",
                       "INSERT INTO inbox (name, website_token) VALUES ('i', 't') RETURNING id"};
constexpr Query kContact{"test.contact", "INSERT INTO contact (name) VALUES ('c') RETURNING id"};
constexpr Query kTalk{"test.talk",
                      "INSERT INTO conversation (inbox_id, contact_id, handed_over_at, resolved_at, rating) "
                      "VALUES ($1, $2, $3, $4, $5) RETURNING id"};
constexpr Query kSay{
    "test.say",
    "INSERT INTO message (conversation_id, sender, blocks, text, pick, article_id, decision, feedback, "
    "created_at) VALUES ($1, $2, '[]', $3, $4, $5, $6, $7, $8) RETURNING id"};

class LearningTest : public testing::TestWithParam<std::string> {
 protected:
  LearningTest() {
    db_ = storage::Db::open({.url = engine_->url()}).value();
    Article a;
    a.external_id = "X1";
    a.question = "怎么退货";
    a.similar = {"我要退货"};
    a.answer = text_blocks("七天内可以退货。");
    EXPECT_TRUE(db_->write(soon(), [&](storage::Tx& tx) -> Status {
      ZK_TRY_STATUS(
          knowledge::save(tx, a, {.author = "agent:1", .now = clock_.now()}).map([](const auto&) {}));
      ZK_TRY_STATUS(knowledge::after_edit(tx, {"X1"}, "agent:1", clock_.now()));
      ZK_TRY(const auto inbox, tx.one(kInbox));
      ZK_TRY(const auto contact, tx.one(kContact));
      inbox_ = inbox.integer(0);
      contact_ = contact.integer(0);
      return {};
    }));
    answering::Models models;
    models.judge = answering::Judge::open(ZK_SOURCE_DIR "/models/weights/answering-fast.json").value();
    library_ = knowledge::Library::open(*db_, models).value();
  }
  struct Said {
    std::string question, decision, article = {}, pick = {};
    int feedback = 0, rating = 0;
    std::string reply = {};
    int handling_s = 0;
  };
  void talk(const Said& s) {
    const auto now = to_micros(clock_.now());
    const auto handed = s.handling_s > 0 ? now + 1 : 0;
    ASSERT_TRUE(db_->write(soon(), [&](storage::Tx& tx) -> Status {
      ZK_TRY(const auto c, tx.one(kTalk, {inbox_, contact_, handed,
                                          handed ? handed + s.handling_s * 1'000'000LL : 0, s.rating}));
      ZK_TRY_STATUS(
          tx.one(kSay, {c.integer(0), "visitor", s.question, "", "", "", 0, now}).map([](const auto&) {}));
      if (!s.pick.empty()) {
        ZK_TRY_STATUS(
            tx.one(kSay, {c.integer(0), "bot", "是哪个？", "", "", "clarify", 0, now}).map([](const auto&) {
            }));
        ZK_TRY_STATUS(
            tx.one(kSay, {c.integer(0), "visitor", "怎么退货", s.pick, "", "", 0, now}).map([](const auto&) {
            }));
      }
      ZK_TRY_STATUS(tx.one(kSay, {c.integer(0), "bot", "…", "", s.article, s.decision, s.feedback, now})
                        .map([](const auto&) {}));
      if (s.reply.empty()) return {};
      return tx.one(kSay, {c.integer(0), "agent", s.reply, "", "", "", 0, now}).map([](const auto&) {});
    }));
  }
  ManualClock clock_{from_iso8601("2026-06-01T00:00:00Z").value()};
  std::unique_ptr<storage::TestEngine> engine_ = storage::make_engine(GetParam());
  std::unique_ptr<storage::Db> db_;
  std::unique_ptr<knowledge::Library> library_;
  const dialogue::Engine talk_{dialogue::EngineOptions{}};
  std::int64_t inbox_ = 0, contact_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, LearningTest, testing::ValuesIn(storage::kEngines));

TEST_P(LearningTest, GapsAreRankedByWhatTheyCost) {
  for (int i = 0; i < 3; ++i)
    talk({.question = "能寄到火星吗", .decision = "none", .reply = "暂时不能", .handling_s = 60});
  talk({.question = "怎么做代理商", .decision = "none", .reply = "请留下邮箱", .handling_s = 600});
  talk({.question = "退货要多久", .decision = "answer", .article = "X1", .feedback = -1});
  talk({.question = "退款太慢", .decision = "answer", .article = "X1", .rating = 1});
  talk({.question = "转人工", .decision = "none"});
  talk({.question = "怎么退货", .decision = "answer", .article = "X1"});
  Learning learning(*db_, clock_, *library_, talk_, {.period = std::chrono::hours(1)});
  learning.stop();
  ASSERT_TRUE(learning.refresh());
  const auto view = learning.view();
  std::vector<std::string> questions;
  for (const auto& g : view->gaps) questions.push_back(g.question);
  EXPECT_THAT(questions,
              testing::UnorderedElementsAre("能寄到火星吗", "怎么做代理商", "退货要多久", "退款太慢"));
  EXPECT_EQ(view->gaps[0].question, "怎么做代理商") << "600 s once cost more than 60 s three times";
  const auto mars =
      std::find_if(view->gaps.begin(), view->gaps.end(), [](const auto& g) { return g.volume == 3; });
  ASSERT_NE(mars, view->gaps.end());
  EXPECT_EQ(mars->question, "能寄到火星吗");
  EXPECT_DOUBLE_EQ(mars->handling_s, 60);
  EXPECT_THAT(mars->replies, testing::ElementsAre("暂时不能"));
}

TEST_P(LearningTest, AGapClosesWhenItsQuestionsAreAnsweredRight) {
  talk({.question = "东西不想要了咋办", .decision = "none"});
  Learning learning(*db_, clock_, *library_, talk_, {.period = std::chrono::hours(1)});
  learning.stop();
  ASSERT_TRUE(learning.refresh());
  ASSERT_EQ(learning.view()->gaps.size(), 1u);
  Teach how{.how = "similar",
            .question = "东西不想要了咋办",
            .questions = {"东西不想要了咋办"},
            .article = "X1",
            .author = "agent:1",
            .now = clock_.now()};
  how.right_before = learning.replay(how.questions, how.article);
  EXPECT_EQ(how.right_before, 0);
  const auto teach = [&](const Teach& t) {
    return db_->write(soon(), [&](storage::Tx& tx) { return learning.teach(tx, t); });
  };
  ASSERT_TRUE(teach(how));
  ASSERT_TRUE(learning.refresh());
  EXPECT_TRUE(learning.view()->gaps.empty());
  const auto lessons = [&] {
    return db_->read(soon(), [](storage::Tx& tx) { return Learning::lessons(tx, 10); }).value();
  };
  EXPECT_EQ(lessons().at(0).state, "taught") << "what waits in the draft answers nobody";
  ASSERT_TRUE(db_->write(soon(), [&](storage::Tx& tx) {
    return knowledge::publish(tx, {.author = "agent:1", .now = clock_.now()});
  }));
  ASSERT_TRUE(library_->wait(soon(), true));
  ASSERT_TRUE(learning.refresh());
  const auto closed = lessons().at(0);
  EXPECT_EQ(closed.state, "closed");
  EXPECT_EQ(closed.right_after, 1);
  EXPECT_EQ(closed.closed_release, 2);
  clock_.advance(std::chrono::hours(1));
  talk({.question = "东西不想要了咋办", .decision = "none"});
  ASSERT_TRUE(learning.refresh());
  EXPECT_EQ(learning.view()->gaps.size(), 1u) << "asked in vain again, it is a gap again";
}

TEST_P(LearningTest, AnAgentsReplyBecomesADraftAndADismissedGapIsGone) {
  Learning learning(*db_, clock_, *library_, talk_, {.period = std::chrono::hours(1)});
  const auto teach = [&](const Teach& t) {
    return db_->write(soon(), [&](storage::Tx& tx) { return learning.teach(tx, t); });
  };
  const auto made = teach({.how = "article",
                           .question = "怎么做代理商",
                           .questions = {"怎么做代理商", "想加盟"},
                           .answer = "请留下邮箱",
                           .author = "agent:1",
                           .now = clock_.now()})
                        .value();
  const auto article =
      db_->read(soon(), [&](storage::Tx& tx) { return knowledge::find(tx, made.article); }).value();
  EXPECT_EQ(article.status, ArticleStatus::kDraft);
  EXPECT_THAT(article.similar, testing::ElementsAre("想加盟"));
  EXPECT_EQ(plain_text(article.answer), "请留下邮箱");
  EXPECT_EQ(teach({.how = "article",
                   .question = "问",
                   .questions = {"问"},
                   .answer = "",
                   .author = "a",
                   .now = clock_.now()})
                .error()
                .field,
            "/answer");
  EXPECT_EQ(teach({.how = "similar",
                   .question = "问",
                   .questions = {"问"},
                   .article = "X9",
                   .author = "a",
                   .now = clock_.now()})
                .error()
                .code,
            ErrorCode::kNotFound);
  EXPECT_EQ(teach({.how = "dismiss", .question = "问", .questions = {}, .author = "a", .now = clock_.now()})
                .error()
                .field,
            "/questions");
  talk({.question = "你会唱歌跳舞吗朋友", .decision = "none"});
  ASSERT_TRUE(learning.refresh());
  ASSERT_EQ(learning.view()->gaps.size(), 1u);
  const auto dismissed = teach({.how = "dismiss",
                                .question = "唱歌",
                                .questions = {"你会唱歌跳舞吗朋友"},
                                .author = "a",
                                .now = clock_.now()});
  ASSERT_TRUE(dismissed);
  ASSERT_TRUE(learning.refresh());
  EXPECT_TRUE(learning.view()->gaps.empty());
  const auto undo = [&](std::int64_t id) {
    return db_->write(soon(), [&](storage::Tx& tx) { return Learning::undo(tx, id); });
  };
  EXPECT_EQ(undo(made.id).error().code, ErrorCode::kConflict) << "taught, not dismissed";
  EXPECT_EQ(undo(999).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(undo(dismissed->id));
  ASSERT_TRUE(learning.refresh());
  EXPECT_EQ(learning.view()->gaps.size(), 1u);
}

TEST_P(LearningTest, ThinArticlesAreOfferedWhatCustomersMeantByThem) {
  talk({.question = "买错了想退回去", .decision = "answer", .article = "X1", .pick = "article:X1"});
  talk({.question = "退东西怎么弄", .decision = "answer", .article = "X1", .feedback = 1});
  talk({.question = "我要退货", .decision = "answer", .article = "X1", .feedback = 1});
  Learning learning(*db_, clock_, *library_, talk_, {.period = std::chrono::hours(1)});
  learning.stop();
  ASSERT_TRUE(learning.refresh());
  ASSERT_EQ(learning.view()->proposals.size(), 1u);
  EXPECT_EQ(learning.view()->proposals[0].article, "X1");
  const auto texts = [&] {
    std::vector<std::string> out;
    for (const auto& item : learning.view()->proposals.at(0).items) out.push_back(item.text);
    return out;
  };
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("买错了想退回去", "退东西怎么弄"));
  EXPECT_EQ(learning.view()->thin, 1);
  ASSERT_TRUE(db_->write(soon(), [&](storage::Tx& tx) {
    return learning.teach(tx, {.how = "similar",
                               .question = "怎么退货",
                               .questions = {"退东西怎么弄"},
                               .article = "X1",
                               .author = "agent:1",
                               .now = clock_.now()});
  }));
  ASSERT_TRUE(learning.refresh());
  EXPECT_THAT(texts(), testing::ElementsAre("买错了想退回去"))
      << "what waits in the draft is not proposed again";
  ASSERT_TRUE(db_->write(soon(), [&](storage::Tx& tx) {
    return refuse_proposals(tx, "X1", {"买错了想退回去"}, "agent:1", clock_.now());
  }));
  ASSERT_TRUE(learning.refresh());
  EXPECT_TRUE(learning.view()->proposals.empty()) << "nor what was refused";
}

TEST_P(LearningTest, AGapThatALaterReleaseAnswersIsNoneAnyMore) {
  talk({.question = "东西不想要了咋办", .decision = "none"});
  talk({.question = "能寄到火星吗", .decision = "none"});
  Learning learning(*db_, clock_, *library_, talk_, {.period = std::chrono::hours(1)});
  learning.stop();
  ASSERT_TRUE(learning.refresh());
  EXPECT_EQ(learning.view()->gaps.size(), 2u);
  clock_.advance(std::chrono::hours(1));
  ASSERT_TRUE(db_->write(soon(), [&](storage::Tx& tx) -> Status {
    ZK_TRY(auto a, knowledge::find(tx, "X1"));
    a.similar.push_back("东西不想要了咋办");
    ZK_TRY_STATUS(knowledge::save(tx, a, {.author = "agent:1", .now = clock_.now()}).map([](const auto&) {}));
    return knowledge::publish(tx, {.author = "agent:1", .now = clock_.now()}).map([](const auto&) {});
  }));
  ASSERT_TRUE(library_->wait(soon(), true));
  ASSERT_TRUE(learning.refresh());
  ASSERT_EQ(learning.view()->gaps.size(), 1u);
  EXPECT_EQ(learning.view()->gaps[0].question, "能寄到火星吗");
}

}  // namespace
}  // namespace zk::learning
