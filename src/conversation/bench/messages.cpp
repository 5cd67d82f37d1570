// Visitor messages in process: stored, acknowledged and pushed to agents, 64 visitors in a closed loop,
// 100,000 messages present; beside the same store with one commit a message. Then the conversation list over
// 10,000 conversations, the desk's decision, and the bot's turns. One JSON line each.
//
//   bench_conversation_messages [messages present = 100000] [seconds each = 5]
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "conversation/lists.hpp"
#include "conversation/service.hpp"
#include "storage/tests/engines.hpp"

namespace {
using namespace zk;
using namespace zk::conversation;
using Steady = std::chrono::steady_clock;

template <class T>
T must(Result<T> r) {
  if (!r) {
    fmt::print(stderr, "{} {}\n", r.error().message, r.error().detail);
    std::exit(1);
  }
  return *std::move(r);
}
Deadline soon() { return after(std::chrono::seconds(60)); }

// Answers at once: what is measured is the path, not the understanding.
class Echo final : public Responder {
 public:
  Result<BotReply> reply(const BotTurn& turn, Deadline) override {
    return BotReply{.decision = "answer",
                    .article_id = "X017",
                    .article_question = "退款多久到账",
                    .probability = 0.98,
                    .blocks = text_blocks("退款会在三个工作日内原路退回。" + turn.text),
                    .state = R"({"rounds":1})",
                    .trace = R"({"q":"退款多久到账"})"};
  }
};

// An agent's screen: notes when a message's event arrived.
class Watch final : public Screen {
 public:
  void show(Frame frame) override {
    const auto at = frame->find("\"client_id\":\"b-");
    if (at == std::string::npos) return;
    const auto begin = at + 15;
    const auto now = Steady::now();
    const std::lock_guard lock(mutex);
    seen[std::strtoll(frame->c_str() + begin, nullptr, 10)] = now;
  }
  void notify_when_sent() override {}
  void end() override {}
  std::mutex mutex;
  std::unordered_map<long long, Steady::time_point> seen;
};

struct Latencies {
  std::vector<double> ms;
  double at(double q) {
    if (ms.empty()) return 0;
    std::sort(ms.begin(), ms.end());
    return ms[std::min(ms.size() - 1, static_cast<std::size_t>(q * static_cast<double>(ms.size())))];
  }
};
double ms_between(Steady::time_point a, Steady::time_point b) {
  return std::chrono::duration<double, std::milli>(b - a).count();
}

struct Bench {
  storage::SqliteEngine engine;
  SystemClock clock;
  std::unique_ptr<storage::Db> db = must(storage::Db::open({.url = engine.url()}));
  Echo echo;
  std::unique_ptr<Service> service;
  InboxId bot_inbox, human_inbox;
  AgentId agent;
  std::vector<ContactId> visitors;

  void found() {
    must(db->write(soon(), [&](storage::Tx& tx) -> Result<int> {
      static constexpr storage::Query kTeam{"b.team", "INSERT INTO team (name) VALUES ('t') RETURNING id"};
      static constexpr storage::Query kAgent{
          "b.agent",
          "INSERT INTO agent (email, name, role, availability, capacity) VALUES ('a@example.com', '李娜', "
          "'agent', 'online', 100) RETURNING id"};
      static constexpr storage::Query kInbox{
          "b.inbox",
          "INSERT INTO inbox (name, website_token, team_id, settings) VALUES ($1, $1, $2, $3) RETURNING id"};
      ZK_TRY(auto t, tx.one(kTeam));
      ZK_TRY(auto a, tx.one(kAgent));
      agent = a.id<AgentId>(0);
      ZK_TRY(auto on, tx.one(kInbox, {"bot", t.id<TeamId>(0), R"({"bot_enabled":true})"}));
      ZK_TRY(auto off, tx.one(kInbox, {"human", t.id<TeamId>(0), R"({"bot_enabled":false})"}));
      bot_inbox = on.id<InboxId>(0);
      human_inbox = off.id<InboxId>(0);
      return 0;
    }));
    service = must(Service::start(*db, clock, Intake{}, echo, {.turns = {.workers = 2, .backlog = 100'000}}));
  }
  // `messages` in 10,000 conversations of as many contacts, written the way the service writes them.
  void fill(int messages) {
    constexpr int kConversations = 10'000;
    static constexpr storage::Query kContact{
        "b.contact", "INSERT INTO contact (name, last_seen_at) VALUES ($1, 1) RETURNING id"};
    const QueuePosition none;
    for (int from = 0; from < kConversations; from += 500)
      must(db->write(soon(), [&](storage::Tx& tx) -> Result<int> {
        for (int i = from; i < from + 500; ++i) {
          Writer w(tx, clock.now(), none);
          ZK_TRY(auto row, tx.one(kContact, {fmt::format("访客{}", i)}));
          const auto contact = row.id<ContactId>(0);
          ZK_TRY(auto c, w.open(contact, human_inbox, {}, "zh-CN", Handler::kHuman));
          for (int m = 0; m < messages / kConversations; ++m) {
            ZK_TRY([[maybe_unused]] auto stored,
                   w.insert(c, {.sender = SenderKind::kVisitor,
                                .sender_id = contact.value,
                                .blocks = text_blocks(fmt::format("第{}条：我的订单什么时候可以发货？", m)),
                                .client_id = fmt::format("f-{}", m)}));
          }
          ZK_TRY_STATUS(w.save(c));
          if (i < 64) visitors.push_back(contact);
        }
        return 0;
      }));
  }
};

void print(const char* what, double per_s, Latencies& l, const char* more = "") {
  fmt::print("{{\"bench\":\"{}\",\"per_s\":{:.0f},\"p50_ms\":{:.2f},\"p99_ms\":{:.2f}{}}}\n", what, per_s,
             l.at(0.5), l.at(0.99), more);
}

void closed_loop(Bench& b, InboxId inbox, double seconds, const char* name) {
  const auto watch = std::make_shared<Watch>();
  const auto screen = b.service->hub().join({.agent = b.agent, .role = Role::kAgent, .contact = {}}, watch,
                                            std::nullopt, "{}");
  std::atomic<long long> next{1};
  std::mutex mutex;
  Latencies acknowledged, shown;
  std::unordered_map<long long, Steady::time_point> sent;
  const auto start = Steady::now();
  std::vector<std::thread> clients;
  for (std::size_t v = 0; v < b.visitors.size(); ++v)
    clients.emplace_back([&, v] {
      std::vector<std::pair<long long, Steady::time_point>> mine;
      std::vector<double> took;
      while (ms_between(start, Steady::now()) < seconds * 1000) {
        const auto id = next++;
        const auto at = Steady::now();
        must(b.service->conversations().post_visitor({b.visitors[v],
                                                      inbox,
                                                      fmt::format("b-{}-{}", id, name),
                                                      text_blocks("请问退款多久可以到账？"),
                                                      {},
                                                      "zh-CN"},
                                                     soon()));
        took.push_back(ms_between(at, Steady::now()));
        mine.emplace_back(id, at);
      }
      const std::lock_guard lock(mutex);
      acknowledged.ms.insert(acknowledged.ms.end(), took.begin(), took.end());
      sent.insert(mine.begin(), mine.end());
    });
  for (auto& t : clients) t.join();
  const double wall = ms_between(start, Steady::now()) / 1000;
  b.service->turns().wait_idle();
  const double wall_with_turns = ms_between(start, Steady::now()) / 1000;
  b.service->hub().flush();
  b.service->hub().leave(screen);
  std::size_t missing = 0;
  for (const auto& [id, at] : sent) {
    const auto it = watch->seen.find(id);
    if (it == watch->seen.end())
      ++missing;
    else
      shown.ms.push_back(ms_between(at, it->second));
  }
  const auto n = static_cast<double>(acknowledged.ms.size());
  const auto more = fmt::format(",\"screen_p99_ms\":{:.2f},\"not_shown\":{},\"with_turns_per_s\":{:.0f}",
                                shown.at(0.99), missing, n / wall_with_turns);
  print(name, n / wall, acknowledged, more.c_str());
}

// The rival: the same statements, but each message waits for a commit of its own.
void one_commit_each(Bench& b, double seconds) {
  std::mutex one;
  Latencies l;
  std::atomic<long long> next{1};
  const auto start = Steady::now();
  std::vector<std::thread> clients;
  for (std::size_t v = 0; v < b.visitors.size(); ++v)
    clients.emplace_back([&, v] {
      while (ms_between(start, Steady::now()) < seconds * 1000) {
        const auto at = Steady::now();
        const std::lock_guard lock(one);
        must(b.service->conversations().post_visitor({b.visitors[v],
                                                      b.human_inbox,
                                                      fmt::format("r-{}", next++),
                                                      text_blocks("请问退款多久可以到账？"),
                                                      {},
                                                      "zh-CN"},
                                                     soon()));
        l.ms.push_back(ms_between(at, Steady::now()));
      }
    });
  for (auto& t : clients) t.join();
  print("visitor message, one commit each",
        static_cast<double>(l.ms.size()) / (ms_between(start, Steady::now()) / 1000), l);
}

void lists(Bench& b, double seconds) {
  std::mutex mutex;
  Latencies l;
  const auto start = Steady::now();
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t)
    readers.emplace_back([&] {
      std::vector<double> took;
      while (ms_between(start, Steady::now()) < seconds * 1000) {
        const auto at = Steady::now();
        const auto page = must(b.db->read(soon(), [](storage::Tx& tx) {
          return list(tx,
                      {.status = ConversationStatus::kOpen,
                       .handler = {},
                       .assignee = {},
                       .team = {},
                       .inbox = {},
                       .label = {},
                       .contact = {}},
                      Sort::kActivity, std::nullopt, 50);
        }));
        JsonWriter w(64 << 10);
        w.begin_array();
        for (const auto& c : page.items) write(w, c, zk::conversation::Audience::kAgents, std::nullopt);
        if (w.end_array().str().size() < 10'000) std::exit(1);
        took.push_back(ms_between(at, Steady::now()));
      }
      const std::lock_guard lock(mutex);
      l.ms.insert(l.ms.end(), took.begin(), took.end());
    });
  for (auto& t : readers) t.join();
  print("conversation list, 50 of 10,000, as JSON",
        static_cast<double>(l.ms.size()) / (ms_between(start, Steady::now()) / 1000), l);
}

void decisions() {
  Random random(7);
  std::vector<AvailableAgent> agents;
  for (int i = 1; i <= 1000; ++i)
    agents.push_back({AgentId{i},
                      static_cast<int>(random.below(3)),
                      5,
                      from_micros(static_cast<std::int64_t>(random.below(1000))),
                      {TeamId{1 + static_cast<std::int64_t>(random.below(10))}}});
  std::vector<WaitingConversation> waiting;
  for (int i = 1; i <= 10'000; ++i)
    waiting.push_back({ConversationId{i},
                       {},
                       TeamId{1 + static_cast<std::int64_t>(random.below(10))},
                       static_cast<int>(random.below(4)),
                       from_micros(static_cast<std::int64_t>(random.below(1'000'000)))});
  std::sort(waiting.begin(), waiting.end(), before);
  Latencies l;
  const auto start = Steady::now();
  for (int i = 0; i < 200; ++i) {
    const auto at = Steady::now();
    if (assign(waiting, agents).empty()) std::exit(1);
    l.ms.push_back(ms_between(at, Steady::now()));
  }
  print("assignment, 10,000 waiting, 1,000 agents", 200 / (ms_between(start, Steady::now()) / 1000), l);
}

}  // namespace

int main(int argc, char** argv) {
  const int messages = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
  Bench b;
  b.found();
  b.fill(messages);
  closed_loop(b, b.human_inbox, seconds, "visitor message, bot off, 64 clients");
  one_commit_each(b, seconds);
  closed_loop(b, b.bot_inbox, seconds, "visitor message with bot turn, 64 clients");
  lists(b, seconds);
  decisions();
  return 0;
}
