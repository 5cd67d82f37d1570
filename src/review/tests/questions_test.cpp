#include "review/questions.hpp"

#include "review/hygiene.hpp"
#include "review/tests/fixture.hpp"

namespace zk::review {
namespace {

class Questions : public Shop {};

TEST_F(Questions, OneStandsOnceAndTakesTheNewExpectation) {
  expect("怎么 退货？", {"X1"});
  expect("怎么退货?", {"X2"});
  const auto all = read(all_questions).value();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0].articles, testing::ElementsAre("X2"));
  const auto unknown =
      write([&](storage::Tx& tx) { return add(tx, {.text = "问", .articles = {"X9"}, .source = "editor"}); });
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unknown.error().field, "/articles");
  EXPECT_EQ(write([&](storage::Tx& tx) { return add(tx, {.text = "  ", .source = "editor"}); }).error().field,
            "/text");
  ASSERT_TRUE(write([&](storage::Tx& tx) { return remove(tx, all[0].id); }));
  EXPECT_EQ(write([&](storage::Tx& tx) { return remove(tx, all[0].id); }).error().code, ErrorCode::kNotFound);
}

TEST_F(Questions, AFileIsAccountedForAndComesBack) {
  const auto report =
      import_questions(*db_, "问题,知识编号\n怎么退,X1\n哪里开票,X2|X1\n天气,\n坏的,X9\n,X1\n", "agent:1",
                       clock_.now())
          .value();
  EXPECT_EQ(report.rows, 5);
  EXPECT_EQ(report.kept, 3);
  ASSERT_EQ(report.refused.size(), 2u);
  EXPECT_EQ(report.refused[0].row, 5);
  const auto all = read(all_questions).value();
  EXPECT_THAT(all[1].articles, testing::ElementsAre("X2", "X1"));
  const auto csv = export_questions(all);
  EXPECT_EQ(import_questions(*db_, csv, "agent:1", clock_.now()).value().kept, 3);
  EXPECT_EQ(read(count_questions).value(), 3);
  EXPECT_EQ(import_questions(*db_, "a,b\n1,2\n", "agent:1", clock_.now()).error().code,
            ErrorCode::kInvalidArgument);
  const auto page = read([](storage::Tx& tx) { return questions(tx, "X1", 0, 1); }).value();
  EXPECT_EQ(page.questions.size(), 1u);
  EXPECT_TRUE(page.more);
}

TEST_F(Questions, WhatCustomersConfirmedIsTakenOnce) {
  static constexpr storage::Query kFound{
      "test.found", "INSERT INTO inbox (name, website_token) VALUES ('i', 't') RETURNING id"};
  static constexpr storage::Query kContact{"test.contact",
                                           "INSERT INTO contact (name) VALUES ('c') RETURNING id"};
  static constexpr storage::Query kTalk{
      "test.talk", "INSERT INTO conversation (inbox_id, contact_id) VALUES ($1, $2) RETURNING id"};
  static constexpr storage::Query kSay{"test.say",
                                       "INSERT INTO message (conversation_id, sender, blocks, text, "
                                       "article_id, decision, feedback, created_at) "
                                       "VALUES ($1, $2, '[]', $3, $4, $5, $6, 1) RETURNING id"};
  static constexpr storage::Query kTrace{"test.trace",
                                         "INSERT INTO trace (message_id, body) VALUES ($1, $2)"};
  ASSERT_TRUE(write([](storage::Tx& tx) -> Status {
    ZK_TRY(const auto inbox, tx.one(kFound));
    ZK_TRY(const auto contact, tx.one(kContact));
    ZK_TRY(const auto talk, tx.one(kTalk, {inbox.integer(0), contact.integer(0)}));
    for (const auto& [text, feedback, thread] :
         {std::tuple{"退东西怎么弄", 1, "alone"}, std::tuple{"那换货呢", 1, "follow_up"},
          std::tuple{"发票", -1, "alone"}}) {
      ZK_TRY_STATUS(tx.one(kSay, {talk.integer(0), "visitor", text, "", "", 0}).map([](const auto&) {}));
      ZK_TRY(const auto said, tx.one(kSay, {talk.integer(0), "bot", "答", "X1", "answer", feedback}));
      const auto trace = std::string(R"({"thread":")") + thread + "\"}";
      ZK_TRY_STATUS(tx.run(kTrace, {said.integer(0), trace}).map([](auto) {}));
    }
    return {};
  }));
  EXPECT_EQ(write([&](storage::Tx& tx) { return take_confirmed(tx, clock_.now()); }).value(), 1);
  EXPECT_EQ(write([&](storage::Tx& tx) { return take_confirmed(tx, clock_.now()); }).value(), 0);
  const auto all = read(all_questions).value();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].text, "退东西怎么弄");
  EXPECT_EQ(all[0].source, "feedback");
}

TEST_F(Questions, DuplicatesAndConflictsAreTold) {
  put(article("X3", "怎么退货", {}, "十五天内可以退货。"));
  put(article("X4", "怎么开发票", {}, "找客服开发票。"));
  auto english = article("X5", "怎么退货", {}, "30天内");
  english.language = "en";
  put(english);
  auto later = article("X6", "怎么退货", {}, "60天内");
  later.channels = {"wechat"};
  put(later);
  auto only_web = article("X1", "怎么退货", {"我要退货"}, "签收后七天内可以退货。");
  only_web.channels = {"web"};
  put(only_web);
  const auto draft = read(knowledge::draft).value();
  const auto base = answering::Answerer::build(draft.articles, word_for_word()).value();
  const auto found = alike(base->knowledge());
  std::vector<std::string> conflicts, duplicates;
  for (const auto& p : found.conflicts) conflicts.push_back(p.first + p.second);
  for (const auto& p : found.duplicates) duplicates.push_back(p.first + p.second);
  EXPECT_THAT(conflicts, testing::UnorderedElementsAre("X1X3", "X3X6"))
      << "X1 and X6 never meet in one channel";
  EXPECT_THAT(duplicates, testing::ElementsAre("X2X4"));
  EXPECT_THAT(found.conflicts[0].second_claims, testing::ElementsAre("十五天"));
}

TEST_F(Questions, OldAndUnusedArticlesAreTold) {
  const auto now = from_iso8601("2026-06-01T00:00:00Z").value();
  const auto day = std::chrono::hours(24);
  std::vector<Article> articles(4, article("", "问", {}, "答"));
  for (std::size_t i = 0; i < articles.size(); ++i) {
    articles[i].external_id = "X" + std::to_string(i);
    articles[i].created_at = articles[i].updated_at = now - 100 * day;
  }
  articles[0].valid_until = now - day;
  articles[1].valid_until = now + 3 * day;
  articles[2].updated_at = articles[2].created_at = now - 400 * day;
  articles[3].created_at = now - 2 * day;
  std::vector<std::string> why;
  for (const auto& s : stale(articles, now)) why.push_back(s.id + s.why);
  EXPECT_THAT(why, testing::ElementsAre("X0expired", "X1expires_soon", "X2old"));
  Usage used{.answers = 200, .by_article = {{"X0", 150}, {"X1", 50}}};
  const auto idle = unused(articles, used, now);
  ASSERT_EQ(idle.size(), 1u);
  EXPECT_EQ(idle[0].id, "X2");
  used.answers = 20;
  EXPECT_TRUE(unused(articles, used, now).empty()) << "too few answers to judge by";
}

}  // namespace
}  // namespace zk::review
