#include "knowledge/releases.hpp"

#include <gmock/gmock.h>

#include "knowledge/import.hpp"
#include "knowledge/library.hpp"
#include "knowledge/tests/fixture.hpp"

namespace zk::knowledge {
namespace {

class Releases : public Knowledge, public testing::WithParamInterface<std::string> {
 protected:
  Releases() : Knowledge(GetParam()) {}
  template <class F>
  auto write(F f) {
    return db_->write(after(kPatience), f);
  }
  template <class F>
  auto read(F f) {
    return db_->read(after(kPatience), f);
  }
  std::optional<Release> publish_draft(std::string note = {}) {
    return write([&](storage::Tx& tx) {
             return publish(tx, {.author = "agent:1", .note = note, .now = clock_.now()});
           })
        .value();
  }
  std::vector<std::string> live_answers() {
    std::vector<std::string> out;
    const auto now = read(live).value();
    for (const auto& a : now.articles) out.push_back(a.external_id + "=" + plain_text(a.answer));
    return out;
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, Releases, testing::ValuesIn(storage::kEngines));

TEST_P(Releases, EditsWaitInTheDraftUntilPublished) {
  put_live(article("X1", "怎么退货", "旧"));  // nothing is live yet: the first article answers at once
  EXPECT_THAT(live_answers(), testing::ElementsAre("X1=旧"));
  put_live(article("X1", "怎么退货", "新"));
  put_live(article("X2", "怎么开发票", "票"));
  EXPECT_THAT(live_answers(), testing::ElementsAre("X1=旧"));
  const auto waiting = read([](storage::Tx& tx) { return changes(tx, 10); }).value();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].what, DraftChange::kChanged);
  EXPECT_EQ(plain_text(waiting[0].before->answer), "旧");
  EXPECT_EQ(plain_text(waiting[0].after->answer), "新");
  EXPECT_EQ(waiting[1].what, DraftChange::kAdded);
  const auto made = publish_draft("新政策");
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->number, 2);
  EXPECT_EQ(made->articles, 2);
  EXPECT_EQ(made->added, 1);
  EXPECT_EQ(made->changed, 1);
  EXPECT_THAT(live_answers(), testing::ElementsAre("X1=新", "X2=票"));
  EXPECT_FALSE(publish_draft().has_value()) << "nothing to publish is no release";
}

TEST_P(Releases, WhatIsDeletedOrTakenBackLeavesWithTheRelease) {
  put_live(article("X1", "怎么退货", "退"));
  put(article("X2", "怎么开发票", "票")).value();
  publish_draft();
  auto archived = article("X2", "怎么开发票", "票");
  archived.status = ArticleStatus::kArchived;
  put(archived).value();
  const Save how{.author = "agent:1", .now = clock_.now()};
  ASSERT_TRUE(write([&](storage::Tx& tx) { return remove(tx, "X1", how); }).has_value());
  EXPECT_EQ(live_answers().size(), 2u);
  EXPECT_EQ(publish_draft()->removed, 2);
  EXPECT_TRUE(live_answers().empty());
}

TEST_P(Releases, RollingBackAnswersAsBeforeAndKeepsTheDraft) {
  put_live(article("X1", "怎么退货", "一"));
  put(article("X1", "怎么退货", "二")).value();
  put(article("X2", "怎么开发票", "票")).value();
  publish_draft();
  put(article("X1", "怎么退货", "三")).value();
  const auto content_then = read([](storage::Tx& tx) { return live_content(tx); }).value().content;
  const auto back = write([&](storage::Tx& tx) {
                      return roll_back(tx, 1, {.author = "agent:2", .note = "答错了", .now = clock_.now()});
                    }).value();
  EXPECT_EQ(back.kind, "rollback");
  EXPECT_EQ(back.back_to, 1);
  EXPECT_EQ(back.removed, 1);
  EXPECT_THAT(live_answers(), testing::ElementsAre("X1=一"));
  EXPECT_EQ(plain_text(get("X1").value().answer), "三");
  const auto again =
      write([&](storage::Tx& tx) { return roll_back(tx, 1, {.author = "agent:2", .now = clock_.now()}); });
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(write([&](storage::Tx& tx) { return roll_back(tx, 99, {.author = "a", .now = clock_.now()}); })
                .error()
                .code,
            ErrorCode::kNotFound);
  write([&](storage::Tx& tx) {
    return roll_back(tx, 2, {.author = "agent:2", .now = clock_.now()});
  }).value();
  EXPECT_EQ(read([](storage::Tx& tx) { return live_content(tx); }).value().content, content_then);
  const auto all = read([](storage::Tx& tx) { return releases(tx, 0, 10); }).value();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].number, 4);
  EXPECT_EQ(all[3].kind, "at_once");
}

TEST_P(Releases, AtOnceAnEditPublishesItselfAndNothingElse) {
  put_live(article("X1", "怎么退货", "一"));
  put_live(article("X2", "怎么开发票", "票"));  // waits: the setting is "checked"
  publish_at_once();
  put_live(article("X1", "怎么退货", "二"));
  EXPECT_THAT(live_answers(), testing::ElementsAre("X1=二"));
}

TEST_P(Releases, AFirstImportAnswersAndALaterOneWaits) {
  const std::string first = R"({"id":"X1","question":"问一","answer":"答"})";
  import_articles(*db_, clock_, first, Format::kJsonl, {}).value();
  EXPECT_THAT(live_answers(), testing::ElementsAre("X1=答"));
  import_articles(*db_, clock_, R"({"id":"X2","question":"问二","answer":"答"})", Format::kJsonl, {}).value();
  EXPECT_EQ(live_answers().size(), 1u);
  EXPECT_EQ(read(count_changes).value(), 1);
}

TEST_P(Releases, TheLibraryFollowsReleasesAndTakesBackWhatItLearnt) {
  put_live(article("X1", "怎么退货", "一"));
  auto library = Library::open(*db_, answering::Models{}).value();
  ASSERT_TRUE(library->wait(after(kPatience), true));
  const auto first = library->current();
  put_live(article("X1", "怎么退货", "二"));
  EXPECT_EQ(library->current(), first) << "an edit alone changes no answer";
  publish_draft();
  ASSERT_TRUE(library->wait(after(kPatience), true));
  EXPECT_EQ(library->status().release, 2);
  EXPECT_NE(library->current(), first);
  write([&](storage::Tx& tx) {
    return roll_back(tx, 1, {.author = "agent:2", .now = clock_.now()});
  }).value();
  ASSERT_TRUE(library->wait(after(kPatience), true));
  EXPECT_EQ(plain_text(library->current()->knowledge().article(0).answer), "一");
  EXPECT_EQ(library->current(), first) << "the snapshot learnt then is taken again";
}

TEST_P(Releases, AnOfferedSnapshotAnswersWhenItsArticlesArePublished) {
  put_live(article("X1", "怎么退货", "一"));
  auto library = Library::open(*db_, answering::Models{}).value();
  ASSERT_TRUE(library->wait(after(kPatience), true));
  put(article("X1", "怎么退货", "二")).value();
  const auto waiting = read(draft).value();
  const auto built =
      answering::Answerer::build(waiting.articles, answering::Models{}).value()->learn().value();
  library->offer(waiting.content, built);
  publish_draft();
  ASSERT_TRUE(library->wait(after(kPatience), false));
  EXPECT_EQ(library->current(), built);
}

}  // namespace
}  // namespace zk::knowledge
