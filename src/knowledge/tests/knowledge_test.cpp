#include <gtest/gtest.h>

#include "knowledge/files.hpp"
#include "knowledge/import.hpp"
#include "knowledge/library.hpp"
#include "knowledge/target.hpp"
#include "knowledge/tests/fixture.hpp"

namespace zk::knowledge {
namespace {

TEST_F(Knowledge, EverySaveIsAVersionAndAStaleOneIsRefused) {
  const auto first = put(article("X1", "怎么退货")).value();
  EXPECT_EQ(first.what, Saved::kCreated);
  EXPECT_EQ(put(article("X1", "怎么退货")).value().what, Saved::kUnchanged);
  auto changed = article("X1", "怎么退货", "七天内可以退");
  EXPECT_EQ(put(changed, 1).value().article.version, 2);
  const auto stale = put(article("X1", "旧的"), 1);
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(plain_text(get("X1").value().answer), "七天内可以退");
  EXPECT_EQ(get("X1").value().similar.size(), 2u);
  const auto history =
      db_->read(after(kPatience), [&](storage::Tx& tx) { return versions(tx, "X1"); }).value();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].version, 2);
  EXPECT_NE(history[1].body.find("答案"), std::string::npos);
}

TEST_F(Knowledge, AnArticleWithoutAnIdIsGivenOne) {
  const auto first = put(article("", "发票抬头写错了应该怎么改才对")).value();
  const auto second = put(article("", "买东西时的发票抬头写错了怎么办")).value();
  EXPECT_EQ(get(first.article.external_id).value().question, "发票抬头写错了应该怎么改才对");
  EXPECT_NE(first.article.external_id, second.article.external_id);
}

TEST_F(Knowledge, DeleteIsSoft) {
  put(article("X1", "怎么退货")).value();
  const Save how{.author = "agent:1", .now = clock_.now()};
  ASSERT_TRUE(
      db_->write(after(kPatience), [&](storage::Tx& tx) { return remove(tx, "X1", how); }).has_value());
  EXPECT_EQ(get("X1").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(
      db_->write(after(kPatience), [&](storage::Tx& tx) { return restore(tx, "X1", how); }).has_value());
  EXPECT_EQ(get("X1").value().question, "怎么退货");
}

TEST_F(Knowledge, IdsAreAssignedAndFaultsNameTheField) {
  EXPECT_TRUE(put(article("", "没有编号")).value().article.external_id.starts_with("A"));
  EXPECT_EQ(put(article("X1", " ")).error().field, "/question");
  EXPECT_EQ(put(article("a/b", "问")).error().field, "/id");
  auto a = article("X2", "问");
  a.answer.clear();
  EXPECT_EQ(put(a).error().field, "/answer");
  a = article("X2", "问");
  a.valid_from = a.valid_until = clock_.now();
  EXPECT_EQ(put(a).error().field, "/valid_until");
}

TEST_F(Knowledge, ListPagesNewestFirstAndFindsText) {
  for (int i = 0; i < 25; ++i) {
    clock_.advance(std::chrono::seconds(1));
    put(article("X" + std::to_string(i), i % 5 ? "普通问题" : "发票抬头" + std::to_string(i))).value();
  }
  std::vector<std::string> seen;
  Position after_row;
  for (;;) {
    const auto page =
        db_->read(after(kPatience), [&](storage::Tx& tx) { return list(tx, {}, after_row, 10); }).value();
    for (const auto& a : page.articles) seen.push_back(a.external_id);
    if (!page.next) break;
    after_row = *page.next;
  }
  ASSERT_EQ(seen.size(), 25u);
  EXPECT_EQ(seen.front(), "X24");
  EXPECT_EQ(seen.back(), "X0");
  const auto found =
      db_->read(after(kPatience), [&](storage::Tx& tx) { return list(tx, {.text = "抬头"}, {}, 3); }).value();
  EXPECT_EQ(found.articles.size(), 3u);
  ASSERT_TRUE(found.next.has_value());
  const auto rest =
      db_->read(after(kPatience), [&](storage::Tx& tx) { return list(tx, {.text = "抬头"}, *found.next, 3); })
          .value();
  EXPECT_EQ(rest.articles.size(), 2u);
}

TEST(Files, EveryFormatGivesBackWhatWasWritten) {
  std::vector<Article> articles;
  for (int i = 0; i < 3; ++i) {
    Article a;
    a.external_id = "X" + std::to_string(i);
    a.category = "退换货, \"特殊\"";
    a.question = "怎么退货" + std::to_string(i);
    a.similar = {"能退吗", "=1+1", "换行"};
    a.answer = i == 1 ? Blocks{TextBlock{"第一步"}, LinkBlock{"https://a/b", "看这里"}}
                      : text_blocks("七天,\n\"原样\"退回");
    a.valid_until = from_iso8601("2026-12-31").value();
    articles.push_back(a);
  }
  for (const auto f : {Format::kCsv, Format::kXlsx, Format::kJsonl}) {
    const auto rows = read_articles(write_articles(articles, f), f);
    ASSERT_TRUE(rows.has_value()) << rows.error().message;
    ASSERT_EQ(rows->size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE((*rows)[i].article.has_value()) << (*rows)[i].article.error().message;
      EXPECT_EQ(to_json(*(*rows)[i].article), to_json(articles[i]));
    }
  }
}

TEST(Files, GbkAndBomAndChineseHeadersAreRead) {
  const std::string utf8 = "编号,分类,标准问,相似问,答案\nX1,售后,怎么退货,能退吗|退货流程,七天内可以退\n";
  const std::string gbk =
      "\xb1\xe0\xba\xc5,\xb1\xea\xd7\xbc\xce\xca,\xb4\xf0\xb0\xb8\nX1,\xd4\xf5\xc3\xb4\xcd\xcb\xbb\xf5,"
      "\xc6\xdf\xcc\xec\n";
  const auto a = read_articles("\xEF\xBB\xBF" + utf8, Format::kCsv).value();
  EXPECT_EQ(a.at(0).article.value().similar.size(), 2u);
  const auto b = read_articles(gbk, Format::kCsv).value();
  EXPECT_EQ(b.at(0).article.value().question, "怎么退货");
  EXPECT_EQ(read_articles("\xff\xfe\xff", Format::kCsv).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(read_articles("id,category\n1,2\n", Format::kCsv).error().field, "/question");
  EXPECT_EQ(read_articles("no zip", Format::kXlsx).error().code, ErrorCode::kMalformed);
}

TEST_F(Knowledge, ImportAccountsForEveryRow) {
  const std::string file = R"({"id":"X1","question":"问一","answer":"答","similar":["a"]})"
                           "\n\nnot json\n"
                           R"({"id":"X2","question":"","answer":"答"})"
                           "\n"
                           R"({"id":"X1","question":"又一个","answer":"答"})"
                           "\n"
                           R"({"id":"X3","question":"问三","answer":[{"type":"link","url":"javascript:x"}]})"
                           "\n"
                           R"({"id":7,"question":"问七","answer":"答","valid_until":"2026-01-01"})";
  const auto dry = import_articles(*db_, clock_, file, Format::kJsonl, {.dry_run = true}).value();
  EXPECT_EQ(dry.created, 2);
  EXPECT_FALSE(get("X1").has_value());
  const auto report = import_articles(*db_, clock_, file, Format::kJsonl, {}).value();
  EXPECT_EQ(report.rows, 6);
  EXPECT_EQ(report.kept, 2);
  ASSERT_EQ(report.refused.size(), 4u);
  EXPECT_EQ(report.refused[0].row, 3);
  EXPECT_EQ(report.refused[1].field, "/question");
  EXPECT_EQ(get("7").value().question, "问七");
  EXPECT_EQ(import_articles(*db_, clock_, file, Format::kJsonl, {}).value().unchanged, 2);
  const auto again = import_articles(*db_, clock_, file, Format::kJsonl, {.dry_run = true}).value();
  EXPECT_EQ(again.unchanged, 2) << "a dry run says what a run would do";
}

TEST_F(Knowledge, AnEditThatGoesLiveIsInTheNextSnapshot) {
  publish_at_once();
  put_live(article("X1", "怎么退货"));
  auto library = Library::open(*db_, answering::Models{}).value();
  EXPECT_EQ(library->current()->knowledge().size(), 1u);
  put_live(article("X2", "怎么开发票"));
  ASSERT_TRUE(library->wait(after(kPatience), true));
  const auto kb = library->current();
  ASSERT_TRUE(kb->knowledge().find("X2").has_value());
  EXPECT_TRUE(kb->learnt());
  auto draft = article("X2", "怎么开发票");
  draft.status = ArticleStatus::kDraft;
  put_live(draft);
  ASSERT_TRUE(library->wait(after(kPatience), false));
  EXPECT_FALSE(library->current()->knowledge().find("X2").has_value());
  EXPECT_TRUE(kb->knowledge().find("X2").has_value());  // a snapshot in use never changes
}

TEST_F(Knowledge, TheTargetIsWhatTheCompanySaysWithinBounds) {
  const auto target = [&] { return target_precision(*db_, after(kPatience)).value(); };
  static constexpr storage::Query kSet{"test.target",
                                       "INSERT INTO setting (key, value) VALUES ('target_precision', $1) ON "
                                       "CONFLICT (key) DO UPDATE SET value = $1"};
  const auto set = [&](const std::string& value) {
    ASSERT_TRUE(
        db_->write(after(kPatience), [&](storage::Tx& tx) { return tx.run(kSet, {value}); }).has_value());
  };
  EXPECT_DOUBLE_EQ(target(), 0.98);
  set("0.9");
  EXPECT_DOUBLE_EQ(target(), 0.9);
  set("0");
  EXPECT_DOUBLE_EQ(target(), 0.5);
  set("\"high\"");
  EXPECT_DOUBLE_EQ(target(), 0.98);
}

TEST_F(Knowledge, TheTargetIsKeptUntilTheSettingsChange) {
  const Target target(*db_);
  EXPECT_DOUBLE_EQ(target.precision(after(kPatience)).value(), 0.98);
  static constexpr storage::Query kSet{"test.target",
                                       "INSERT INTO setting (key, value) VALUES ('target_precision', $1)"};
  ASSERT_TRUE(db_->write(after(kPatience),
                         [&](storage::Tx& tx) -> Result<std::int64_t> {
                           ZK_TRY_STATUS(tx.run(kSet, {"0.9"}).map([](auto) {}));
                           return tx.append({.at = from_micros(1),
                                             .kind = "settings.updated",
                                             .actor = "system",
                                             .audience = "agents",
                                             .payload = "{}"});
                         })
                  .has_value());
  EXPECT_DOUBLE_EQ(target.precision(after(kPatience)).value(), 0.9);
}

}  // namespace
}  // namespace zk::knowledge
