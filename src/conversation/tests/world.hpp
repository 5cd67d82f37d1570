// A small company in a throw-away database: one team with two agents, one inbox, contacts; and a responder
// made of rules.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "conversation/conversations.hpp"
#include "storage/tests/engines.hpp"

namespace zk::conversation {

inline Deadline soon() { return after(std::chrono::seconds(30)); }

template <class T>
T must(Result<T> r) {
  EXPECT_TRUE(r.has_value()) << (r ? "" : r.error().message + " / " + r.error().detail);
  if (!r) throw std::runtime_error(r.error().message);
  return *std::move(r);
}
inline void must(Status s) {
  EXPECT_TRUE(s.has_value()) << (s ? "" : s.error().message + " / " + s.error().detail);
}

// Answers "退款…" from article X017, asks back on "?", hands over on "人工", fails on "坏", leaves on "乱码" a
// state that no database takes, is silent about nothing.
class RuleResponder final : public Responder {
 public:
  Result<BotReply> reply(const BotTurn& turn, Deadline) override {
    if (before_reply) before_reply(turn);
    {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(running_.insert(turn.conversation_id).second) << "two turns of one conversation at once";
      seen.push_back(turn);
    }
    BotReply r{.decision = "answer",
               .article_id = "X017",
               .article_question = "退款多久到账",
               .probability = 0.97,
               .blocks = text_blocks("答:" + turn.text),
               .state = R"({"n":)" + std::to_string(turn.message_id.value) + "}",
               .trace = R"({"q":"x"})"};
    if (turn.text.ends_with("?"))
      r = {.decision = "clarify",
           .probability = 0.5,
           .blocks = {TextBlock{"您是想问"}, ButtonsBlock{{{"article:X017", "退款多久到账"}}}},
           .state = "{}",
           .trace = "{}"};
    if (turn.text.find("人工") != std::string::npos)
      r = {.decision = "handover",
           .handover = true,
           .priority = 1,
           .blocks = text_blocks("好的"),
           .state = "{}",
           .trace = "{}"};
    if (turn.text.find("乱码") != std::string::npos) r.state = "\xE4\xB8";  // half a character
    const bool broken = turn.text.find("坏") != std::string::npos;
    const std::lock_guard lock(mutex_);
    running_.erase(turn.conversation_id);
    if (broken) return fail(ErrorCode::kInternal, "broken");
    return r;
  }
  std::function<void(const BotTurn&)> before_reply;
  std::vector<BotTurn> seen;  // in the order answered

 private:
  std::mutex mutex_;
  std::set<ConversationId> running_;
};

class World {
 public:
  explicit World(const std::string& engine = "sqlite") : engine_(storage::make_engine(engine)) { open(); }

  void open() {
    db = must(storage::Db::open({.url = engine_->url()}));
    inboxes = std::make_unique<Inboxes>(*db);
    conversations = std::make_unique<Conversations>(*db, clock, Intake{}, *inboxes);
  }
  void close() {
    conversations = nullptr;
    inboxes = nullptr;
    db = nullptr;
  }
  // Once, on an empty database.
  void found_company(bool bot = true) {
    must(db->write(soon(), [&](storage::Tx& tx) -> Result<int> {
      ZK_TRY(auto t, tx.one(kTeam, {"售后"}));
      team = t.id<TeamId>(0);
      for (const auto* name : {"李娜", "王伟", "陈静"}) {
        ZK_TRY(auto a, tx.one(kAgent, {std::string(name) + "@example.com", name}));
        agents.push_back(a.id<AgentId>(0));
      }
      for (int i = 0; i < 2; ++i) {
        ZK_TRY([[maybe_unused]] auto n, tx.run(kMember, {team, agents[static_cast<std::size_t>(i)]}));
      }
      ZK_TRY(auto in, tx.one(kInbox, {team, bot ? R"({"title":"小店","bot_enabled":true})"
                                                : R"({"title":"小店","bot_enabled":false})"}));
      inbox = in.id<InboxId>(0);
      for (const auto* name : {"高优", "投诉"}) {
        ZK_TRY(auto l, tx.one(kLabel, {name}));
        labels.push_back(l.id<LabelId>(0));
      }
      return 0;
    }));
  }
  ContactId contact(const std::string& name = "访客") {
    return must(db->write(soon(), [&](storage::Tx& tx) -> Result<ContactId> {
      ZK_TRY(auto row, tx.one(kContact, {name}));
      return row.id<ContactId>(0);
    }));
  }
  Result<Posted> say(ContactId who, const std::string& text, const std::string& client_id,
                     const std::string& pick = {}) {
    return conversations->post_visitor(
        {who, inbox, client_id, text.empty() ? Blocks{} : text_blocks(text), pick, "zh-CN"}, soon());
  }
  Actor agent(std::size_t i) { return agent_actor(agents.at(i), i == 0 ? "李娜" : i == 1 ? "王伟" : "陈静"); }
  Result<Posted> answer(ConversationId c, std::size_t i, const std::string& text,
                        const std::string& client_id, MessageKind kind = MessageKind::kText) {
    return conversations->post_agent({c, agent(i), client_id, kind, text_blocks(text)}, soon());
  }
  ConversationRecord load(ConversationId id) {
    return must(db->read(soon(), [&](storage::Tx& tx) {
      QueuePosition none;
      return Writer(tx, clock.now(), none).load(id);
    }));
  }
  std::int64_t count(const char* sql) {
    return must(db->read(soon(),
                         [&](storage::Tx& tx) {
                           return tx.one(storage::Query{"test.count", sql});
                         }))
        .integer(0);
  }
  std::vector<std::string> texts(ConversationId id) {
    std::vector<std::string> out;
    for (const auto& row : must(db->read(soon(), [&](storage::Tx& tx) { return tx.all(kTexts, {id}); })))
      out.push_back(row.text(0));
    return out;
  }
  std::vector<std::string> kinds_after(std::int64_t seq) {
    std::vector<std::string> out;
    for (const auto& e : must(db->events_after(seq, 1000))) out.push_back(e.kind);
    return out;
  }

  ManualClock clock{from_micros(1'700'000'000'000'000)};
  std::unique_ptr<storage::Db> db;
  std::unique_ptr<Inboxes> inboxes;
  std::unique_ptr<Conversations> conversations;
  TeamId team;
  InboxId inbox;
  std::vector<AgentId> agents;  // the third belongs to no team
  std::vector<LabelId> labels;

 private:
  static constexpr storage::Query kTeam{"test.team", "INSERT INTO team (name) VALUES ($1) RETURNING id"};
  static constexpr storage::Query kAgent{"test.agent",
                                         "INSERT INTO agent (email, name, role, availability, capacity) "
                                         "VALUES ($1, $2, 'agent', 'online', 2) RETURNING id"};
  static constexpr storage::Query kMember{"test.member",
                                          "INSERT INTO team_agent (team_id, agent_id) VALUES ($1, $2)"};
  static constexpr storage::Query kInbox{"test.inbox",
                                         "INSERT INTO inbox (name, website_token, team_id, settings) VALUES "
                                         "('网站', 'site-1', $1, $2) RETURNING id"};
  static constexpr storage::Query kLabel{"test.label", "INSERT INTO label (name) VALUES ($1) RETURNING id"};
  static constexpr storage::Query kContact{"test.contact",
                                           "INSERT INTO contact (name) VALUES ($1) RETURNING id"};
  static constexpr storage::Query kTexts{"test.texts",
                                         "SELECT text FROM message WHERE conversation_id = $1 ORDER BY id"};
  std::unique_ptr<storage::TestEngine> engine_;
};

class OnEachEngine : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { world.found_company(); }
  World world{GetParam()};
};

}  // namespace zk::conversation
