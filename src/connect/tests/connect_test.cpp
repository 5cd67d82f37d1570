#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "connect/address.hpp"
#include "connect/http_client.hpp"
#include "connect/webhooks.hpp"
#include "gateway/server.hpp"

namespace zk::connect {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;

bool internal(const char* text) {
  sockaddr_storage address{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
  if (::inet_pton(AF_INET, text, &v4->sin_addr) == 1)
    v4->sin_family = AF_INET;
  else if (::inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
    v6->sin6_family = AF_INET6;
  else
    ADD_FAILURE() << text;
  return is_internal(reinterpret_cast<const sockaddr*>(&address));
}

TEST(Address, InternalOnesAreKnownInEveryNotation) {
  for (const auto* a : {"0.0.0.0",
                        "10.1.2.3",
                        "100.64.0.1",
                        "127.0.0.1",
                        "127.255.255.255",
                        "169.254.169.254",
                        "172.16.0.1",
                        "172.31.255.255",
                        "192.168.1.1",
                        "198.18.0.1",
                        "224.0.0.1",
                        "255.255.255.255",
                        "::",
                        "::1",
                        "::127.0.0.1",
                        "::ffff:127.0.0.1",
                        "::ffff:10.0.0.1",
                        "64:ff9b::7f00:1",
                        "2002:7f00:1::",
                        "fc00::1",
                        "fd12::1",
                        "fe80::1",
                        "ff02::1",
                        "2001:db8::1",
                        "2001::1",
                        "100::1"}) {
    EXPECT_TRUE(internal(a)) << a;
  }
  for (const auto* a : {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
                        "172.15.255.255", "172.32.0.0", "192.169.0.0", "223.255.255.255", "2606:4700::1111",
                        "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"}) {
    EXPECT_FALSE(internal(a)) << a;
  }
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_TRUE(is_internal(&local));
}

// Receives deliveries; answers with the status it is told.
class Receiver final : public gateway::Application {
 public:
  Receiver() {
    auto started = gateway::Server::start({}, *this);
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
  }
  ~Receiver() override { server->drain(); }
  void handle(gateway::Request request, std::function<void(gateway::Response)> done) override {
    gateway::Response response;
    {
      const std::lock_guard lock(mutex);
      response.status = status;
      response.body = std::string(reply_bytes, 'x');
      if (request.path == "/moved") {
        response.status = 302;
        response.headers.emplace_back("Location", "/elsewhere");
      }
      requests.push_back(std::move(request));
    }
    arrived.notify_all();
    done(std::move(response));
  }
  Result<std::unique_ptr<gateway::SocketSession>> accept(const gateway::Request&) override {
    return fail(ErrorCode::kNotFound, "");
  }
  std::string url(const std::string& path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + path;
  }
  // Waits until that many have arrived in all.
  std::vector<gateway::Request> wait_for(std::size_t n) {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return requests.size() >= n; });
    return requests;
  }
  void answer(int s) {
    const std::lock_guard lock(mutex);
    status = s;
  }

  std::unique_ptr<gateway::Server> server;
  std::mutex mutex;
  std::condition_variable arrived;
  int status = 200;
  std::size_t reply_bytes = 2;
  std::vector<gateway::Request> requests;
};

TEST(HttpClient, PostsAndBoundsTheAnswer) {
  Receiver receiver;
  receiver.reply_bytes = 100'000;
  const HttpClient client({.max_reply_bytes = 1000, .allow_internal = true});
  const auto reply = client.send({.url = receiver.url(), .body = "{}", .headers = {"X-A: b"}});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body.size(), 1000u);
  const auto requests = receiver.wait_for(1);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].body, "{}");
  EXPECT_EQ(requests[0].header("x-a"), "b");
}

TEST(HttpClient, RefusesTheOwnNetworkUnlessAllowed) {
  Receiver receiver;
  const HttpClient client({});
  EXPECT_EQ(client.send({.url = receiver.url()}).error().code, ErrorCode::kPermissionDenied);
  // By name too: what counts is the address the name leads to.
  EXPECT_EQ(
      client.send({.url = "http://localhost:" + std::to_string(receiver.server->port()) + "/"}).error().code,
      ErrorCode::kPermissionDenied);
  EXPECT_TRUE(receiver.requests.empty());
}

TEST(HttpClient, FollowsNothingAndSpeaksOnlyHttp) {
  Receiver receiver;
  const HttpClient client({.allow_internal = true});
  EXPECT_EQ(client.send({.url = receiver.url("/moved")})->status, 302);
  EXPECT_EQ(receiver.wait_for(1).size(), 1u);
  EXPECT_EQ(client.send({.url = "file:///etc/hostname"}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(client.send({.url = "nonsense"}).error().code, ErrorCode::kUnavailable);
}

TEST(Signature, IsHmacOverTimeAndBody) {
  // HMAC-SHA256("secret", "1700000000.{}"), by OpenSSL: printf '1700000000.{}' | openssl dgst -sha256 -hmac
  // secret
  EXPECT_EQ(signature("secret", from_micros(1'700'000'000'000'000), "{}"),
            "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163");
}

TEST(Retry, DoublesUpToAnHourWithJitter) {
  EXPECT_EQ(retry_delay(1, 0.5), 10s);
  EXPECT_EQ(retry_delay(2, 0.5), 20s);
  EXPECT_EQ(retry_delay(1, 0), 8s);
  EXPECT_EQ(retry_delay(9, 0.5), 2560s);
  EXPECT_EQ(retry_delay(100, 0.5), 1h);
}

class WebhooksTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (std::filesystem::temp_directory_path() / "zk-connect-XXXXXX").string();
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    dir_ = dir;
    auto db = storage::Db::open({.url = "sqlite:" + dir_ + "/t.db"});
    ASSERT_TRUE(db) << db.error().message;
    db_ = std::move(*db);
  }
  void TearDown() override {
    webhooks_.reset();
    db_.reset();
    std::filesystem::remove_all(dir_);
  }
  void start() {
    webhooks_ = std::make_unique<Webhooks>(*db_, clock_, sealer_, HttpClient({.allow_internal = true}),
                                           Webhooks::Options{.disable_after = 24h, .look_every = 5ms});
  }
  std::int64_t add_webhook(const std::string& events) {
    static constexpr storage::Query kInsert{
        "t.webhook",
        "INSERT INTO webhook (url, secret, events, created_at) VALUES ($1, $2, $3, $4) RETURNING id"};
    const auto sealed = sealer_.seal("secret");
    return db_
        ->write(after(10s),
                [&](storage::Tx& tx) -> Result<std::int64_t> {
                  ZK_TRY(const auto row,
                         tx.one(kInsert, {receiver_.url(), storage::Blob{sealed}, events, clock_.now()}));
                  return row.integer(0);
                })
        .value();
  }
  void append(const std::string& kind, int n = 1) {
    ASSERT_TRUE(db_->write(after(10s), [&](storage::Tx& tx) -> Status {
      for (int i = 0; i < n; ++i)
        ZK_TRY_STATUS(tx.append({.at = clock_.now(),
                                 .kind = kind,
                                 .actor = "bot",
                                 .audience = "agents",
                                 .payload = "{\"a\":1}"}));
      return {};
    }));
  }
  storage::Row row(std::int64_t id) {
    static constexpr storage::Query kRow{
        "t.row", "SELECT enabled, seq, failures, last_status, next_attempt_at FROM webhook WHERE id = $1"};
    return db_->read(after(10s), [&](storage::Tx& tx) { return tx.one(kRow, {id}); }).value();
  }
  // The state is written after the receiver has answered: wait for it, not for a time.
  template <class F>
  void until(F&& reached) {
    while (!reached()) std::this_thread::yield();
  }

  std::string dir_;
  ManualClock clock_{from_micros(1'700'000'000'000'000)};
  auth::Sealer sealer_{auth::Key{}};
  Receiver receiver_;
  std::unique_ptr<storage::Db> db_;
  std::unique_ptr<Webhooks> webhooks_;
};

TEST_F(WebhooksTest, DeliversWhatWasAskedForInOrderAndSigned) {
  add_webhook(R"(["message.created"])");
  start();
  append("conversation.created", 3);
  append("message.created", 20);
  const auto requests = receiver_.wait_for(20);
  std::int64_t last = 0;
  for (const auto& r : requests) {
    EXPECT_EQ(r.header("x-zhike-event"), "message.created");
    EXPECT_EQ(r.header("x-zhike-signature"), signature("secret", clock_.now(), r.body));
    EXPECT_THAT(r.body, HasSubstr(R"("data":{"a":1})"));
    const auto seq = std::stoll(r.body.substr(7));
    EXPECT_GT(seq, last);
    last = seq;
  }
}

TEST_F(WebhooksTest, AFailedEventIsTriedAgainLaterAndNothingOvertakesIt) {
  const auto id = add_webhook(R"(["message.created"])");
  receiver_.answer(500);
  start();
  append("message.created", 2);
  receiver_.wait_for(1);
  until([&] { return row(id).integer(2) == 1; });
  EXPECT_EQ(row(id).integer(3), 500);
  EXPECT_EQ(row(id).integer(1), 0) << "the cursor stays";
  EXPECT_GE(row(id).time(4), clock_.now() + 8s);
  receiver_.answer(204);
  clock_.advance(12s);
  const auto requests = receiver_.wait_for(3);
  EXPECT_EQ(requests[0].body, requests[1].body);
  EXPECT_NE(requests[1].body, requests[2].body);
  until([&] { return row(id).integer(1) == 2; });
  EXPECT_EQ(row(id).integer(2), 0);
  EXPECT_EQ(row(id).integer(3), 204);
}

TEST_F(WebhooksTest, LastingFailureTurnsItOff) {
  const auto id = add_webhook(R"(["message.created"])");
  receiver_.answer(410);
  start();
  append("message.created");
  until([&] { return row(id).integer(2) == 1; });
  EXPECT_TRUE(row(id).boolean(0));
  clock_.advance(25h);
  until([&] { return !row(id).boolean(0); });
  until([&] { return webhooks_->stats().disabled == 1; });
}

TEST_F(WebhooksTest, ARestartGoesOnAtTheCursor) {
  add_webhook(R"(["message.created"])");
  start();
  append("message.created", 3);
  receiver_.wait_for(3);
  webhooks_.reset();  // finishes and records what is in hand
  append("message.created", 2);
  start();
  const auto requests = receiver_.wait_for(5);
  EXPECT_THAT(requests[3].body, HasSubstr("\"seq\":4,"));
  EXPECT_THAT(requests[4].body, HasSubstr("\"seq\":5,"));
}

TEST_F(WebhooksTest, TestPostsOnce) {
  const auto id = add_webhook("[]");
  start();
  const auto reply = webhooks_->test(id, after(10s));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(receiver_.wait_for(1)[0].header("x-zhike-event"), "webhook.test");
  EXPECT_EQ(webhooks_->test(999, after(10s)).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace zk::connect
