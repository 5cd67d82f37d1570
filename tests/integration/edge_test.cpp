// Where the server must say no, or stop: too much, too slow, twice, the end.
#include <atomic>
#include <thread>

#include "tests/integration/fixture.hpp"

namespace zk::integration {
namespace {
using testing::HasSubstr;

class Edge : public OnEachEngine {
 protected:
  // The value of a figure without labels in /metrics.
  std::int64_t figure(const std::string& name) const {
    const auto text = Http(url).get("/metrics").text;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + name.size() + 2));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Edge, testing::ValuesIn(storage::kEngines));

TEST_P(Edge, ASecondServerOnTheSameDataIsRefused) {
  ASSERT_NO_FATAL_FAILURE(start());
  std::string said;
  EXPECT_NE(run(place.serve(), {}, &said), 0);
  EXPECT_THAT(said, HasSubstr("another server uses"));
  EXPECT_EQ(Http(url).get("/readyz").status, 200);
  stop();
  ASSERT_NO_FATAL_FAILURE(start());
}

TEST_P(Edge, TooMuchIsSaidAtOnceWithWhenToComeBack) {
  ASSERT_NO_FATAL_FAILURE(found({"server.worker_threads=1", "server.worker_queue=1"}));
  const auto who = someone();
  // A visitor may write so many messages at once; what was refused can be sent later under the same id.
  auto guest = visitor(who.token);
  Answer last;
  for (int i = 0; i < 40 && last.status != 429; ++i) last = say(guest, "你好", "m-" + std::to_string(i));
  ASSERT_EQ(last.status, 429) << last.text;
  EXPECT_GT(std::stoi(last.headers["retry-after"]), 0);
  EXPECT_EQ(last["code"].as_string(), "rate_limited");
  // One worker and a place for one: with many at once some are told to come back.
  std::atomic<int> busy{0}, served{0}, wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 12; ++t)
      threads.emplace_back([&] {
        auto http = office();
        for (int i = 0; i < 200 && busy < 3; ++i) {
          auto a = http.get("/api/v1/conversations?limit=100");
          if (a.status == 503 && std::stoi(a.headers["retry-after"]) > 0)
            ++busy;
          else
            ++(a.status == 200 ? served : wrong);
        }
      });
  }
  EXPECT_GE(busy, 3);
  EXPECT_GT(served, 0);
  EXPECT_EQ(wrong, 0);
  // Guessing a password.
  Http http(url);
  Answer guess;
  for (int i = 0; i < 12 && guess.status != 429; ++i)
    guess = http.post("/api/v1/session", {{"email", kEmail}, {"password", "guess " + std::to_string(i)}});
  ASSERT_EQ(guess.status, 429) << guess.text;
  EXPECT_GT(std::stoi(guess.headers["retry-after"]), 0);
}

TEST_P(Edge, TooManyConnectionsAreRefusedWithWhenToComeBack) {
  ASSERT_NO_FATAL_FAILURE(start({"server.max_connections=3"}));
  std::vector<Http> open;
  Answer last;
  for (int i = 0; i < 5; ++i) {
    open.emplace_back(url);
    last = open.back().get("/healthz");  // the connection stays open
  }
  EXPECT_EQ(last.status, 503);
  EXPECT_GT(std::stoi(last.headers["retry-after"]), 0);
  open.clear();
  stop();
}

// A screen that reads nothing is given up; one beside it that reads gets everything.
TEST_P(Edge, ASlowScreenIsDisconnectedAndNobodyElse) {
  ASSERT_NO_FATAL_FAILURE(found());
  LiveSocket slow(url, company.session), good(url, company.session);
  slow.send(hello(std::nullopt));
  good.send(hello(std::nullopt));
  ASSERT_TRUE(good.next());
  const std::string text(15'000, 'x');
  int said = 0;
  std::int64_t seen = 0;
  for (int v = 0; v < 25 && figure("zhike_sockets_too_slow_total") == 0; ++v) {
    auto guest = visitor(someone().token);
    for (int i = 0; i < 25; ++i) {
      ASSERT_EQ(say(guest, text, "m-" + std::to_string(++said)).status, 201);
      ASSERT_TRUE(good.until(message_of("visitor")));
      ++seen;
    }
  }
  EXPECT_EQ(figure("zhike_sockets_too_slow_total"), 1);
  EXPECT_EQ(seen, said);
  EXPECT_EQ(slow.close_code(), 1013);
}

// More than a socket's outbox holds: the screen that comes back is shown all of it, page by page.
TEST_P(Edge, AScreenThatWasAwayForLongCatchesUp) {
  ASSERT_NO_FATAL_FAILURE(found({"dialogue.workers=1"}));
  const auto from = Http(url).get("/readyz").id("events");
  auto agent = office();
  const auto who = someone();
  auto guest = visitor(who.token);
  const auto conversation = say(guest, "转人工", "m-0").id("conversation_id");
  const auto path = "/api/v1/conversations/" + std::to_string(conversation) + "/messages";
  const std::string text(2'000, 'x');
  for (int i = 0; i < 600; ++i)
    ASSERT_EQ(agent
                  .post(path, {{"client_id", "a-" + std::to_string(i)},
                               {"kind", "text"},
                               {"blocks", {{{"type", "text"}, {"text", text}}}}})
                  .status,
              201);
  const auto end = Http(url).get("/readyz").id("events");
  LiveSocket console(url, company.session), widget(url);
  console.send(hello(from));
  widget.send(hello(from, who.token));
  for (auto* screen : {&console, &widget}) {
    std::vector<std::int64_t> seqs;
    while (seqs.empty() || seqs.back() < end) {
      const auto frame = screen->next();
      ASSERT_TRUE(frame) << "events are missing after " << (seqs.empty() ? 0 : seqs.back());
      if (frame->at("type") == "event") seqs.push_back(frame->at("seq").as_int64());
      ASSERT_TRUE(frame->at("type") == "event" || frame->at("type") == "welcome") << json::serialize(*frame);
    }
    EXPECT_GT(seqs.size(), 600u);
    EXPECT_TRUE(std::adjacent_find(seqs.begin(), seqs.end(), std::greater_equal<>()) == seqs.end());
  }
}

// SIGTERM under load: what was acknowledged is there, sockets are told, the exit is clean.
TEST_P(Edge, StoppingAnswersWhatIsInHandAndExitsZero) {
  ASSERT_NO_FATAL_FAILURE(found());
  constexpr int kThreads = 4;
  std::atomic<int> acknowledged{0}, wrong{0};
  std::vector<Visitor> people;
  for (int t = 0; t < kThreads; ++t) people.push_back(someone());
  LiveSocket console(url, company.session);
  console.send(hello(std::nullopt));
  ASSERT_TRUE(console.next());
  std::vector<int> sent(kThreads, 0);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        auto guest = visitor(people[t].token);
        for (int i = 0; i < 25; ++i) {
          const auto a = say(guest, "你好", "m-" + std::to_string(i));
          if (a.status == 0 || a.status == 503) return;  // the server has gone, or says that it goes
          if (a.status != 201) ++wrong;
          ++sent[t];
          ++acknowledged;
        }
      });
    while (acknowledged < 20) std::this_thread::yield();
    server->signal(SIGTERM);
  }
  EXPECT_EQ(server->wait(), 0) << server->said();
  EXPECT_EQ(console.close_code(), 1001);
  EXPECT_EQ(wrong, 0);
  ASSERT_NO_FATAL_FAILURE(start());
  for (std::size_t t = 0; t < kThreads; ++t) {
    auto guest = visitor(people[t].token);
    int mine = 0;
    const auto thread = guest.get("/api/v1/widget/conversation");
    for (const auto& m : thread["messages"].as_array()) mine += m.at("sender") == "visitor" ? 1 : 0;
    EXPECT_TRUE(mine == sent[t] || mine == sent[t] + 1) << mine << " stored, " << sent[t] << " acknowledged";
  }
}

}  // namespace
}  // namespace zk::integration
