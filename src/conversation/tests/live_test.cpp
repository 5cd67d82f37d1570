// The hub and the desk on a real database, with screens that remember what they were shown.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>
#include <thread>

#include "base/random.hpp"
#include "conversation/desk.hpp"
#include "conversation/hub.hpp"
#include "conversation/tests/world.hpp"

namespace zk::conversation {
namespace {
namespace json = boost::json;
using testing::ElementsAre;

class FakeScreen final : public Screen {
 public:
  void show(Frame frame) override {
    const std::lock_guard lock(mutex_);
    frames_.push_back(json::parse(*frame).as_object());
  }
  void notify_when_sent() override { awaited = true; }
  void end() override { ended = true; }
  std::atomic<bool> awaited{false};
  std::atomic<bool> ended{false};
  std::vector<json::object> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::vector<std::int64_t> seqs() const {
    std::vector<std::int64_t> out;
    for (const auto& f : frames())
      if (f.at("type").as_string() == "event") out.push_back(f.at("seq").as_int64());
    return out;
  }
  std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& f : frames())
      out.emplace_back(f.at("type").as_string() == "event" ? f.at("kind").as_string()
                                                           : f.at("type").as_string());
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<json::object> frames_;
};

class LiveTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    start({});
  }
  void start(Hub::Options options) {
    desk = nullptr;
    hub = nullptr;
    hub = must(Hub::start(*world.db, options));
    presence = std::make_unique<Presence>(world.clock);
    desk = std::make_unique<Desk>(*world.db, world.clock, *world.conversations, *presence, *hub);
    world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return true; },
                                  .queue_changed = [this] { pokes++; },
                                  .available = [this](AgentId a) { return !presence->gone(a); },
                                  .position = [this](ConversationId id) { return desk->position(id); }});
  }
  void TearDown() override {
    desk = nullptr;
    hub = nullptr;
  }
  std::shared_ptr<FakeScreen> watch(const Viewer& viewer, std::optional<std::int64_t> since = std::nullopt,
                                    Hub::ScreenId* id = nullptr) {
    auto screen = std::make_shared<FakeScreen>();
    const auto got = hub->join(viewer, screen, since, "{}");
    if (id) *id = got;
    return screen;
  }
  Viewer agent_viewer(std::size_t i = 0) {
    return {.agent = world.agents[i], .role = Role::kAgent, .contact = {}};
  }
  Viewer visitor_viewer(ContactId c) { return {.agent = {}, .role = Role::kViewer, .contact = c}; }
  ConversationId waiting_conversation() {
    return must(world.conversations->ask_for_human(world.contact(), world.inbox, "zh-CN", soon())).id;
  }
  std::unique_ptr<Hub> hub;
  std::unique_ptr<Presence> presence;
  std::unique_ptr<Desk> desk;
  std::atomic<int> pokes{0};
};
INSTANTIATE_TEST_SUITE_P(Engines, LiveTest, testing::ValuesIn(storage::kEngines));

TEST_P(LiveTest, AgentsSeeAllVisitorsOnlyTheirOwnWithoutNotesAndInnerIds) {
  const auto mine = world.contact("甲"), other = world.contact("乙");
  const auto agent = watch(agent_viewer());
  const auto editor = watch({.agent = world.agents[1], .role = Role::kEditor, .contact = {}});
  const auto visitor = watch(visitor_viewer(mine));
  const auto id = must(world.say(mine, "你好", "c-1")).conversation.id;
  must(world.say(other, "你好", "c-1"));
  must(world.answer(id, 0, "内部备注", "a-1", MessageKind::kNote));
  must(world.answer(id, 0, "您好", "a-2"));
  hub->flush();
  EXPECT_THAT(agent->kinds(), ElementsAre("welcome", "conversation.created", "message.created",
                                          "conversation.created", "message.created", "message.created",
                                          "message.created", "message.created", "conversation.updated"));
  EXPECT_THAT(editor->kinds(), ElementsAre("welcome")) << "an editor may not read conversations";
  EXPECT_THAT(visitor->kinds(), ElementsAre("welcome", "message.created", "message.created",
                                            "message.created", "conversation.updated"));
  for (const auto& frame : visitor->frames()) {
    const auto text = json::serialize(frame);
    EXPECT_EQ(text.find("内部备注"), std::string::npos);
    for (const auto* key : {"sender_id", "assignee_id", "priority", "team_id", "bot_attempts"})
      EXPECT_EQ(text.find(key), std::string::npos) << key;
  }
  EXPECT_EQ(visitor->frames()[3].at("data").at("message").at("sender_name").as_string(), "李娜");
}

TEST_P(LiveTest, ResumeNeitherLosesNorRepeatsAnEvent) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    start({.ring_bytes = seed == 2 ? 20'000u : 8u << 20,
           .queue_bytes = seed == 3 ? 1u : 32u << 20,
           .resume_events = 100'000,
           .page_events = seed == 1 ? 100u : 7u});
    std::vector<ContactId> people;
    for (int i = 0; i < 4; ++i) people.push_back(world.contact());
    const auto from = must(world.db->last_seq());
    std::atomic<bool> done{false};
    std::vector<std::thread> writers;
    for (std::size_t t = 0; t < 2; ++t)
      writers.emplace_back([&, t] {
        for (int i = 0; i < 120; ++i)
          ASSERT_TRUE(world
                          .say(people[t * 2 + static_cast<std::size_t>(i % 2)], "第",
                               "s" + std::to_string(seed) + "-" +
                                   std::to_string(t * 1000 + static_cast<std::size_t>(i)))
                          .has_value());
      });
    std::thread ender([&] {
      for (auto& w : writers) w.join();
      done = true;
    });
    std::vector<std::int64_t> seen;
    std::int64_t since = from;
    bool last_round = false;
    while (true) {  // connects, stays for a while, is cut off, comes back with the last number it saw
      last_round = done;
      Hub::ScreenId id = 0;
      const auto screen = watch(agent_viewer(), since, &id);
      for (std::uint64_t i = 0; i < 1 + random.below(3) || (last_round && screen->awaited); ++i) {
        if (screen->awaited.exchange(false)) hub->sent(id);
        hub->flush();
      }
      hub->leave(id);
      hub->flush();
      for (const auto seq : screen->seqs()) seen.push_back(seq);
      if (!seen.empty()) since = seen.back();
      if (last_round) break;
    }
    ender.join();
    std::vector<std::int64_t> expected;
    for (const auto& e : must(world.db->events_after(from, 10'000))) expected.push_back(e.seq);
    EXPECT_EQ(expected.size(), seen.size());
    EXPECT_EQ(seen, expected);
    if (seed == 3) {
      EXPECT_GT(hub->stats().overruns, 0) << "the small queue must have overrun for this to test anything";
    }
  }
}

// A page goes out when the one before has left, whatever else happens meanwhile; then the client is live.
TEST_P(LiveTest, CatchingUpWaitsForTheClient) {
  start({.page_events = 4});
  const auto who = world.contact();
  const auto from = must(world.db->last_seq());
  const auto say = [&](int i) { must(world.say(who, "一", "c-" + std::to_string(i))); };
  for (int i = 0; i < 10; ++i) say(i);  // eleven events, one of them agents' only
  hub->flush();
  Hub::ScreenId agent_id = 0, visitor_id = 0;
  const auto agent = watch(agent_viewer(), from, &agent_id);
  const auto visitor = watch(visitor_viewer(who), from, &visitor_id);
  hub->flush();
  EXPECT_EQ(agent->seqs().size(), 4u);
  EXPECT_EQ(visitor->seqs().size(), 4u);
  say(10);  // not shown before its turn
  hub->flush();
  EXPECT_EQ(agent->seqs().size(), 4u);
  for (std::size_t page = 2; page <= 3; ++page) {
    hub->sent(agent_id);
    hub->flush();
    EXPECT_EQ(agent->seqs().size(), 4 * page);
  }
  hub->sent(agent_id);  // nothing is left: it is live
  say(11);
  hub->flush();
  const auto seqs = agent->seqs();
  EXPECT_EQ(seqs.size(), 13u);
  EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end()));
  EXPECT_EQ(visitor->seqs().size(), 4u) << "each at its own pace";
  hub->leave(visitor_id);
  hub->sent(visitor_id);  // of a screen that has gone
  hub->flush();
  EXPECT_EQ(hub->stats().resumes, 2);
  EXPECT_EQ(hub->stats().resets, 0);
}

TEST_P(LiveTest, AfterARestartAVisitorResumesFromWhatTheHubHasRead) {
  const auto who = world.contact();
  const auto from = must(world.db->last_seq());
  for (int i = 0; i < 3; ++i) must(world.say(who, "一", "c-" + std::to_string(i)));
  start({});
  const auto visitor = watch(visitor_viewer(who), from);
  hub->flush();
  EXPECT_THAT(visitor->kinds(),
              ElementsAre("welcome", "message.created", "message.created", "message.created"));
}

TEST_P(LiveTest, TooFarBehindIsToldToLoadAgain) {
  start({.ring_bytes = 2'000, .resume_events = 5});
  const auto who = world.contact();
  const auto from = must(world.db->last_seq());
  for (int i = 0; i < 10; ++i) must(world.say(who, "一", "c-" + std::to_string(i)));
  hub->flush();
  const auto behind = watch(agent_viewer(), from);
  const auto visitor = watch(visitor_viewer(who), from);
  const auto ahead = watch(agent_viewer(), 1'000'000);
  const auto near = watch(agent_viewer(), must(world.db->last_seq()) - 3);
  hub->flush();
  EXPECT_THAT(behind->kinds(), ElementsAre("welcome", "reset"));
  EXPECT_THAT(visitor->kinds(), ElementsAre("welcome", "reset"));
  EXPECT_THAT(ahead->kinds(), ElementsAre("welcome", "reset"));
  EXPECT_THAT(near->kinds(), ElementsAre("welcome", "message.created", "message.created", "message.created"));
}

TEST_P(LiveTest, TypingReachesTheOtherSideOnly) {
  const auto mine = world.contact(), other = world.contact();
  const auto id = must(world.say(mine, "你好", "c-1")).conversation.id;
  const auto agent = watch(agent_viewer());
  const auto visitor = watch(visitor_viewer(mine)), stranger = watch(visitor_viewer(other));
  hub->typing({.conversation_id = id, .who = SenderKind::kAgent, .name = "李娜", .contact = {}, .on = true});
  hub->typing({.conversation_id = id, .who = SenderKind::kVisitor, .name = {}, .contact = mine, .on = true});
  hub->typing({.conversation_id = id, .who = SenderKind::kVisitor, .name = {}, .contact = other, .on = true});
  hub->flush();
  EXPECT_THAT(agent->kinds(), ElementsAre("welcome", "typing", "typing"));
  EXPECT_THAT(visitor->kinds(), ElementsAre("welcome", "typing"));
  EXPECT_THAT(stranger->kinds(), ElementsAre("welcome"));
}

TEST_P(LiveTest, AWaitingConversationGoesToWhoIsThereAndBackWhenHeLeaves) {
  const auto first = waiting_conversation();
  must(desk->round(soon()));
  EXPECT_EQ(desk->position(first), 1);
  EXPECT_EQ(world.load(first).handler, Handler::kWaiting) << "nobody is there";

  desk->connected(world.agents[2]);  // of no team
  must(desk->round(soon()));
  EXPECT_EQ(world.load(first).handler, Handler::kWaiting);
  desk->connected(world.agents[0]);
  must(desk->round(soon()));  // learns what he chose
  must(desk->round(soon()));
  EXPECT_EQ(world.load(first).assignee_id, world.agents[0]);
  EXPECT_EQ(desk->position(first), std::nullopt);

  const auto contact = world.load(first).contact_id;
  must(world.say(contact, "在吗", "c-2"));
  desk->disconnected(world.agents[0]);
  must(desk->round(soon()));
  EXPECT_EQ(world.load(first).handler, Handler::kHuman) << "within the grace period";
  world.clock.advance(std::chrono::seconds(31));
  must(desk->round(soon()));
  EXPECT_EQ(world.load(first).handler, Handler::kWaiting);
  EXPECT_EQ(desk->position(first), 1);
  EXPECT_EQ(desk->stats().returned, 1);
}

TEST_P(LiveTest, AnAnsweredConversationStaysUntilItsVisitorWritesAgain) {
  desk->connected(world.agents[0]);
  must(desk->round(soon()));
  const auto id = waiting_conversation();
  must(desk->round(soon()));
  ASSERT_EQ(world.load(id).assignee_id, world.agents[0]);
  must(world.answer(id, 0, "好了", "a-1"));
  desk->disconnected(world.agents[0]);
  world.clock.advance(std::chrono::seconds(31));
  must(desk->round(soon()));
  EXPECT_EQ(world.load(id).handler, Handler::kHuman);
  pokes = 0;
  must(world.say(world.load(id).contact_id, "还有一个问题", "c-9"));
  EXPECT_EQ(pokes, 1);
  must(desk->round(soon()));
  EXPECT_EQ(world.load(id).handler, Handler::kWaiting);
}

TEST_P(LiveTest, CapacityHoldsAndTheQueueMovesUp) {
  desk->connected(world.agents[0]);
  desk->connected(world.agents[1]);
  must(desk->round(soon()));
  std::vector<ConversationId> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(waiting_conversation());
    world.clock.advance(std::chrono::seconds(1));
  }
  const auto visitor = watch(visitor_viewer(world.load(ids[5]).contact_id));
  must(desk->round(soon()));
  std::map<AgentId, int> load;
  for (int i = 0; i < 4; ++i) ++load[world.load(ids[static_cast<std::size_t>(i)]).assignee_id];
  EXPECT_EQ(load[world.agents[0]], 2);
  EXPECT_EQ(load[world.agents[1]], 2);
  EXPECT_EQ(desk->position(ids[4]), 1);
  EXPECT_EQ(desk->position(ids[5]), 2);
  must(
      world.conversations->change(ids[0], {.status = ConversationStatus::kResolved}, world.agent(0), soon()));
  must(desk->round(soon()));
  EXPECT_EQ(world.load(ids[4]).handler, Handler::kHuman);
  EXPECT_EQ(desk->position(ids[5]), 1);
  hub->flush();
  std::vector<std::int64_t> places;
  for (const auto& f : visitor->frames())
    if (f.at("type").as_string() == "queue") places.push_back(f.at("position").as_int64());
  EXPECT_THAT(places, ElementsAre(2, 1));
}

TEST_P(LiveTest, TheDeskActsByItself) {
  desk->start();
  desk->connected(world.agents[0]);
  const auto agent = watch(agent_viewer());
  world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return true; },
                                .queue_changed = [this] { desk->poke(); },
                                .available = {},
                                .position = {}});
  const auto id = waiting_conversation();
  const auto deadline = soon();
  while (world.load(id).handler != Handler::kHuman && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(world.load(id).assignee_id, world.agents[0]);
}

}  // namespace
}  // namespace zk::conversation
