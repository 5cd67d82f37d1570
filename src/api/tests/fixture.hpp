// A whole server without sockets: SQLite in a temporary folder, a clock that stands still, real pools. Every
// successful reply is held against the schema its route declares.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>
#include <string>

#include "api/admin.hpp"
#include "api/agents.hpp"
#include "api/articles.hpp"
#include "api/server.hpp"
#include "storage/tests/engines.hpp"

namespace zk::api {

struct Answer {
  int status = 0;
  gateway::Response response;
  json::value body;  // null when it is not JSON
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }
  std::string code() const { return text("code"); }
  std::string field() const { return text("field"); }
  // A member of the reply, or the whole reply where it is missing: what a failed test should show.
  std::string text(std::string_view name) const {
    const auto* object = body.if_object();
    const auto* v = object ? object->if_contains(name) : nullptr;
    return v && v->is_string() ? std::string(v->get_string()) : std::to_string(status) + " " + response.body;
  }
};

// What a request carries besides method, path and body.
struct Credentials {
  std::string cookie{}, csrf{}, bearer{};
};

inline auth::Key test_key() {
  auth::Key key;
  key.fill(42);
  return key;
}

class ApiTest : public testing::Test {
 public:
  explicit ApiTest(std::vector<Route> more = {})
      : db(storage::Db::open({.url = engine.url()}).value()),
        auth(*db, clock, auth::Keys::from(test_key())),
        server({*db, clock, auth, pool, pool, slow}, with(admin_routes(auth), std::move(more)),
               [](const gateway::Request&,
                  const auth::Caller& caller) -> Result<std::unique_ptr<gateway::SocketSession>> {
                 return fail(ErrorCode::kNotFound, caller.actor());  // tests look at who came
               }) {}
  // For routes that stand on parts of their own: made when db, clock, auth and pools are there.
  struct Made {
    std::vector<Route> routes;
    Server::Accept accept;
  };
  explicit ApiTest(const std::function<Made(ApiTest&)>& make)
      : db(storage::Db::open({.url = engine.url()}).value()),
        auth(*db, clock, auth::Keys::from(test_key())),
        server([&] {
          auto made = make(*this);
          return Server({*db, clock, auth, pool, pool, slow}, with(admin_routes(auth), std::move(made.routes)),
                        made.accept);
        }()) {}
  ~ApiTest() override {
    pool.stop();
    slow.stop();
  }

  static std::vector<Route> with(std::vector<Route> routes, std::vector<Route> more) {
    routes.insert(routes.end(), more.begin(), more.end());
    return routes;
  }
  // Answers that no endpoint of these tests looks into.
  KnowledgeParts knowledge() {
    return {jobs, [](std::string_view, Timestamp) -> Result<std::string> { return R"({"decision":"none"})"; },
            []() -> Result<std::string> { return R"({"articles":0})"; }};
  }
  static Deadline soon() { return after(std::chrono::seconds(30)); }

  gateway::Request request(std::string method, const std::string& target, std::string body,
                           const Credentials& who) {
    gateway::Request r;
    r.method = std::move(method);
    r.target = target;
    r.path = target.substr(0, target.find('?'));
    for (auto rest = target.size() > r.path.size() ? target.substr(r.path.size() + 1) : std::string();
         !rest.empty();) {
      const auto part = rest.substr(0, rest.find('&'));
      rest.erase(0, part.size() + 1);
      const auto eq = part.find('=');
      r.query.emplace_back(part.substr(0, eq), eq == std::string::npos ? "" : part.substr(eq + 1));
    }
    r.headers = {{"host", "zhike.test"}};
    if (!body.empty()) r.headers.emplace_back("content-type", "application/json");
    if (!who.cookie.empty()) r.headers.emplace_back("cookie", "zk_session=" + who.cookie);
    if (!who.csrf.empty()) r.headers.emplace_back("x-csrf-token", who.csrf);
    if (!who.bearer.empty()) r.headers.emplace_back("authorization", "Bearer " + who.bearer);
    r.body = std::move(body);
    r.remote_ip = "192.0.2.1";
    r.request_id = "test-request";
    r.deadline = soon();
    return r;
  }
  Answer send(gateway::Request r) {
    const auto match = server.router().find(r.method, r.path);
    std::promise<gateway::Response> promise;
    server.handle(std::move(r), [&](gateway::Response response) { promise.set_value(std::move(response)); });
    Answer a;
    a.response = promise.get_future().get();
    a.status = a.response.status;
    if (auto value = parse_json(a.response.body)) a.body = std::move(*value);
    if (a.status < 300 && match.route && match.route->reply) {
      auto copy = a.body;
      const auto fits = check(*match.route->reply, copy);
      EXPECT_TRUE(fits) << match.route->path << ": reply "
                        << (fits ? "" : fits.error().field + " " + fits.error().message) << "\n"
                        << a.response.body;
    }
    return a;
  }
  Answer call(const std::string& method, const std::string& target, const Credentials& who,
              const std::string& body = {}) {
    return send(request(method, target, body, who));
  }

  AgentId add_agent(const std::string& email, Role role, const std::string& password_hash = {}) {
    return db
        ->write(soon(),
                [&](storage::Tx& tx) {
                  return api::add_agent(
                      tx, auth.audit(),
                      {.email = email, .name = "Li Na", .role = role, .password_hash = password_hash}, "cli",
                      clock.now());
                })
        .value();
  }
  // Signed in, without the cost of a password.
  Credentials session_of(AgentId agent) {
    const auto token =
        db->write(soon(), [&](storage::Tx& tx) { return auth.open_session(tx, agent, clock.now()); }).value();
    return {.cookie = token, .csrf = auth.csrf_token(auth.identify("", token, soon()).value())};
  }
  Credentials signed_in(Role role) {
    return session_of(add_agent("agent" + std::to_string(++made_) + "@example.com", role));
  }
  std::int64_t count(const storage::Query& q) {
    return db->read(soon(), [&](storage::Tx& tx) { return tx.one(q); })->integer(0);
  }
  std::vector<std::string> ledger() {
    std::vector<std::string> kinds;
    const auto events = db->events_after(0, 1000);
    for (const auto& e : *events) kinds.push_back(e.kind);
    return kinds;
  }

  storage::SqliteEngine engine;
  std::unique_ptr<storage::Db> db;
  ManualClock clock{from_micros(1'800'000'000'000'000)};
  auth::Auth auth;
  exec::Pool pool{{.name = "api", .threads = 2, .queue = 64}};
  exec::Pool slow{{.name = "slow", .threads = 2, .queue = 16}};
  ImportJobs jobs{*db, clock};
  Server server;

 private:
  int made_ = 0;
};

}  // namespace zk::api
