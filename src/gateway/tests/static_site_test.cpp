#include "gateway/static_site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace zk::gateway {
namespace {

std::string packed(const std::vector<std::vector<std::string>>& files) {
  std::string out = "ZKPACK1\n";
  const auto number = [&](std::uint32_t n) { out.append(reinterpret_cast<const char*>(&n), 4); };
  number(static_cast<std::uint32_t>(files.size()));
  for (const auto& file : files) {
    for (const auto& part : file) {
      number(static_cast<std::uint32_t>(part.size()));
      out += part;
    }
  }
  return out;
}

class Site : public testing::Test {
 protected:
  Response get(std::string path, std::vector<std::pair<std::string, std::string>> headers = {}) {
    Request r;
    r.method = "GET";
    r.path = std::move(path);
    r.headers = std::move(headers);
    auto found = site_.find(r);
    if (found) return *found;
    Response none;
    none.status = 0;
    return none;
  }
  static std::string header(const Response& r, std::string_view name) {
    for (const auto& [key, value] : r.headers) {
      if (key == name) return value;
    }
    return {};
  }
  const std::string pack_ = packed({{"/console/index.html", "\"c\"", "<console>", "gz", "br"},
                                    {"/console/assets/main-BfD3k2x9.js", "\"j\"", "js", "", ""},
                                    {"/widget/frame.html", "\"f\"", "<frame>", "", ""},
                                    {"/widget/loader.js", "\"l\"", "loader", "gz", ""}});
  StaticSite site_{pack_};
};

TEST_F(Site, ServesWhatTheBrowserTakes) {
  EXPECT_EQ(get("/console/index.html").content(), "<console>");
  EXPECT_EQ(get("/console/index.html", {{"accept-encoding", "gzip, deflate, br"}}).content(), "br");
  EXPECT_EQ(get("/console/index.html", {{"accept-encoding", "br;q=0, gzip;q=0.5"}}).content(), "gz");
  EXPECT_EQ(header(get("/console/index.html", {{"accept-encoding", "br"}}), "Content-Encoding"), "br");
  EXPECT_EQ(header(get("/console/index.html"), "Vary"), "Accept-Encoding");
  EXPECT_EQ(get("/widget/loader.js", {{"accept-encoding", "br"}}).content(), "loader");
}

TEST_F(Site, NothingIsSentAgainThatIsKnown) {
  const auto r = get("/console/index.html", {{"if-none-match", "\"c\""}});
  EXPECT_EQ(r.status, 304);
  EXPECT_EQ(r.content(), "");
  EXPECT_EQ(header(r, "ETag"), "\"c\"");
  EXPECT_EQ(get("/console/index.html", {{"if-none-match", "\"x\""}}).status, 200);
}

TEST_F(Site, HashedNamesAreKeptForEver) {
  EXPECT_THAT(header(get("/console/assets/main-BfD3k2x9.js"), "Cache-Control"),
              testing::HasSubstr("immutable"));
  EXPECT_EQ(header(get("/console/index.html"), "Cache-Control"), "no-cache");
  EXPECT_EQ(header(get("/widget/loader.js"), "Cache-Control"), "public, max-age=300");
  EXPECT_FALSE(has_content_hash("/x/team-overview.js"));
  EXPECT_FALSE(has_content_hash("/x/index.js"));
  EXPECT_TRUE(has_content_hash("/x/a-12345678.css"));
}

TEST_F(Site, DeepLinksFoldersAndStrangers) {
  EXPECT_EQ(get("/console/").content(), "<console>");
  EXPECT_EQ(get("/console/conversations/12").content(), "<console>");
  EXPECT_EQ(get("/console").status, 308);
  EXPECT_EQ(header(get("/console"), "Location"), "/console/");
  EXPECT_EQ(get("/console/missing.js").status, 0) << "a missing file is no page";
  EXPECT_EQ(get("/other").status, 0);
  EXPECT_EQ(get("/widget/x").status, 0);
  Request post;
  post.method = "POST";
  post.path = "/console/";
  EXPECT_EQ(site_.find(post)->status, 405);
}

TEST_F(Site, OnlyTheWidgetMayBeFramed) {
  EXPECT_THAT(header(get("/widget/frame.html"), "Content-Security-Policy"),
              testing::HasSubstr("frame-ancestors *"));
  EXPECT_THAT(header(get("/console/"), "Content-Security-Policy"),
              testing::HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(header(get("/console/"), "Content-Security-Policy"), testing::HasSubstr("script-src 'self';"));
  EXPECT_EQ(header(get("/widget/loader.js"), "Cross-Origin-Resource-Policy"), "cross-origin");
}

using SiteDeathTest = Site;
TEST_F(SiteDeathTest, ACutPackEndsTheProgram) {
  EXPECT_DEATH(StaticSite(std::string_view(pack_).substr(0, pack_.size() - 1)), "");
  EXPECT_DEATH(StaticSite("something else"), "");
}

}  // namespace
}  // namespace zk::gateway
