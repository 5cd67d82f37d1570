// Random operations; after each one the row must say what the messages say, and the last event what the row
// says.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "base/random.hpp"
#include "conversation/tests/world.hpp"

namespace zk::conversation {
namespace {
namespace json = boost::json;

constexpr storage::Query kMessages{
    "test.messages", "SELECT id, sender, kind, text FROM message WHERE conversation_id = $1 ORDER BY id"};
constexpr storage::Query kIds{"test.ids", "SELECT id FROM conversation"};

class ModelTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return true; },
                                  .queue_changed = {},
                                  .available = {},
                                  .position = {}});
  }
  std::vector<ConversationId> ids() {
    std::vector<ConversationId> out;
    for (const auto& row : must(world.db->read(soon(), [](storage::Tx& tx) { return tx.all(kIds); })))
      out.push_back(row.id<ConversationId>(0));
    return out;
  }
  void check(ConversationId id) {
    const auto c = world.load(id);
    std::string preview;
    std::int64_t last = 0;
    int unread = 0;
    const auto rows = must(world.db->read(soon(), [&](storage::Tx& tx) { return tx.all(kMessages, {id}); }));
    ASSERT_FALSE(rows.empty()) << "an empty conversation";
    for (const auto& row : rows) {
      if (row.text(1) == "visitor" && row.integer(0) > c.agent_read_id.value) ++unread;
      if (row.text(2) == "note") continue;
      last = row.integer(0);
      if (row.text(2) != "activity" || preview.empty()) preview = row.text(3);
    }
    EXPECT_EQ(c.preview, preview);
    EXPECT_EQ(c.last_message_id.value, last);
    EXPECT_EQ(c.unread, unread);
    if (c.status == ConversationStatus::kResolved) {
      EXPECT_NE(c.resolved_at, Timestamp{});
    } else {
      EXPECT_EQ(static_cast<bool>(c.assignee_id), c.handler == Handler::kHuman);
      EXPECT_EQ(c.waiting_since != Timestamp{}, c.handler == Handler::kWaiting);
      EXPECT_EQ(c.resolved_at, Timestamp{});
    }
    EXPECT_EQ(c.handed_over_at != Timestamp{}, c.handler != Handler::kBot);
  }
  // The newest event of each conversation that carries it.
  void check_events(std::int64_t after) {
    std::map<std::int64_t, json::value> told;
    for (const auto& e : must(world.db->events_after(after, 10'000))) {
      auto data = json::parse(e.payload);
      if (e.kind == "conversation.read")
        told.erase(e.conversation_id);
      else
        told[e.conversation_id] = e.kind.starts_with("message.") ? data.at("conversation") : data;
    }
    for (const auto& [id, data] : told) {
      JsonWriter w;
      write(w, world.load(ConversationId{id}), zk::conversation::Audience::kAgents, std::nullopt);
      EXPECT_EQ(data, json::parse(w.str()));
    }
  }
  void step(Random& random, const std::vector<ContactId>& people) {
    auto& s = *world.conversations;
    const auto who = people[random.below(people.size())];
    const auto all = ids();
    const auto any = all.empty() ? ConversationId{1} : all[random.below(all.size())];
    const auto client = "c-" + std::to_string(random.below(40));  // some are retries
    const auto agent = static_cast<std::size_t>(random.below(3));
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        (void)world.say(who, "说" + client, client);
        break;
      case 3:
        (void)world.answer(any, agent, "答" + client, client);
        break;
      case 4:
        (void)world.answer(any, agent, "记" + client, "n" + client, MessageKind::kNote);
        break;
      case 5:
        (void)s.change(
            any, {.status = random.below(2) ? ConversationStatus::kResolved : ConversationStatus::kOpen},
            world.agent(agent), soon());
        break;
      case 6:
        (void)s.change(any, {.assignee = random.below(3) ? world.agents[agent] : AgentId{}},
                       world.agent(agent), soon());
        break;
      case 7:
        (void)s.read_by_agent(any, MessageId{static_cast<std::int64_t>(random.below(60))}, world.agent(agent),
                              soon());
        break;
      case 8:
        (void)s.ask_for_human(who, world.inbox, "zh-CN", soon());
        break;
      case 9:
        (void)s.change(any, {.snoozed_until = world.clock.now() + std::chrono::minutes(5)},
                       world.agent(agent), soon());
        break;
      case 10:
        (void)s.give_waiting(any, world.agents[agent], soon());
        break;
      default:
        if (const auto turn = s.due_turn(any, soon()); turn && *turn) {
          RuleResponder bot;
          (void)s.finish_turn(**turn, must(bot.reply(**turn, soon())), soon());
        }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ModelTest, testing::ValuesIn(storage::kEngines));

TEST_P(ModelTest, RowMessagesAndEventsAgreeAfterEveryOperation) {
  const std::vector<ContactId> people{world.contact(), world.contact(), world.contact()};
  Random random(20261123);
  for (int i = 0; i < 150; ++i) {
    SCOPED_TRACE(i);
    const auto before = must(world.db->last_seq());
    step(random, people);
    world.clock.advance(std::chrono::seconds(1));
    if (i % 25 == 0) must(world.conversations->wake(soon()));
    for (const auto id : ids()) check(id);
    check_events(before);
    if (HasFailure()) return;
  }
  EXPECT_GT(ids().size(), 3u) << "resolved ones must have been followed by new ones";
}

}  // namespace
}  // namespace zk::conversation
