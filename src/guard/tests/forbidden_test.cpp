#include "guard/forbidden.hpp"

#include <gtest/gtest.h>

#include "storage/tests/engines.hpp"

namespace zk::guard {
namespace {

Deadline soon() { return after(std::chrono::seconds(30)); }
std::string hit(const WordList& list, std::string_view text, Speaker who = Speaker::kAgent) {
  return list.find(text, who).value_or("");
}

TEST(WordList, WordsAreFoundHoweverTheyAreWritten) {
  const WordList list({{.word = "保证"}, {.word = "治愈"}, {.word = "VIP价"}, {.word = "damn"}});
  for (const auto* text : {"我保证能好", "保 证有效", "保-证", "保、證退款"})
    EXPECT_EQ(hit(list, text), "保证") << text;
  EXPECT_EQ(hit(list, "ＶＩＰ價"), "VIP价");
  EXPECT_EQ(hit(list, "Damn!"), "damn");
  EXPECT_EQ(hit(list, "a damning report"), "") << "inside a longer Latin word";
  EXPECT_EQ(hit(list, "没有问题"), "");
  EXPECT_EQ(hit(list, ""), "");
}

TEST(WordList, AnExceptionExcusesTheWordOnlyInsideItsPhrase) {
  const WordList list({{.word = "最", .exceptions = {"最近", "最后一步"}}});
  EXPECT_EQ(hit(list, "最近三天的订单，最后一步点确认"), "");
  EXPECT_EQ(hit(list, "最近这是最好的"), "最");
  EXPECT_EQ(hit(list, "最后"), "最");
}

TEST(WordList, SomeApplyToOneSpeakerOnly) {
  const WordList list(
      {{.word = "亲", .applies = Applies::kAgent}, {.word = "人工", .applies = Applies::kBot}});
  EXPECT_EQ(hit(list, "亲，人工", Speaker::kAgent), "亲");
  EXPECT_EQ(hit(list, "亲，人工", Speaker::kBot), "人工");
}

TEST(ForbiddenWords, TheListIsReadAgainWhenItChanges) {
  storage::SqliteEngine engine;
  const auto db = storage::Db::open({.url = engine.url()}).value();
  const ForbiddenWords words(*db);
  const auto blocks = text_blocks("绝对有效");
  EXPECT_FALSE(words.find(blocks, Speaker::kAgent, soon()).value());
  const auto put = [&](ForbiddenWord w) {
    return db->write(soon(), [&](storage::Tx& tx) -> Result<ForbiddenWord> {
      ZK_TRY(auto added, w.id ? change(tx, w) : add(tx, w));
      ZK_TRY_STATUS(tx.append({.at = {},
                               .kind = "forbidden_words.updated",
                               .actor = "a",
                               .audience = "agents",
                               .payload = "{}"})
                        .map([](auto) {}));
      return added;
    });
  };
  const auto added = put({.word = "绝对"}).value();
  EXPECT_EQ(words.find(blocks, Speaker::kAgent, soon()).value(), "绝对");
  EXPECT_EQ(put({.word = "绝对"}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(put({.word = " 。"}).error().field, "/word");
  EXPECT_EQ(put({.word = "对", .exceptions = {"好的"}}).error().field, "/exceptions");
  put({.id = added.id, .word = "绝对", .exceptions = {"绝对有效"}}).value();
  EXPECT_FALSE(words.find(blocks, Speaker::kAgent, soon()).value());
  EXPECT_EQ(put({.id = 99, .word = "某"}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(db->write(soon(), [&](storage::Tx& tx) { return remove(tx, added.id); }));
  EXPECT_FALSE(db->write(soon(), [&](storage::Tx& tx) { return remove(tx, added.id); }));
}

}  // namespace
}  // namespace zk::guard
