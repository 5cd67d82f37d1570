// What the frame does around every handler.
#include <latch>

#include "api/openapi.hpp"
#include "api/tests/fixture.hpp"

namespace zk::api {
namespace {

constexpr storage::Query kLabels{"test.labels", "SELECT COUNT(*) FROM label"};
constexpr storage::Query kKept{"test.kept", "SELECT COUNT(*) FROM idempotency"};

std::vector<Route> odd_routes(std::latch& entered, std::latch& leave) {
  return {{.method = Method::kGet,
           .path = "/api/v1/waits",
           .access = Permission::kPublic,
           .summary = "",
           .handler = [&](Context&) -> Result<Reply> {
             if (!entered.try_wait()) entered.count_down();
             leave.wait();
             return Context::json(json::object{});
           }},
          {.method = Method::kGet,
           .path = "/api/v1/throws",
           .access = Permission::kPublic,
           .summary = "",
           .handler = [](Context&) -> Result<Reply> { throw std::runtime_error("secret detail"); }},
          {.method = Method::kGet,
           .path = "/api/v1/breaks",
           .access = Permission::kPublic,
           .summary = "",
           .handler = [](Context&) -> Result<Reply> {
             return fail(ErrorCode::kInternal, "secret message", {}, "secret detail");
           }},
          {.method = Method::kPost,
           .path = "/api/v1/bytes",
           .access = Permission::kSettingsRead,
           .summary = "",
           .raw_body = true,
           .max_body_bytes = 10,
           .status = 204,
           .repeat = Repeat::kNatural,
           .handler = [](Context& c) -> Result<Reply> {
             EXPECT_EQ(c.request().body, "0123456789");
             return Context::nothing();
           }}};
}

class ServerTest : public ApiTest {
 protected:
  ServerTest() : ApiTest(odd_routes(entered, leave)) {}
  std::latch entered{2}, leave{1};
};

TEST_F(ServerTest, UnknownAddressAndMethod) {
  EXPECT_EQ(call("GET", "/api/v1/none", {}).status, 404);
  const auto a = call("DELETE", "/api/v1/labels", {});
  EXPECT_EQ(a.status, 405);
  EXPECT_EQ(a.header("allow"), "GET, POST");
  EXPECT_EQ(a.body.at("request_id").as_string(), "test-request");
  EXPECT_EQ(call("GET", "/api/v1/agents/x", signed_in(Role::kAdmin)).status, 404);
  EXPECT_EQ(call("GET", "/api/v1/agents/0", signed_in(Role::kAdmin)).status, 404);
}

TEST_F(ServerTest, BodiesAreChecked) {
  const auto admin = signed_in(Role::kAdmin);
  const auto a = call("POST", "/api/v1/labels", admin, R"({"name":"x","colour":"#000000"})");
  EXPECT_EQ(a.status, 422);
  EXPECT_EQ(a.code(), "invalid_argument");
  EXPECT_EQ(a.field(), "/colour");
  EXPECT_EQ(call("POST", "/api/v1/labels", admin, "{").status, 400);
  EXPECT_EQ(call("POST", "/api/v1/labels", admin, "").status, 415);
  auto form = request("POST", "/api/v1/labels", "name=x", admin);
  form.headers[1].second = "application/x-www-form-urlencoded";
  EXPECT_EQ(send(form).status, 415);
  auto charset = request("POST", "/api/v1/labels", R"({"name":"x"})", admin);
  charset.headers[1].second = "Application/JSON; charset=utf-8";
  EXPECT_EQ(send(charset).status, 201);
  EXPECT_EQ(
      call("POST", "/api/v1/labels", admin, R"({"name":")" + std::string(kDefaultBodyBytes, 'x') + "\"}")
          .status,
      413);
  EXPECT_EQ(call("DELETE", "/api/v1/labels/1", admin, "{}").status, 422);
  EXPECT_EQ(call("GET", "/api/v1/labels?limit=0", admin).field(), "/limit");
  EXPECT_EQ(call("GET", "/api/v1/labels?limit=x", admin).field(), "/limit");
  EXPECT_EQ(call("GET", "/api/v1/labels?limit=1&limit=2", admin).field(), "/limit");
  EXPECT_EQ(call("GET", "/api/v1/labels?lmit=1", admin).field(), "/lmit");
  EXPECT_EQ(call("GET", "/api/v1/labels?cursor=zzz", admin).field(), "/cursor");
  EXPECT_EQ(call("POST", "/api/v1/bytes", admin, "0123456789").status, 204);
  EXPECT_EQ(call("POST", "/api/v1/bytes", admin, "0123456789x").status, 413);
}

TEST_F(ServerTest, InternalErrorsTellTheCallerOnlyTheRequestId) {
  testing::internal::CaptureStderr();
  for (const char* path : {"/api/v1/throws", "/api/v1/breaks"}) {
    const auto a = call("GET", path, {});
    EXPECT_EQ(a.status, 500);
    EXPECT_EQ(a.response.body.find("secret"), std::string::npos);
  }
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("secret detail"), std::string::npos);
  EXPECT_NE(log.find("test-request"), std::string::npos);
}

TEST_F(ServerTest, AFullPoolSaysSoAtOnce) {
  // Both threads are held, then the queue of 64 filled: the next is refused although nothing has been
  // answered.
  std::atomic<int> answered = 0;
  const auto ask = [&] {
    server.handle(request("GET", "/api/v1/waits", "", {}), [&](const gateway::Response&) { ++answered; });
  };
  ask();
  ask();
  entered.wait();
  for (int i = 0; i < 64; ++i)
    server.handle(request("GET", "/api/v1/waits", "", {}), [&](const gateway::Response&) { ++answered; });
  EXPECT_EQ(answered, 0);
  const auto a = call("GET", "/api/v1/waits", {});
  EXPECT_EQ(a.status, 503);
  EXPECT_EQ(a.header("retry-after"), "1");
  EXPECT_EQ(a.code(), "unavailable");
  leave.count_down();
  pool.stop();
  EXPECT_EQ(answered, 66);
}

TEST_F(ServerTest, ListsComeInPages) {
  const auto admin = signed_in(Role::kAdmin);
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(call("POST", "/api/v1/labels", admin, R"({"name":"l)" + std::to_string(i) + "\"}").status, 201);
  std::vector<std::string> names;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    const auto a = call("GET", "/api/v1/labels?limit=2" + cursor, admin);
    for (const auto& item : a.body.at("items").as_array()) names.emplace_back(item.at("name").as_string());
    EXPECT_EQ(a.body.at("next_cursor").is_null(), page == 2);
    if (page < 2) cursor = "&cursor=" + std::string(a.body.at("next_cursor").as_string());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"l0", "l1", "l2", "l3", "l4"}));
}

TEST_F(ServerTest, ARepeatedPostIsAnsweredFromWhatWasKept) {
  const auto admin = signed_in(Role::kAdmin);
  const auto post = [&](const std::string& key, const std::string& body, const Credentials& who) {
    auto r = request("POST", "/api/v1/labels", body, who);
    r.headers.emplace_back("idempotency-key", key);
    return send(std::move(r));
  };
  const auto first = post("k1", R"({"name":"a"})", admin);
  ASSERT_EQ(first.status, 201) << first.response.body;
  const auto again = post("k1", R"({"name":"a"})", admin);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.response.body, first.response.body);
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(count(kLabels), 1);
  EXPECT_EQ(post("k1", R"({"name":"b"})", admin).status, 409);
  EXPECT_EQ(post("k2", R"({"name":"a"})", admin).status, 409);  // a failure is not kept …
  EXPECT_EQ(count(kKept), 1);
  EXPECT_EQ(post("k2", R"({"name":"b"})", admin).status, 201);  // … so the key is still free
  EXPECT_EQ(post("k1", R"({"name":"c"})", signed_in(Role::kAdmin)).status,
            201);  // another caller, another key space
  EXPECT_EQ(post(std::string(101, 'k'), R"({"name":"d"})", admin).field(), "Idempotency-Key");
  clock.advance(std::chrono::hours(25));
  const auto later = session_of(AgentId{1});
  EXPECT_EQ(post("k1", R"({"name":"e"})", later).status, 201);
  EXPECT_EQ(count(kKept), 1);  // those of yesterday are gone
}

TEST_F(ServerTest, ParallelRepeatsDoItOnce) {
  const auto admin = signed_in(Role::kAdmin);
  std::vector<std::future<int>> answers;
  for (int i = 0; i < 8; ++i)
    answers.push_back(std::async(std::launch::async, [&] {
      auto r = request("POST", "/api/v1/api-keys", R"({"name":"k","role":"viewer"})", admin);
      r.headers.emplace_back("idempotency-key", "same");
      return send(std::move(r)).status;
    }));
  for (auto& a : answers) EXPECT_EQ(a.get(), 201);
  EXPECT_EQ(call("GET", "/api/v1/api-keys", admin).body.at("items").as_array().size(), 1u);
}

TEST_F(ServerTest, ASocketKnowsTheAgentOnlyFromThisSite) {
  const auto agent = signed_in(Role::kAgent);
  const auto accept = [&](const std::string& path, const std::string& origin) {
    auto r = request("GET", path, "", agent);
    if (!origin.empty()) r.headers.emplace_back("origin", origin);
    return server.accept(r).error().message;
  };
  EXPECT_EQ(accept("/api/v1/ws", "http://zhike.test"), "agent:1");
  EXPECT_EQ(accept("/api/v1/ws", "http://evil.test"), "nobody");
  EXPECT_EQ(accept("/api/v1/ws", ""), "nobody");
  EXPECT_EQ(accept("/other", "http://zhike.test"), "there is no WebSocket at this address");
}

TEST_F(ServerTest, APlainReadCostsOneStatement) {
  const auto viewer = signed_in(Role::kViewer);
  call("GET", "/api/v1/labels", viewer);
  const auto before = db->stats().reads;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(call("GET", "/api/v1/labels", viewer).status, 200);
  EXPECT_EQ(db->stats().reads - before, 10);
}

}  // namespace
}  // namespace zk::api
