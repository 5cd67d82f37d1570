// Durable writes a second: group commit against one commit a write, in the same run, on one file after the
// other.
//   bench_storage_commit --benchmark_format=json
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>
#include <vector>

#include "storage/tests/engines.hpp"

namespace zk::storage {
namespace {

constexpr Query kInbox{"bench.inbox",
                       "INSERT INTO inbox (name, website_token) VALUES ('i', 't') RETURNING id"};
constexpr Query kContact{"bench.contact", "INSERT INTO contact (name) VALUES ('') RETURNING id"};
constexpr Query kConversation{"bench.conversation",
                              "INSERT INTO conversation (inbox_id, contact_id) VALUES ($1, $2) RETURNING id"};
constexpr Query kMessage{"bench.message",
                         "INSERT INTO message (conversation_id, sender, blocks, text, client_id, created_at) "
                         "VALUES ($1, 'visitor', $2, $3, $4, $5) RETURNING id"};
constexpr Query kTouch{
    "bench.touch",
    "UPDATE conversation SET last_message_id = $1, last_message_at = $2, preview = $3 WHERE id = $4"};

Deadline soon() { return after(std::chrono::seconds(60)); }

// What one visitor message costs the store: the message, its conversation, its event.
Result<std::int64_t> store_message(Tx& tx, std::int64_t conversation, std::int64_t n) {
  ZK_TRY(auto row, tx.one(kMessage, {conversation, R"([{"type":"text","text":"退款多久到账？"}])",
                                     "退款多久到账？", std::to_string(n), n}));
  ZK_TRY(auto touched, tx.run(kTouch, {row.integer(0), n, "退款多久到账？", conversation}));
  (void)touched;
  return tx.append({.at = from_micros(n),
                    .kind = "message.created",
                    .conversation_id = conversation,
                    .actor = "visitor:1",
                    .audience = "all",
                    .payload = R"({"message":{"blocks":[{"type":"text","text":"退款多久到账？"}]}})"});
}

double writes_a_second(const std::string& url, int max_group, int callers, int writes) {
  auto opened = Db::open({.url = url, .max_group = max_group});
  if (!opened) return 0;
  Db& db = **opened;
  auto conversation = db.write(soon(), [](Tx& tx) -> Result<std::int64_t> {
    ZK_TRY(auto inbox, tx.one(kInbox));
    ZK_TRY(auto contact, tx.one(kContact));
    ZK_TRY(auto row, tx.one(kConversation, {inbox.integer(0), contact.integer(0)}));
    return row.integer(0);
  });
  if (!conversation) return 0;
  std::atomic<int> next = 0, failed = 0;
  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < callers; ++t) {
      threads.emplace_back([&] {
        for (int n = next++; n < writes; n = next++) {
          if (!db.write(soon(), [&](Tx& tx) { return store_message(tx, *conversation, n); })) ++failed;
        }
      });
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return failed > 0 ? 0 : writes / took.count();
}

void run(benchmark::State& state, const std::string& grouped_url, const std::string& single_url) {
  const int callers = static_cast<int>(state.range(0));
  double grouped = 0, single = 0;
  for (auto _ : state) {
    grouped = writes_a_second(grouped_url, 512, callers, 500 * callers);
    single = writes_a_second(single_url, 1, callers, 500);
  }
  if (grouped == 0 || single == 0) state.SkipWithError("a write failed");
  state.counters["group_commit_writes_per_s"] = grouped;
  state.counters["one_commit_a_write_per_s"] = single;
  state.counters["ratio"] = single > 0 ? grouped / single : 0;
}

void Sqlite(benchmark::State& state) {
  const SqliteEngine grouped, single;
  run(state, grouped.url(), single.url());
}

void Postgres(benchmark::State& state) {
  const PostgresCluster cluster(true);
  if (!cluster.running() || !cluster.create("grouped") || !cluster.create("single")) {
    state.SkipWithError("PostgreSQL could not be started");
    return;
  }
  run(state, cluster.url("grouped"), cluster.url("single"));
}

BENCHMARK(Sqlite)->Arg(1)->Arg(8)->Arg(64)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(Postgres)->Arg(1)->Arg(8)->Arg(64)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zk::storage

BENCHMARK_MAIN();
