#include "app/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "app/exposition.hpp"
#include "app/front.hpp"
#include "gateway/tests/client.hpp"

namespace zk::app {
namespace {
using gateway::test::Client;
using testing::HasSubstr;

class AppServer : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (std::filesystem::temp_directory_path() / "zk-app-XXXXXX").string();
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    dir_ = dir;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  config::Config config() const {
    config::Config c;
    c.server.listen = "127.0.0.1:0";
    c.storage.data = dir_ + "/data";
    c.log.level = "error";
    return c;
  }
  static std::uint16_t port(const Server& server) {
    return static_cast<std::uint16_t>(std::stoi(server.url().substr(17)));
  }

  std::string dir_;
};

constexpr std::string_view kNoPages("ZKPACK1\n\0\0\0\0", 12);

TEST_F(AppServer, AnswersHealthReadinessAndMetrics) {
  auto server = Server::start({.config = config(), .assets = kNoPages});
  ASSERT_TRUE(server) << server.error().message;
  ASSERT_THAT((*server)->url(), testing::StartsWith("http://127.0.0.1:"));
  Client c(port(**server));
  EXPECT_EQ(c.get("/healthz").status, 200);
  const auto ready = c.get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr("\"database\":\"sqlite\""));
  EXPECT_EQ(c.get("/openapi.json").status, 200);
  EXPECT_EQ(c.get("/api/v1/nothing").status, 404);
  EXPECT_EQ(c.get("/nothing").header("content-type"), "application/problem+json");
  EXPECT_EQ(c.get("/").header("location"), "/console/");
  const auto metrics = c.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("zhike_http_requests_total{route=\"health\",status=\"2xx\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("zhike_connections 1"));
  EXPECT_THAT(metrics, HasSubstr("zhike_queue_depth{queue=\"worker\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("zhike_storage_commits_total"));
  for (const auto* figure :
       {"zhike_queue_depth{queue=\"slow\"} 0", "zhike_queue_depth{queue=\"storage_write\"} 0",
        "zhike_queue_depth{queue=\"turn\"} 0", "zhike_queue_depth{queue=\"live\"} 0",
        "zhike_turn_seconds_count 0", "zhike_turn_stage_seconds_count{stage=\"retrieve\"} 0",
        "zhike_turns_total{outcome=\"replied\"} 0", "zhike_live_screens 0", "zhike_conversations_waiting 0",
        "zhike_index_articles 0", "zhike_message_index_messages 0", "zhike_storage_commit_seconds_total",
        "process_resident_memory_bytes"})
    EXPECT_THAT(metrics, HasSubstr(figure));
  (*server)->stop();
  (*server)->stop();
}

TEST_F(AppServer, ASecondServerOnTheSameDataIsRefusedUntilTheFirstStops) {
  auto first = Server::start({.config = config(), .assets = kNoPages});
  ASSERT_TRUE(first);
  const auto second = Server::start({.config = config(), .assets = kNoPages});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("another server uses"));
  first->reset();
  EXPECT_TRUE(Server::start({.config = config(), .assets = kNoPages}));
}

TEST_F(AppServer, ATakenAddressAndABadOneAreSaid) {
  auto first = Server::start({.config = config(), .assets = kNoPages});
  ASSERT_TRUE(first);
  auto other = config();
  other.storage.data = dir_ + "/other";
  other.server.listen = (*first)->url().substr(7);
  EXPECT_EQ(Server::start({.config = other, .assets = kNoPages}).error().code, ErrorCode::kConflict);
  other.server.listen = "nonsense";
  EXPECT_EQ(Server::start({.config = other, .assets = kNoPages}).error().field, "server.listen");
}

TEST(Address, ReadsHostAndPort) {
  EXPECT_EQ(parse_address("[::1]:8080")->host, "::1");
  EXPECT_EQ(parse_address("localhost:0")->port, 0);
  for (const auto* bad :
       {"", ":80", "host", "host:", "host:x", "host:70000", "::1:80", "host:80x", "[]:80"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
}

TEST(Exposition, HistogramBucketsAreCumulative) {
  exec::Histogram h;
  h.observe(std::chrono::microseconds(50));
  h.observe(std::chrono::milliseconds(3));
  Exposition out;
  out.histogram("zhike_t_seconds", "help", {{"q", "a"}}, h.snapshot());
  const auto text = out.text();
  EXPECT_THAT(text, HasSubstr("zhike_t_seconds_count{q=\"a\"} 2"));
  EXPECT_THAT(text, HasSubstr("zhike_t_seconds_bucket{q=\"a\",le=\"0.0001\"} 1"));
  EXPECT_THAT(text, HasSubstr("zhike_t_seconds_bucket{q=\"a\",le=\"+Inf\"} 2"));
}

TEST(Routes, BodiesAndCorsByPath) {
  EXPECT_EQ(route_rule("POST", "/api/v1/articles/import").body_limit, 64u << 20);
  EXPECT_EQ(route_rule("POST", "/api/v1/widget/attachments").body_limit, 12u << 20);
  EXPECT_EQ(route_rule("POST", "/api/v1/conversations/1/attachments").body_limit, 12u << 20);
  EXPECT_EQ(route_rule("GET", "/api/v1/articles/import").body_limit, 1u << 20);
  EXPECT_TRUE(route_rule("POST", "/api/v1/widget/sessions").cors);
  EXPECT_FALSE(route_rule("GET", "/api/v1/conversations").cors);
}

}  // namespace
}  // namespace zk::app
