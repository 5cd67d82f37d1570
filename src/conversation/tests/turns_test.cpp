#include "conversation/turns.hpp"

#include <gmock/gmock.h>

#include <future>
#include <set>

#include "base/random.hpp"
#include "conversation/tests/world.hpp"

namespace zk::conversation {
namespace {
using testing::ElementsAre;

class TurnsTest : public OnEachEngine {
 protected:
  void start(Turns::Options options = {.workers = 3}) {
    turns = std::make_unique<Turns>(*world.conversations, bot, options);
    world.conversations->connect(
        {.turn_due = [this](ConversationId id, auto turn) { return turns->submit(id, std::move(turn)); },
         .queue_changed = {},
         .available = {},
         .position = {}});
  }
  void TearDown() override { turns = nullptr; }
  RuleResponder bot;
  std::unique_ptr<Turns> turns;
};
INSTANTIATE_TEST_SUITE_P(Engines, TurnsTest, testing::ValuesIn(storage::kEngines));

TEST_P(TurnsTest, EveryMessageIsAnsweredOnceInOrderWhileConversationsRunSideBySide) {
  start();
  std::vector<ContactId> visitors;
  for (int i = 0; i < 6; ++i) visitors.push_back(world.contact());
  std::vector<std::thread> threads;
  for (std::size_t v = 0; v < visitors.size(); ++v)
    threads.emplace_back([&, v] {
      for (int i = 0; i < 15; ++i) {
        const auto name = std::to_string(v) + "-" + std::to_string(i);
        ASSERT_TRUE(world.say(visitors[v], name, "c-" + name).has_value());
      }
    });
  for (auto& t : threads) t.join();
  turns->wait_idle();
  EXPECT_EQ(bot.seen.size(), 90u);
  std::unordered_map<ConversationId, std::vector<MessageId>> order;
  for (const auto& turn : bot.seen) order[turn.conversation_id].push_back(turn.message_id);
  EXPECT_EQ(order.size(), 6u);
  for (const auto& [id, messages] : order) {
    EXPECT_TRUE(std::is_sorted(messages.begin(), messages.end()));
    EXPECT_EQ(std::set(messages.begin(), messages.end()).size(), 15u);
    EXPECT_FALSE(world.load(id).turn_due());
  }
  EXPECT_EQ(turns->stats().done, 90);
}

TEST_P(TurnsTest, EachTurnSeesTheStateTheFormerLeft) {
  start();
  const auto who = world.contact();
  const auto first = must(world.say(who, "一", "c-1"));
  turns->wait_idle();
  must(world.say(who, "二", "c-2"));
  turns->wait_idle();
  ASSERT_EQ(bot.seen.size(), 2u);
  EXPECT_EQ(bot.seen[0].state, "");
  EXPECT_EQ(bot.seen[1].state, R"({"n":)" + std::to_string(first.message.id.value) + "}");
}

TEST_P(TurnsTest, AFailedTurnHandsOverAndSaysSo) {
  start();
  const auto posted = must(world.say(world.contact(), "坏", "c-1"));
  turns->wait_idle();
  EXPECT_EQ(world.load(posted.conversation.id).handler, Handler::kWaiting);
  EXPECT_THAT(world.texts(posted.conversation.id), ElementsAre("坏", testing::HasSubstr("人工客服")));
  EXPECT_EQ(turns->stats().failed, 1);
}

TEST_P(TurnsTest, AReplyThatCannotBeStoredHandsOverInsteadOfBeingTriedForever) {
  start();
  const auto posted = must(world.say(world.contact(), "乱码", "c-1"));
  turns->wait_idle();
  EXPECT_EQ(world.load(posted.conversation.id).handler, Handler::kWaiting);
  EXPECT_THAT(world.texts(posted.conversation.id), ElementsAre("乱码", testing::HasSubstr("人工客服")));
  EXPECT_EQ(turns->stats().failed, 1);
}

TEST_P(TurnsTest, WhatWasOwedWhenTheProcessEndedIsAnsweredAtTheNextStart) {
  std::vector<ConversationId> owed;
  world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return true; },
                                .queue_changed = {},
                                .available = {},
                                .position = {}});  // dies before any turn runs
  for (int i = 0; i < 5; ++i) {
    const auto who = world.contact();
    owed.push_back(must(world.say(who, "一", "c-1")).conversation.id);
    must(world.say(who, "二", "c-2"));
  }
  const auto taken = must(world.say(world.contact(), "三", "c-1")).conversation.id;
  must(world.answer(taken, 0, "我来", "a-1"));
  world.close();
  world.open();
  start();
  EXPECT_EQ(must(turns->resume()), 5u);
  turns->wait_idle();
  for (const auto id : owed) EXPECT_THAT(world.texts(id), ElementsAre("一", "二", "答:一", "答:二"));
  EXPECT_EQ(world.texts(taken).size(), 3u);
  EXPECT_EQ(must(turns->resume()), 0u);
}

TEST_P(TurnsTest, AnAgentWhoTakesOverDuringTheTurnSilencesIt) {
  start({.workers = 1});
  std::promise<void> started, go_on;
  bot.before_reply = [&](const BotTurn&) {
    started.set_value();
    go_on.get_future().wait();
  };
  const auto posted = must(world.say(world.contact(), "一", "c-1"));
  started.get_future().wait();
  must(world.answer(posted.conversation.id, 0, "我来", "a-1"));
  go_on.set_value();
  turns->wait_idle();
  EXPECT_EQ(world.texts(posted.conversation.id).size(), 3u);
  EXPECT_EQ(turns->stats().silent, 1);
}

TEST_P(TurnsTest, TheNextTurnRunsWhileAReplyIsBeingStored) {
  world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return true; },
                                .queue_changed = {},
                                .available = {},
                                .position = {}});
  const auto a = must(world.say(world.contact(), "一", "c-1")).conversation.id;
  const auto b = must(world.say(world.contact(), "二", "c-1")).conversation.id;
  std::promise<void> second;
  const auto came = second.get_future().share();
  std::atomic<bool> in_time{false};
  std::atomic<int> asked{0};
  bot.before_reply = [&](const BotTurn&) {
    if (++asked == 2) return second.set_value();
    world.db->write_later(  // stands before the first reply until the second turn runs
        soon(),
        [&, came](storage::Tx&) -> Result<int> {
          in_time = came.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
          return 0;
        },
        [](const Result<int>&) {});
  };
  start({.workers = 1});
  must(turns->resume());
  turns->wait_idle();
  EXPECT_TRUE(in_time);
  EXPECT_THAT(world.texts(a), ElementsAre("一", "答:一"));
  EXPECT_THAT(world.texts(b), ElementsAre("二", "答:二"));
}

TEST_P(TurnsTest, AFullBacklogSendsTheNextToAPerson) {
  start({.workers = 1, .backlog = 1});
  std::promise<void> started, go_on;
  std::atomic<bool> first{true};
  bot.before_reply = [&](const BotTurn&) {
    if (!first.exchange(false)) return;
    started.set_value();
    go_on.get_future().wait();
  };
  must(world.say(world.contact(), "一", "c-1"));
  started.get_future().wait();
  const auto waits = must(world.say(world.contact(), "二", "c-1")).conversation.id;
  const auto refused = must(world.say(world.contact(), "三", "c-1")).conversation.id;
  go_on.set_value();
  turns->wait_idle();
  EXPECT_EQ(world.load(waits).handler, Handler::kBot);
  EXPECT_EQ(world.load(refused).handler, Handler::kWaiting);
  EXPECT_EQ(turns->stats().refused, 1);
}

}  // namespace
}  // namespace zk::conversation
