#include "gateway/tests/client.hpp"
#include "gateway/tests/fixture.hpp"

namespace zk::gateway::test {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Http, AnswersAndKeepsTheConnection) {
  Running r;
  Client c(r.port());
  for (int i = 0; i < 3; ++i) {
    const auto reply = c.get("/a%20b?x=1&y=%E4%BD%A0+z");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "GET /a b  127.0.0.1 x=1 y=你 z");
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
    EXPECT_THAT(reply.header("content-security-policy"), HasSubstr("default-src 'none'"));
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_FALSE(reply.header("date").empty());
    EXPECT_FALSE(reply.header("x-request-id").empty());
  }
  EXPECT_EQ(r.server->stats().accepted, 1u);
  EXPECT_EQ(r.server->stats().routes[0].by_status_class[1], 3u);
}

TEST(Http, EchoesASaneRequestIdOnly) {
  Running r;
  Client c(r.port());
  EXPECT_EQ(c.get("/", "X-Request-Id: abc-1.2\r\n").header("x-request-id"), "abc-1.2");
  EXPECT_NE(c.get("/", "X-Request-Id: a b\r\n").header("x-request-id"), "a b");
}

TEST(Http, PipelinedRequestsAreAnsweredInOrder) {
  Running r;
  Client c(r.port());
  std::string many;
  for (int i = 0; i < 50; ++i)
    many += "GET /" + std::to_string(i) + (i % 2 == 0 ? "" : "/x") + " HTTP/1.1\r\nHost: t\r\n\r\n";
  many +=
      "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhelloGET /pool HTTP/1.1\r\nHost: t\r\n\r\nGET "
      "/z HTTP/1.1\r\nHost: t\r\n\r\n";
  c.write(many);
  for (int i = 0; i < 50; ++i) EXPECT_THAT(c.read().body, HasSubstr("GET /" + std::to_string(i)));
  EXPECT_THAT(c.read().body, HasSubstr("POST /p hello"));
  EXPECT_EQ(c.read().body, "from a thread");
  EXPECT_THAT(c.read().body, HasSubstr("GET /z"));
}

TEST(Http, HeadHasTheLengthButNoBody) {
  Running r;
  Client c(r.port());
  c.write("HEAD /h HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto reply = c.read(true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-length"), std::to_string(std::string("GET /h  127.0.0.1").size()));
  EXPECT_EQ(c.get("/next").body, "GET /next  127.0.0.1") << "no stray body bytes in between";
}

TEST(Http, RefusesGarbageWithAProblemDocument) {
  const struct {
    std::string_view bytes;
    int status;
  } cases[] = {
      {"\x16\x03\x01\x02garbage\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost t\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET /../etc HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /%2e%2e/etc HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET /?a=%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"GET http://other/ HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -3\r\n\r\n", 400},
  };
  Running r;
  for (const auto& test : cases) {
    Client c(r.port());
    c.write(test.bytes);
    const auto reply = c.read();
    EXPECT_EQ(reply.status, test.status) << test.bytes;
    EXPECT_EQ(reply.header("content-type"), "application/problem+json") << test.bytes;
    EXPECT_THAT(reply.body, HasSubstr("\"code\":\"malformed\"")) << test.bytes;
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_TRUE(c.closed()) << test.bytes;
  }
}

TEST(Http, LimitsHeadersTargetAndBody) {
  Options o;
  o.rules = [](std::string_view, std::string_view path) {
    return RouteRule{.body_limit = path == "/big" ? 100'000u : 10u};
  };
  Running r(o);
  const std::string long_value(20'000, 'x');
  EXPECT_EQ(Client(r.port()).get("/", "X: " + long_value + "\r\n").status, 431);
  EXPECT_EQ(Client(r.port()).get("/" + std::string(9000, 'x')).status, 414);
  Client announced(r.port());
  announced.write("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(announced.read().status, 413) << "refused from the announcement alone";
  EXPECT_TRUE(announced.closed());
  Client chunked(r.port());
  chunked.write(
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.read().status, 413);
  Client big(r.port());
  big.write("POST /big HTTP/1.1\r\nHost: t\r\nContent-Length: 90000\r\n\r\n" + std::string(90'000, 'y'));
  EXPECT_THAT(big.read().body, HasSubstr("POST /big " + std::string(90'000, 'y')));
}

TEST(Http, BodiesTogetherAreBounded) {
  Options o;
  o.limits.body_bytes_in_flight = 150'000;
  Running r(o);
  Client first(r.port()), second(r.port());
  first.write("POST /a HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(first.read().status, 100);
  second.write("POST /b HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
  const auto refused = second.read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  first.write(std::string(100'000, 'x'));
  EXPECT_EQ(first.read().status, 200);
  Client third(r.port());
  third.write("POST /c HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
  EXPECT_EQ(third.read().status, 200) << "the first body's share was given back";
}

TEST(Http, SlowHeadersAndBodiesEndIn408) {
  Options o;
  o.timeouts.header = 50ms;
  o.timeouts.body = 50ms;
  Running r(o);
  Client header(r.port()), body(r.port());
  header.write("GET / HTTP/1.1\r\nHos");
  body.write("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(header.read().status, 408);
  EXPECT_EQ(body.read().status, 408);
  EXPECT_TRUE(header.closed());
  EXPECT_EQ(r.server->stats().timed_out, 2u);
}

TEST(Http, IdleConnectionsAreClosed) {
  Options o;
  o.timeouts.idle = 50ms;
  Running r(o);
  Client c(r.port());
  EXPECT_EQ(c.get("/").status, 200);
  EXPECT_TRUE(c.closed());
}

TEST(Http, ASilentHandlerIsAnswered504AndItsLateAnswerIgnored) {
  Options o;
  o.timeouts.handler = -900ms;  // the gateway's own answer comes a second after the deadline
  Running r(o);
  Client c(r.port());
  const auto reply = c.get("/held");
  EXPECT_EQ(reply.status, 504);
  r.app.held.at(0)(Response{});
  EXPECT_TRUE(c.closed());
}

TEST(Http, ExceptionsAndBrokenHeadersAre500) {
  Running r;
  Client c(r.port());
  EXPECT_EQ(c.get("/throw").status, 500);
  const auto reply = c.get("/split");
  EXPECT_EQ(reply.status, 500);
  EXPECT_TRUE(reply.header("set-cookie").empty());
  EXPECT_EQ(c.get("/").status, 200) << "the connection goes on";
}

TEST(Http, AFullQueueSays503WithRetryAfter) {
  std::latch release(1), busy(1);  // outlive the pool whose task waits on them
  Running r;
  ASSERT_TRUE(r.app.pool.post([&] {
    busy.count_down();
    release.wait();
  }));
  busy.wait();
  ASSERT_TRUE(r.app.pool.post([] {}));  // the queue of one is full
  Client c(r.port());
  const auto reply = c.get("/pool");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("retry-after"), "1");
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  release.count_down();
}

TEST(Http, ConnectionsAreCapped) {
  Options o;
  o.limits.connections = 2;
  Running r(o);
  Client a(r.port()), b(r.port());
  EXPECT_EQ(a.get("/").status, 200);
  EXPECT_EQ(b.get("/").status, 200);
  Client c(r.port());
  const auto reply = c.read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("retry-after"), "5");
  EXPECT_EQ(r.server->stats().refused_connections, 1u);
}

TEST(Http, CorsOnlyWhereTheRuleSaysSo) {
  Options o;
  o.rules = [](std::string_view, std::string_view path) {
    return RouteRule{.cors = path.starts_with("/widget")};
  };
  Running r(o);
  Client c(r.port());
  c.write("OPTIONS /widget/a HTTP/1.1\r\nHost: t\r\nOrigin: https://shop.example\r\n\r\n");
  const auto preflight = c.read();
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "*");
  EXPECT_TRUE(preflight.header("access-control-allow-credentials").empty());
  EXPECT_EQ(c.get("/widget/a").header("access-control-allow-origin"), "*");
  EXPECT_TRUE(c.get("/api").header("access-control-allow-origin").empty());
}

TEST(Http, BelievesForwardedHeadersOfTrustedProxiesOnly) {
  constexpr std::string_view kForwarded =
      "X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n";
  Running direct;
  EXPECT_THAT(Client(direct.port()).get("/", kForwarded).body, HasSubstr("127.0.0.1"));
  Options o;
  o.trusted_proxies = {"127.0.0.1"};
  o.rate = {.per_second = 0.001, .burst = 2};
  Running behind(o);
  Client c(behind.port());
  const auto reply = c.get("/", kForwarded);
  EXPECT_THAT(reply.body, HasSubstr("203.0.113.9 tls"));
  EXPECT_FALSE(reply.header("strict-transport-security").empty());
  EXPECT_EQ(c.get("/", kForwarded).status, 200);
  const auto limited = c.get("/", kForwarded);
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.header("retry-after"), "1");
  EXPECT_EQ(c.get("/").status, 200) << "another address, loopback, is not limited";
}

TEST(Http, DrainAnswersWhatIsInFlightAndRefusesTheRest) {
  Running r;
  Client held(r.port()), idle(r.port());
  EXPECT_EQ(idle.get("/").status, 200);
  held.write("GET /held HTTP/1.1\r\nHost: t\r\n\r\n");
  r.app.arrived.get_future().get();
  std::thread drain([&] { r.server->drain(); });
  EXPECT_TRUE(idle.closed());
  Response response;
  response.body = "late but there";
  r.app.held.at(0)(std::move(response));
  const auto reply = held.read();
  EXPECT_EQ(reply.body, "late but there");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(held.closed());
  drain.join();
  EXPECT_THROW(Client(r.port()).get("/"), boost::system::system_error);
}

TEST(Http, TheSameAddressTwiceIsAConflict) {
  Running r;
  App app;
  Options o;
  o.port = r.port();
  const auto second = Server::start(o, app);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace zk::gateway::test
