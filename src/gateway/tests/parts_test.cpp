#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/rate_limit.hpp"
#include "gateway/response_head.hpp"
#include "gateway/target.hpp"

namespace zk::gateway {
namespace {
using namespace std::chrono_literals;

TEST(Target, DecodesPathAndQuery) {
  const auto t = parse_target("/a%2Fb/%E4%BD%A0?q=1+2&empty=&flag&q=%26&&#fragment");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->path, "/a/b/你");
  const std::vector<std::pair<std::string, std::string>> want{
      {"q", "1 2"}, {"empty", ""}, {"flag", ""}, {"q", "&"}};
  EXPECT_EQ(t->query, want);
  EXPECT_EQ(parse_target("/a+b")->path, "/a+b") << "a plus in the path is a plus";
  EXPECT_EQ(parse_target("/a/...")->path, "/a/...");
}

TEST(Target, RefusesWhatIsNotAPath) {
  for (const auto* bad : {"", "a", "*", "http://h/", "/%", "/%4", "/%gg", "/..", "/a/../b", "/a/.",
                          "/%2E%2e/x", "/%0a", "/?a=%"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
  EXPECT_EQ(parse_target("/" + std::string(8192, 'a')).error().code, ErrorCode::kTooLarge);
  std::string many = "/?a=1";
  for (int i = 0; i < 100; ++i) many += "&a=1";
  EXPECT_FALSE(parse_target(many));
}

TEST(Cookie, FindsTheFirstOfThatName) {
  EXPECT_EQ(find_cookie("a=1; zk_session=abc ;b=2; zk_session=x", "zk_session"), "abc");
  EXPECT_EQ(find_cookie("zk_session=\"q\"", "zk_session"), "q");
  EXPECT_EQ(find_cookie("xzk_session=1; zk_sessionx=2; zk_session", "zk_session"), "");
  EXPECT_EQ(find_cookie(";;==; =;", "a"), "");
}

TEST(Head, NeverSplits) {
  Response r;
  r.headers.emplace_back("X", "a\nb");
  EXPECT_TRUE(write_head(r, {"id", "d"}).empty());
  r.headers = {{"X\r\nY", "a"}};
  EXPECT_TRUE(write_head(r, {"id", "d"}).empty());
}

TEST(Head, TheApplicationsHeadersWin) {
  Response r;
  r.headers = {{"content-security-policy", "sandbox"}, {"CACHE-CONTROL", "max-age=1"}};
  r.body = "12345";
  const auto head = write_head(r, {"id", "d"});
  EXPECT_THAT(head, testing::HasSubstr("content-security-policy: sandbox\r\n"));
  EXPECT_THAT(head, testing::Not(testing::HasSubstr("default-src 'none'")));
  EXPECT_THAT(head, testing::Not(testing::HasSubstr("no-store")));
  EXPECT_THAT(head, testing::HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
}

TEST(Head, DateIsImfFixdate) {
  EXPECT_EQ(imf_date(from_micros(784111777'000000)), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
}

TEST(RateLimiter, RefillsAndKeepsClientsApart) {
  RateLimiter limiter(10, 2);
  RateLimiter::TimePoint t{};
  EXPECT_TRUE(limiter.allow("a", t));
  EXPECT_TRUE(limiter.allow("a", t));
  EXPECT_FALSE(limiter.allow("a", t));
  EXPECT_TRUE(limiter.allow("b", t));
  EXPECT_FALSE(limiter.allow("a", t + 99ms));
  EXPECT_TRUE(limiter.allow("a", t + 200ms));
}

TEST(RateLimiter, MemoryIsBounded) {
  RateLimiter limiter(1, 5, 160);
  RateLimiter::TimePoint t{};
  for (int i = 0; i < 10'000; ++i) limiter.allow(std::to_string(i), t);
  EXPECT_LE(limiter.clients(), 160u);
  EXPECT_GT(limiter.clients(), 100u);
}

TEST(Problem, EscapesWhatItIsGiven) {
  const auto r = problem(503, "unavailable", "say \"no\"\n", "id");
  EXPECT_EQ(
      r.body,
      R"({"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable","detail":"say \"no\"\u000a","request_id":"id"})");
}

}  // namespace
}  // namespace zk::gateway
