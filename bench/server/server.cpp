// The real program, driven over HTTP and WebSocket by a client on the same machine: the figures of
// docs/PERFORMANCE.md that need the whole. One JSON object a line: {"scenario","figure","value","unit"}.
//
//   bench_server [--seconds N] [--messages N] [--sockets N] [SCENARIO…]     no SCENARIO: all, in this order
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <thread>
#include <unordered_map>

#include "bench/server/load.hpp"
#include "bench/server/shop.hpp"

namespace zk::bench {
namespace {
using std::chrono::duration_cast, std::chrono::milliseconds;

struct Options {
  double seconds = 10;     // of each loop
  int messages = 100'000;  // present, in 10,000 conversations
  int sockets = 10'000;
};
constexpr int kVisitors = 64, kConversations = 10'000;

void report(const char* scenario, const char* figure, double value, const char* unit) {
  fmt::print("{{\"scenario\":\"{}\",\"figure\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\"}}\n", scenario, figure,
             value, unit);
  std::fflush(stdout);
}

Clock::time_point in_seconds(double s) {
  return Clock::now() + duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}
std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }
std::string message(const std::string& client_id, const std::string& text) {
  return R"({"client_id":")" + client_id + R"(","text":")" + text + "\"}";
}
[[noreturn]] void refused(int status, std::string_view body) {
  throw std::runtime_error(fmt::format("the server answered {}: {}", status, body.substr(0, 300)));
}

// Starts again with everything learnt and cached: what a restart costs.
void start(Shop& shop, const Options&) {
  shop.start();
  shop.wait_until_learnt();
  shop.stop();
  Latencies ready;
  Memory idle;
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    shop.start();
    ready.add(ms_between(begin, Clock::now()));
    const auto tried = shop.office().post("/api/v1/articles/try", {{"q", reworded_question(7, 3)}});
    if (tried.status != 200) refused(tried.status, tried.text);
    shop.wait_until_learnt();  // idle is when what goes on in the background after a start is done
    idle = memory_of(shop.pid());
    shop.stop();
  }
  report("start", "cold_start_p50", ready.at(0.5), "ms");
  report("start", "cold_start_max", ready.at(1), "ms");
  report("start", "resident_encoder", idle.resident_mb, "MB");
  report("start", "proportional_encoder", idle.proportional_mb, "MB");
  shop.start(true);
  shop.wait_until_learnt();
  idle = memory_of(shop.pid());
  report("start", "resident_lexical", idle.resident_mb, "MB");
  shop.stop();
}

// Visitors who ask, wait for the answer on their screen, and ask again: at once, or at a pace.
class Asking {
 public:
  Asking(const Shop& shop, Loop& loop, std::function<std::string(int)> question)
      : shop_(shop), loop_(loop), question_(std::move(question)) {
    for (auto& v : shop.visitors(kVisitors)) {
      const auto i = people_.size();
      people_.push_back({.token = std::move(v.token)});
      people_[i].wire = loop_.http([this, i](int status, std::string_view body) {
        if (status < 200 || status > 299) refused(status, body);
        people_[i].stored = true;
        next(i);
      });
      watch(i);
    }
  }
  // Answers a second; per_second 0: as many as there are.
  double run(double seconds, double per_second) {
    latencies_ = {};
    handed_over_ = 0;
    pace_ = per_second > 0
                ? duration_cast<Clock::duration>(std::chrono::duration<double>(kVisitors / per_second))
                : Clock::duration{};
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < people_.size(); ++i) {
      people_[i].due = begin + pace_ * static_cast<long>(i) / kVisitors;
      if (per_second == 0) ask(i);
    }
    loop_.run(in_seconds(seconds), [&] {
      if (per_second > 0)
        for (std::size_t i = 0; i < people_.size(); ++i)
          if (!people_[i].asking && people_[i].due <= Clock::now()) ask(i);
    });
    const double rate = static_cast<double>(latencies_.count()) * 1000 / ms_between(begin, Clock::now());
    closing_ = true;  // the questions under way are answered, but not counted
    loop_.run(in_seconds(10), [&] {
      if (std::none_of(people_.begin(), people_.end(), [](const Person& p) { return p.asking; }))
        loop_.stop();
    });
    closing_ = false;
    return rate;
  }
  Latencies& latencies() { return latencies_; }
  int handed_over() const { return handed_over_; }

 private:
  struct Person {
    std::string token;
    int wire = -1, screen = -1;
    bool asking = false, stored = false, answered = false, waits_for_person = false;
    Clock::time_point due;  // when the question should be asked; the latency counts from here
  };

  void watch(std::size_t i) {
    people_[i].screen = loop_.screen("", people_[i].token, [this, i](std::string_view text) {
      auto& p = people_[i];
      if (text.find(R"("handler":"waiting")") != std::string_view::npos) p.waits_for_person = true;
      if (text.find(R"("kind":"message.created")") == std::string_view::npos ||
          text.find(R"("sender":"bot")") == std::string_view::npos)
        return;
      if (!p.asking || p.answered) return;
      p.answered = true;
      if (!closing_) latencies_.add(ms_between(p.due, Clock::now()));
      next(i);
    });
  }
  void ask(std::size_t i) {
    auto& p = people_[i];
    if (p.waits_for_person) replace(i);
    p.asking = true;
    p.stored = p.answered = false;
    const int n = asked_++;
    loop_.send(p.wire, post("/api/v1/widget/messages", bearer(p.token),
                            message("q-" + std::to_string(n), question_(n))));
  }
  void next(std::size_t i) {
    auto& p = people_[i];
    if (!p.stored || !p.answered) return;
    p.asking = false;
    if (closing_) return;
    if (pace_ == Clock::duration{}) {
      p.due = Clock::now();
      ask(i);
    } else {
      p.due += pace_;
    }
  }
  // Whose conversation went to a person gets no more answers: someone new comes in his place.
  void replace(std::size_t i) {
    ++handed_over_;
    loop_.close(people_[i].screen);
    people_[i].token = shop_.visitors(1)[0].token;
    people_[i].waits_for_person = false;
    watch(i);
  }

  const Shop& shop_;
  Loop& loop_;
  std::function<std::string(int)> question_;
  std::vector<Person> people_;
  Latencies latencies_;
  Clock::duration pace_{};
  int asked_ = 0, handed_over_ = 0;
  bool closing_ = false;
};

void turns(Shop& shop, const Options& o) {
  shop.start();
  shop.wait_until_learnt();
  shop.set_bot(true);
  constexpr int kAgain = 300;  // questions that come again
  const auto measure = [&](const char* what, const std::function<std::string(int)>& question, bool warm) {
    Loop loop(shop.url());
    Asking asking(shop, loop, question);
    asking.run(warm ? o.seconds : 2, 0);
    const double capacity = asking.run(o.seconds, 0);
    report("turns", fmt::format("{}_capacity", what).c_str(), capacity, "1/s");
    report("turns", fmt::format("{}_handed_over", what).c_str(), asking.handed_over(), "conversations");
    const double paced = asking.run(o.seconds, 0.8 * capacity);
    report("turns", fmt::format("{}_at_80_percent", what).c_str(), paced, "1/s");
    report("turns", fmt::format("{}_at_80_percent_p50", what).c_str(), asking.latencies().at(0.5), "ms");
    report("turns", fmt::format("{}_at_80_percent_p99", what).c_str(), asking.latencies().at(0.99), "ms");
  };
  measure(
      "uncached",
      [](int n) { return reworded_question(n * 37 % kArticles, 200 + n / kArticles * 7 + n % 7); }, false);
  measure(
      "cached", [](int n) { return reworded_question(n % kAgain * 3, 100); }, true);
  shop.stop();
}

// Starts with the messages in place and the search caught up with them.
void start_filled(Shop& shop, const Options& o) {
  static bool filled = false;
  if (!filled) shop.fill(kConversations, std::max(1, o.messages / kConversations));
  filled = true;
  shop.start(true);
  shop.set_bot(false);
}

// Visitors who write, in conversations a person has taken; one agent's screen sees each message.
struct Writing {
  Latencies acknowledged, shown;
  double per_second = 0;
};
Writing write_messages(Shop& shop, int writers, double seconds, int at_most) {
  Loop loop(shop.url());
  Writing out;
  std::vector<Clock::time_point> sent;
  std::vector<std::string> tokens;
  std::vector<int> wires;
  const std::string prefix = fmt::format("w{}-", Clock::now().time_since_epoch().count());
  bool warm = true, over = false;
  const auto write = [&](std::size_t i) {
    if (over || (at_most > 0 && static_cast<int>(sent.size()) >= at_most)) return loop.stop();
    const auto n = sent.size();
    sent.push_back(Clock::now());
    loop.send(wires[i], post("/api/v1/widget/messages", bearer(tokens[i]),
                             message(prefix + std::to_string(n) + "|", "请问退款多久可以到账？")));
  };
  std::vector<Clock::time_point> asked(static_cast<std::size_t>(writers));
  auto office = shop.office();
  for (const auto& v : shop.visitors(writers)) {
    const auto i = tokens.size();
    tokens.push_back(v.token);
    integration::Http visitor(shop.url());
    visitor.bearer = v.token;
    const auto first = visitor.post("/api/v1/widget/messages", {{"client_id", "first"}, {"text", "在吗"}});
    const auto taken =
        office.post(fmt::format("/api/v1/conversations/{}/messages", first.id("conversation_id")),
                    {{"client_id", "taken-" + v.token.substr(0, 40)},
                     {"blocks", {{{"type", "text"}, {"text", "您好"}}}}});
    if (taken.status < 200 || taken.status > 299) refused(taken.status, taken.text);
    wires.push_back(loop.http([&, i](int status, std::string_view body) {
      if (status < 200 || status > 299) refused(status, body);
      if (!warm && !over) out.acknowledged.add(ms_between(asked[i], Clock::now()));
      if (at_most > 0) return;  // one at a time: the next when the screen has shown it
      asked[i] = Clock::now();
      write(i);
    }));
  }
  loop.screen(shop.company().session, "", [&](std::string_view text) {
    const auto at = text.find(prefix);
    if (at == std::string_view::npos || text.find(R"("kind":"message.created")") == std::string_view::npos)
      return;
    const auto n =
        static_cast<std::size_t>(std::atol(std::string(text.substr(at + prefix.size(), 12)).c_str()));
    if (!warm) out.shown.add(ms_between(sent[n], Clock::now()));
    if (at_most > 0) {
      asked[0] = Clock::now();
      write(0);
    }
  });
  const auto go = [&] {
    for (std::size_t i = 0; i < wires.size(); ++i) {
      asked[i] = Clock::now();
      write(i);
    }
  };
  go();
  loop.run(in_seconds(at_most > 0 ? 0.5 : 2), [] {});
  warm = false;
  const auto begin = Clock::now();
  loop.run(in_seconds(at_most > 0 ? 60 : seconds), [] {});
  out.per_second = static_cast<double>(out.acknowledged.count()) * 1000 / ms_between(begin, Clock::now());
  over = true;
  loop.run(in_seconds(1), [] {});
  return out;
}

void messages(Shop& shop, const Options& o) {
  start_filled(shop, o);
  auto all = write_messages(shop, kVisitors, o.seconds, 0);
  report("messages", "per_second", all.per_second, "1/s");
  report("messages", "acknowledged_p50", all.acknowledged.at(0.5), "ms");
  report("messages", "acknowledged_p99", all.acknowledged.at(0.99), "ms");
  report("messages", "on_screen_p99_under_load", all.shown.at(0.99), "ms");
  report("messages", "shown_of_acknowledged",
         static_cast<double>(all.shown.count()) / static_cast<double>(all.acknowledged.count()), "");
  shop.stop();
}

void screen(Shop& shop, const Options& o) {
  start_filled(shop, o);
  auto one = write_messages(shop, 1, 0, 1000);
  report("screen", "on_screen_p50", one.shown.at(0.5), "ms");
  report("screen", "on_screen_p99", one.shown.at(0.99), "ms");
  report("screen", "acknowledged_p99", one.acknowledged.at(0.99), "ms");
  shop.stop();
}

// `clients` asking for the same thing again and again.
void read_again(Shop& shop, const char* scenario, const std::string& name, const std::string& path,
                int clients, double seconds, std::string_view expected) {
  Loop loop(shop.url());
  const auto request = get(path, "Cookie: zk_session=" + shop.company().session + "\r\n");
  Latencies latencies;
  std::vector<int> wires;
  std::vector<Clock::time_point> asked(static_cast<std::size_t>(clients));
  bool warm = true;
  for (std::size_t i = 0; i < asked.size(); ++i)
    wires.push_back(loop.http([&, i](int status, std::string_view body) {
      if (status != 200 || body.find(expected) == std::string_view::npos) refused(status, body);
      if (!warm) latencies.add(ms_between(asked[i], Clock::now()));
      asked[i] = Clock::now();
      loop.send(wires[i], request);
    }));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    asked[i] = Clock::now();
    loop.send(wires[i], request);
  }
  loop.run(in_seconds(1), [] {});
  warm = false;
  const auto begin = Clock::now();
  loop.run(in_seconds(seconds), [] {});
  const double wall = ms_between(begin, Clock::now());
  report(scenario, (name + "_per_second").c_str(), static_cast<double>(latencies.count()) * 1000 / wall,
         "1/s");
  report(scenario, (name + "_p50").c_str(), latencies.at(0.5), "ms");
  report(scenario, (name + "_p99").c_str(), latencies.at(0.99), "ms");
}

void list(Shop& shop, const Options& o) {
  start_filled(shop, o);
  for (const int clients : {1, 8, 64})
    read_again(shop, "list", fmt::format("clients_{}", clients), "/api/v1/conversations?status=open&limit=50",
               clients, o.seconds / 2, "\"items\":[{");
  shop.stop();
}

void read(Shop& shop, const Options& o) {
  start_filled(shop, o);
  read_again(shop, "read", "inboxes_64", "/api/v1/inboxes", 64, o.seconds / 2, "\"items\":[{");
  shop.stop();
}

void search(Shop& shop, const Options& o) {
  start_filled(shop, o);
  auto office = shop.office();
  const auto path = [](const char* word) { return fmt::format("/api/v1/messages/search?q={}", word); };
  const std::string rare = path("%E9%B2%B2%E9%B9%8F"), common = path("%E9%80%80%E6%AC%BE"),
                    none = path("%E9%A5%95%E9%A4%AE");
  const auto wanted = std::min<std::size_t>(50, static_cast<std::size_t>((o.messages + 4999) / 5000));
  const auto begin = Clock::now();
  for (std::size_t found = 0; found < wanted;) {  // the archive follows the message table in the background
    const auto answer = office.get(rare);
    if (answer.status != 200) refused(answer.status, answer.text);
    found = answer["items"].as_array().size();
    if (ms_between(begin, Clock::now()) > 600'000)
      throw std::runtime_error("the search did not catch up in 10 minutes");
    if (found < wanted) std::this_thread::sleep_for(milliseconds(100));
  }
  report("search", "messages", o.messages, "messages");
  read_again(shop, "search", "rare", rare, 1, o.seconds / 2, "\"items\":[{");
  read_again(shop, "search", "common", common, 1, o.seconds / 2, "\"items\":[{");
  read_again(shop, "search", "absent", none, 1, o.seconds / 2, "\"items\":[]");
  shop.stop();
}

void sockets(Shop& shop, const Options& o) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);  // the server inherits it
  shop.start(true);
  const auto visitors = shop.visitors(o.sockets);
  const double before = memory_of(shop.pid()).resident_mb;
  Loop loop(shop.url());
  for (const auto& v : visitors) loop.screen("", v.token, [](std::string_view) {});
  loop.run(in_seconds(1), [] {});
  const double after = memory_of(shop.pid()).resident_mb;
  report("sockets", "idle", o.sockets, "sockets");
  report("sockets", "resident_each", (after - before) * 1024 * 1024 / o.sockets, "B");
  shop.stop();
}

constexpr struct {
  const char* name;
  void (*run)(Shop&, const Options&);
} kScenarios[] = {{"start", start},   {"turns", turns}, {"sockets", sockets}, {"messages", messages},
                  {"screen", screen}, {"list", list},   {"read", read},       {"search", search}};

int run(int argc, char** argv) {
  Options o;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && i + 1 < argc) {
      const double value = std::atof(argv[++i]);
      if (word == "--seconds") o.seconds = value;
      if (word == "--messages") o.messages = static_cast<int>(value);
      if (word == "--sockets") o.sockets = static_cast<int>(value);
    } else {
      wanted.push_back(word);
    }
  }
  for (const auto& w : wanted)
    if (std::none_of(std::begin(kScenarios), std::end(kScenarios),
                     [&](const auto& s) { return w == s.name; })) {
      fmt::print(stderr, "bench_server: no scenario is called {}\n", w);
      return 64;
    }
  Shop shop;
  for (const auto& s : kScenarios)
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), s.name) != wanted.end()) s.run(shop, o);
  return 0;
}

}  // namespace
}  // namespace zk::bench

int main(int argc, char** argv) {
  try {
    return zk::bench::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_server: {}\n", e.what());
    return 70;
  }
}
