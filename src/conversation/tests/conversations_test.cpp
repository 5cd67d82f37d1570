#include "conversation/conversations.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>
#include <thread>

#include "conversation/tests/world.hpp"

namespace zk::conversation {
namespace {
namespace json = boost::json;
using testing::ElementsAre;

class ConversationsTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    world.conversations->connect({.turn_due =
                                      [this](ConversationId id, const auto&) {
                                        due.push_back(id);
                                        return true;
                                      },
                                  .queue_changed = [this] { ++queue_changes; },
                                  .available = {},
                                  .position = {}});
  }
  std::vector<ConversationId> due;
  int queue_changes = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, ConversationsTest, testing::ValuesIn(storage::kEngines));

TEST_P(ConversationsTest, FirstMessageOpensAConversationWithItsEventsInOneTransaction) {
  const auto before = must(world.db->last_seq());
  const auto who = world.contact("张三");
  const auto posted = must(world.say(who, "退款多久到账", "c-1"));
  EXPECT_TRUE(posted.stored);
  const auto c = world.load(posted.conversation.id);
  EXPECT_EQ(c.status, ConversationStatus::kOpen);
  EXPECT_EQ(c.handler, Handler::kBot);
  EXPECT_EQ(c.team_id, world.team);
  EXPECT_EQ(c.preview, "退款多久到账");
  EXPECT_EQ(c.last_message_id, posted.message.id);
  EXPECT_EQ(c.unread, 1);
  EXPECT_TRUE(c.turn_due());
  EXPECT_THAT(due, ElementsAre(c.id));
  EXPECT_THAT(world.kinds_after(before), ElementsAre("conversation.created", "message.created"));

  const auto events = must(world.db->events_after(before, 10));
  const auto data = json::parse(events[1].payload).as_object();
  EXPECT_EQ(data.at("message").at("client_id").as_string(), "c-1");
  EXPECT_EQ(data.at("message").at("blocks").at(0).at("text").as_string(), "退款多久到账");
  EXPECT_EQ(data.at("conversation").at("contact").at("name").as_string(), "张三");
  EXPECT_EQ(data.at("conversation").at("unread_count").as_int64(), 1);
  EXPECT_EQ(data.at("conversation").at("last_message_id").as_int64(), posted.message.id.value);
  EXPECT_EQ(events[1].contact_id, who.value);
  EXPECT_EQ(events[1].actor, "visitor:" + std::to_string(who.value));
}

TEST_P(ConversationsTest, ARetryStoresNothingAndReturnsWhatIsStored) {
  const auto who = world.contact();
  const auto first = must(world.say(who, "在吗", "c-1"));
  const auto seq = must(world.db->last_seq());
  const auto again = must(world.say(who, "在吗", "c-1"));
  EXPECT_FALSE(again.stored);
  EXPECT_EQ(again.message.id, first.message.id);
  EXPECT_EQ(must(world.db->last_seq()), seq);

  must(world.conversations->change(first.conversation.id, {.status = ConversationStatus::kResolved},
                                   world.agent(0), soon()));
  const auto late = must(world.say(who, "在吗", "c-1"));
  EXPECT_FALSE(late.stored) << "a retry after the conversation was resolved must not open another";
  EXPECT_EQ(late.message.id, first.message.id);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM conversation"), 1);
}

TEST_P(ConversationsTest, RetriesAtTheSameMomentStoreOneMessage) {
  const auto who = world.contact();
  world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return true; },
                                .queue_changed = {},
                                .available = {},
                                .position = {}});
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::int64_t> ids;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto posted = world.say(who, "消息", "c-" + std::to_string(i));
        ASSERT_TRUE(posted.has_value());
        const std::lock_guard lock(mutex);
        ids.insert(posted->message.id.value);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(ids.size(), 20u);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM message"), 20);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM conversation"), 1);
  EXPECT_EQ(world.count("SELECT unread_count FROM conversation"), 20);
}

TEST_P(ConversationsTest, AChoiceWithoutWordsSaysItsLabel) {
  const auto who = world.contact();
  const auto posted = must(world.say(who, "退款?", "c-1"));
  const auto turn = must(world.conversations->due_turn(posted.conversation.id, soon()));
  ASSERT_TRUE(turn.has_value());
  RuleResponder bot;
  EXPECT_TRUE(must(world.conversations->finish_turn(*turn, must(bot.reply(*turn, soon())), soon())));
  const auto picked = must(world.say(who, "", "c-2", "article:X017"));
  EXPECT_EQ(json::parse(picked.message.blocks).at(0).at("text").as_string(), "退款多久到账");
  EXPECT_EQ(picked.message.pick, "article:X017");
  const auto unknown = world.say(who, "", "c-3", "article:X999");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().field, "/pick");
}

TEST_P(ConversationsTest, TheBotsReplyCarriesItsStateTraceAndCounters) {
  const auto who = world.contact();
  const auto posted = must(world.say(who, "退款", "c-1"));
  const auto turn = must(world.conversations->due_turn(posted.conversation.id, soon()));
  RuleResponder bot;
  ASSERT_TRUE(must(world.conversations->finish_turn(*turn, must(bot.reply(*turn, soon())), soon())));
  const auto c = world.load(posted.conversation.id);
  EXPECT_FALSE(c.turn_due());
  EXPECT_EQ(c.bot_attempts, 1);
  EXPECT_EQ(c.preview, "答:退款");
  EXPECT_EQ(c.last_sender, SenderKind::kBot);
  EXPECT_EQ(c.bot_state, R"({"n":)" + std::to_string(posted.message.id.value) + "}");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM trace"), 1);
  EXPECT_FALSE(must(world.conversations->finish_turn(*turn, must(bot.reply(*turn, soon())), soon())))
      << "a turn is said once";
}

TEST_P(ConversationsTest, TheTurnGivenWithAMessageIsTheOneThatIsDue) {
  std::optional<BotTurn> given;
  world.conversations->connect({.turn_due =
                                    [&](ConversationId, auto turn) {
                                      given = std::move(turn);
                                      return true;
                                    },
                                .queue_changed = {},
                                .available = {},
                                .position = {}});
  const auto who = world.contact();
  const auto posted = must(world.say(who, "退款", "c-1"));
  const auto due = must(world.conversations->due_turn(posted.conversation.id, soon()));
  ASSERT_TRUE(given && due);
  EXPECT_EQ(given->message_id, due->message_id);
  EXPECT_EQ(given->after, due->after);
  EXPECT_EQ(given->text, due->text);
  EXPECT_EQ(given->locale, due->locale);
  EXPECT_EQ(given->state, due->state);
  EXPECT_EQ(given->contact_name, due->contact_name);
  must(world.say(who, "发货", "c-2"));
  EXPECT_FALSE(given) << "an older message comes first";
  auto stale = *due;
  stale.after = MessageId{due->message_id.value + 1};
  RuleResponder bot;
  EXPECT_FALSE(must(world.conversations->finish_turn(stale, must(bot.reply(stale, soon())), soon())));
  EXPECT_TRUE(must(world.conversations->finish_turn(*due, must(bot.reply(*due, soon())), soon())));
  EXPECT_EQ(must(world.conversations->due_turn(posted.conversation.id, soon()))->text, "发货");
}

TEST_P(ConversationsTest, TheBotIsSilentOnceAnAgentTookOver) {
  const auto posted = must(world.say(world.contact(), "退款", "c-1"));
  const auto turn = must(world.conversations->due_turn(posted.conversation.id, soon()));
  must(world.answer(posted.conversation.id, 0, "我来帮您", "a-1"));
  RuleResponder bot;
  EXPECT_FALSE(must(world.conversations->finish_turn(*turn, must(bot.reply(*turn, soon())), soon())));
  EXPECT_THAT(world.texts(posted.conversation.id), ElementsAre("退款", "李娜 接入了对话", "我来帮您"));
  const auto c = world.load(posted.conversation.id);
  EXPECT_EQ(c.handler, Handler::kHuman);
  EXPECT_EQ(c.assignee_id, world.agents[0]);
  EXPECT_EQ(c.unread, 0);
  EXPECT_NE(c.first_reply_at, Timestamp{});
  EXPECT_FALSE(must(world.conversations->due_turn(c.id, soon())).has_value());
}

TEST_P(ConversationsTest, NotesAreForAgentsAndLeaveNoTraceInThePreview) {
  const auto posted = must(world.say(world.contact(), "退款", "c-1"));
  const auto seq = must(world.db->last_seq());
  must(world.answer(posted.conversation.id, 0, "客户很急", "a-1", MessageKind::kNote));
  const auto c = world.load(posted.conversation.id);
  EXPECT_EQ(c.handler, Handler::kBot) << "a note takes nothing over";
  EXPECT_EQ(c.preview, "退款");
  EXPECT_EQ(c.last_message_id, posted.message.id);
  const auto events = must(world.db->events_after(seq, 10));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].audience, "agents");
}

TEST_P(ConversationsTest, AFullBacklogHandsTheConversationToAPerson) {
  world.conversations->connect({.turn_due = [](ConversationId, const auto&) { return false; },
                                .queue_changed = [this] { ++queue_changes; },
                                .available = {},
                                .position = {}});
  const auto posted = must(world.say(world.contact(), "退款", "c-1"));
  const auto c = world.load(posted.conversation.id);
  EXPECT_EQ(c.handler, Handler::kWaiting);
  EXPECT_EQ(c.waiting_since, world.clock.now());
  EXPECT_FALSE(c.turn_due());
  EXPECT_EQ(world.texts(c.id).size(), 2u);
  EXPECT_EQ(queue_changes, 1);
}

TEST_P(ConversationsTest, HandOverByTheBotAndOnRequest) {
  const auto who = world.contact();
  const auto posted = must(world.say(who, "人工", "c-1"));
  const auto turn = must(world.conversations->due_turn(posted.conversation.id, soon()));
  RuleResponder bot;
  ASSERT_TRUE(must(world.conversations->finish_turn(*turn, must(bot.reply(*turn, soon())), soon())));
  EXPECT_EQ(world.load(posted.conversation.id).handler, Handler::kWaiting);
  EXPECT_EQ(world.load(posted.conversation.id).priority, 1);
  const auto again = must(world.conversations->ask_for_human(who, world.inbox, "zh-CN", soon()));
  EXPECT_EQ(again.id, posted.conversation.id);
  EXPECT_EQ(world.texts(again.id).size(), 3u) << "who waits already is not queued again";

  const auto fresh = must(world.conversations->ask_for_human(world.contact(), world.inbox, "en", soon()));
  EXPECT_EQ(fresh.handler, Handler::kWaiting);
  EXPECT_EQ(fresh.preview, "Connecting you to a person");
  EXPECT_TRUE(fresh.last_message_id) << "a conversation is never empty";
}

TEST_P(ConversationsTest, AHandOverLeavesTheAgentANoteThatTheVisitorDoesNotSee) {
  const auto who = world.contact();
  const auto id = must(world.say(who, "人工", "c-1")).conversation.id;
  const auto turn = must(world.conversations->due_turn(id, soon()));
  auto reply = must(RuleResponder().reply(*turn, soon()));
  reply.note = "退款多久到账: order: A1024";
  ASSERT_TRUE(must(world.conversations->finish_turn(*turn, reply, soon())));
  EXPECT_THAT(world.texts(id), testing::Contains(reply.note));
  EXPECT_NE(world.load(id).preview, reply.note);
  for (const auto& e : must(world.db->events_after(0, 1000)))
    if (e.payload.find(reply.note) != std::string::npos) EXPECT_EQ(e.audience, "agents");
}

TEST_P(ConversationsTest, LabelAndPriorityGoWithTheReply) {
  static constexpr storage::Query kLabel{
      "test.label", "INSERT INTO label (name, color) VALUES ('催单', '#b91c1c') RETURNING id"};
  const auto row = must(world.db->write(soon(), [](storage::Tx& tx) { return tx.one(kLabel); }));
  const auto label = row.id<LabelId>(0);
  const auto id = must(world.say(world.contact(), "你们太慢了", "c-1")).conversation.id;
  for (int round = 1; round <= 2; ++round) {
    const auto turn = must(world.conversations->due_turn(id, soon()));
    ASSERT_TRUE(turn);
    const BotReply reply{.decision = "answer",
                         .priority = 3 - round,
                         .team = TeamId{999},
                         .label = label,
                         .blocks = text_blocks("…"),
                         .state = "{}",
                         .trace = "{}"};
    ASSERT_TRUE(must(world.conversations->finish_turn(*turn, reply, soon())));
    EXPECT_EQ(world.load(id).labels, "[" + std::to_string(label.value) + "]");
    EXPECT_EQ(world.load(id).priority, 2) << "raised, never lowered";
    EXPECT_EQ(world.load(id).team_id, world.team) << "a team takes over at a hand-over only";
    must(world.say(world.load(id).contact_id, "还在吗", "c-" + std::to_string(round + 1)));
  }
  const auto turn = must(world.conversations->due_turn(id, soon()));
  const BotReply gone{.decision = "handover",
                      .handover = true,
                      .team = TeamId{999},
                      .label = LabelId{999},
                      .blocks = text_blocks("…"),
                      .state = "{}",
                      .trace = "{}"};
  ASSERT_TRUE(must(world.conversations->finish_turn(*turn, gone, soon())));
  EXPECT_EQ(world.load(id).handler, Handler::kWaiting);
  EXPECT_EQ(world.load(id).team_id, world.team) << "what is not there any more is left out";
}

TEST_P(ConversationsTest, AssignTeamLabelsSnoozeResolveReopen) {
  auto& s = *world.conversations;
  const auto id = must(world.say(world.contact(), "退款", "c-1")).conversation.id;
  auto c = must(s.change(id, {.assignee = world.agents[1]}, world.agent(0), soon()));
  EXPECT_EQ(c.handler, Handler::kHuman);
  EXPECT_EQ(c.preview, "退款") << "who joined does not hide what was said";
  c = must(s.change(id, {.assignee = AgentId{}}, world.agent(0), soon()));
  EXPECT_EQ(c.handler, Handler::kWaiting);
  EXPECT_FALSE(c.assignee_id);
  c = must(s.change(id,
                    {.priority = 2, .labels = std::vector{world.labels[1], world.labels[0], world.labels[1]}},
                    world.agent(0), soon()));
  EXPECT_EQ(c.labels,
            "[" + std::to_string(world.labels[0].value) + "," + std::to_string(world.labels[1].value) + "]");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM conversation_label"), 2);
  EXPECT_EQ(s.change(id, {.labels = std::vector{LabelId{999}}}, world.agent(0), soon()).error().field,
            "/labels");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM conversation_label"), 2)
      << "a refused change leaves all as it was";
  EXPECT_EQ(s.change(id, {.assignee = AgentId{999}}, world.agent(0), soon()).error().field, "/assignee_id");
  EXPECT_EQ(s.change(id, {.snoozed_until = world.clock.now()}, world.agent(0), soon()).error().field,
            "/snoozed_until");

  const auto until = world.clock.now() + std::chrono::hours(1);
  c = must(s.change(id, {.snoozed_until = until}, world.agent(0), soon()));
  EXPECT_EQ(c.status, ConversationStatus::kSnoozed);
  EXPECT_EQ(must(s.wake(soon())), until);
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(must(s.wake(soon())), std::nullopt);
  EXPECT_EQ(world.load(id).status, ConversationStatus::kOpen);

  c = must(s.change(id, {.status = ConversationStatus::kResolved}, world.agent(0), soon()));
  EXPECT_EQ(c.resolved_at, world.clock.now());
  EXPECT_EQ(world.answer(id, 0, "还在吗", "a-1").error().code, ErrorCode::kConflict);
  EXPECT_EQ(s.change(id, {.assignee = world.agents[1]}, world.agent(0), soon()).error().code,
            ErrorCode::kConflict);
  c = must(s.change(id, {.status = ConversationStatus::kOpen}, world.agent(0), soon()));
  EXPECT_EQ(c.handler, Handler::kHuman);
  EXPECT_EQ(c.resolved_at, Timestamp{});
}

TEST_P(ConversationsTest, AVisitorsMessageWakesASnoozedConversation) {
  const auto who = world.contact();
  const auto id = must(world.say(who, "退款", "c-1")).conversation.id;
  must(world.answer(id, 0, "稍等", "a-1"));
  must(world.conversations->change(id, {.snoozed_until = world.clock.now() + std::chrono::hours(1)},
                                   world.agent(0), soon()));
  EXPECT_EQ(must(world.say(who, "好了吗", "c-2")).conversation.status, ConversationStatus::kOpen);
  EXPECT_EQ(world.load(id).assignee_id, world.agents[0]);
}

TEST_P(ConversationsTest, ReadMarksOnlyMoveForward) {
  const auto who = world.contact();
  const auto first = must(world.say(who, "一", "c-1"));
  const auto second = must(world.say(who, "二", "c-2"));
  const auto id = first.conversation.id;
  must(world.conversations->read_by_agent(id, first.message.id, world.agent(0), soon()));
  EXPECT_EQ(world.load(id).unread, 1);
  must(world.conversations->read_by_agent(id, MessageId{1'000'000}, world.agent(0), soon()));
  EXPECT_EQ(world.load(id).agent_read_id, second.message.id)
      << "nothing beyond the last message can have been read";
  EXPECT_EQ(world.load(id).unread, 0);
  const auto seq = must(world.db->last_seq());
  must(world.conversations->read_by_agent(id, first.message.id, world.agent(0), soon()));
  EXPECT_EQ(must(world.db->last_seq()), seq);
}

TEST_P(ConversationsTest, FeedbackAndRatingBelongToTheirVisitor) {
  const auto who = world.contact(), stranger = world.contact();
  const auto id = must(world.say(who, "退款", "c-1")).conversation.id;
  const auto turn = must(world.conversations->due_turn(id, soon()));
  RuleResponder bot;
  must(world.conversations->finish_turn(*turn, must(bot.reply(*turn, soon())), soon()));
  const auto answer = world.load(id).last_message_id;
  EXPECT_EQ(world.conversations->feedback(stranger, answer, 1, soon()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(must(world.conversations->feedback(who, answer, -1, soon())).feedback, -1);
  EXPECT_EQ(world.conversations->feedback(who, turn->message_id, 1, soon()).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(world.conversations->rate(stranger, world.inbox, 5, "", soon()).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(world.conversations->rate(who, world.inbox, 6, "", soon()).error().field, "/rating");
  EXPECT_EQ(must(world.conversations->rate(who, world.inbox, 4, "  不错\x07 ", soon())).rating_comment,
            "不错");
}

TEST(Intake, OnlyWhatAVisitorMaySendPasses) {
  const Intake intake;
  const auto masked = must(intake.clean({TextBlock{" 打13812345678\x01 "}}, SenderKind::kVisitor));
  EXPECT_EQ(plain_text(masked.blocks), "打138****5678");
  ASSERT_EQ(masked.originals.size(), 1u);
  EXPECT_EQ(masked.originals[0].value, "13812345678");
  EXPECT_EQ(masked.originals[0].path, "/blocks/0/text");
  EXPECT_EQ(masked.originals[0].start, 1u);
  EXPECT_EQ(masked.originals[0].end, 12u);
  EXPECT_EQ(intake.clean({TextBlock{" \n"}}, SenderKind::kVisitor).error().field, "/blocks");
  EXPECT_EQ(intake.clean({TextBlock{"a"}, ButtonsBlock{{{"x", "y"}}}}, SenderKind::kVisitor).error().field,
            "/blocks/1");
  EXPECT_EQ(intake.clean({ImageBlock{"https://evil.example/p.gif", ""}}, SenderKind::kVisitor).error().field,
            "/blocks/0");
  EXPECT_TRUE(intake.clean({ImageBlock{"/api/v1/attachments/7", ""}}, SenderKind::kVisitor).has_value());
  EXPECT_EQ(intake.clean({TextBlock{std::string(kMaxTextBytes + 1, 'a')}}, SenderKind::kAgent).error().code,
            ErrorCode::kTooLarge);
}

TEST(JsonWriter, EscapesAndSeparates) {
  JsonWriter w;
  w.begin()
      .key("a")
      .value("x\"\\\n\x01末")
      .key("b")
      .begin_array()
      .value(1)
      .value(true)
      .null()
      .end_array()
      .key("c")
      .or_null(Timestamp{});
  w.key("d").value(0.25).end();
  EXPECT_EQ(w.str(), "{\"a\":\"x\\\"\\\\\\n\\u0001末\",\"b\":[1,true,null],\"c\":null,\"d\":0.25}");
  EXPECT_EQ(json::parse(w.str()).at("a").as_string(), "x\"\\\n\x01末");
}

TEST(Preview, CutsAtACharacter) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "字";
  EXPECT_EQ(preview_of(text_blocks(text)).size(), 160u * 3);
  EXPECT_EQ(preview_of(text_blocks("一\n二")), "一 二");
}

}  // namespace
}  // namespace zk::conversation
