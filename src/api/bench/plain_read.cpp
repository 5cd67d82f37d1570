// A plain API read without sockets: route, session, permission, one statement, JSON.
#include <benchmark/benchmark.h>

#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/agents.hpp"
#include "api/server.hpp"
#include "storage/tests/engines.hpp"

namespace zk::api {
namespace {

struct Rig {
  storage::SqliteEngine engine;
  std::unique_ptr<storage::Db> db = storage::Db::open({.url = engine.url()}).value();
  SystemClock clock;
  auth::Auth auth{*db, clock, auth::Keys::from(auth::Key{})};
  exec::Pool pool{{.name = "api", .threads = 2}};
  exec::Pool slow{{.name = "slow", .threads = 1}};
  Server server{{*db, clock, auth, pool, pool, slow}, admin_routes(auth), {}};
  gateway::Request request;

  Rig() {
    const auto deadline = after(std::chrono::minutes(10));
    const auto token =
        db->write(deadline, [&](storage::Tx& tx) -> Result<std::string> {
            ZK_TRY(const auto id,
                   add_agent(tx, auth.audit(), {.email = "a@example.com", .name = "A"}, "cli", clock.now()));
            static constexpr storage::Query kLabel{"bench.label",
                                                   "INSERT INTO label (name, color) VALUES ($1, '#000000')"};
            for (int i = 0; i < 20; ++i)
              ZK_TRY_STATUS(tx.run(kLabel, {"label " + std::to_string(i)}).map([](auto) {}));
            return auth.open_session(tx, id, clock.now());
          }).value();
    request.method = "GET";
    request.path = request.target = "/api/v1/labels";
    request.headers = {{"host", "zhike.test"}, {"cookie", "zk_session=" + token}};
    request.deadline = deadline;
  }
};

void plain_read(benchmark::State& state) {
  Rig rig;
  for (auto _ : state) {
    int status = 0;
    rig.server.handle(rig.request, [&](const gateway::Response& r) { status = r.status; });
    if (status != 200) state.SkipWithError("not 200");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(plain_read);

void find_caller(benchmark::State& state) {
  Rig rig;
  for (auto _ : state)
    benchmark::DoNotOptimize(
        rig.auth.identify("", rig.request.headers[1].second.substr(11), rig.request.deadline));
}
BENCHMARK(find_caller);

}  // namespace
}  // namespace zk::api

BENCHMARK_MAIN();
