#include <gtest/gtest.h>

#include "domain/article.hpp"
#include "domain/block.hpp"
#include "domain/people.hpp"

namespace zk {
namespace {

TEST(Blocks, RoundTripKeepsEveryKind) {
  const std::string json =
      R"([{"type":"text","text":"您好"},{"type":"list","ordered":true,"items":["一","二"]},{"type":"image","url":"https://a/b.png","alt":"图"},)"
      R"({"type":"link","url":"https://a","title":"看这里"},{"type":"buttons","choices":[{"id":"article:X1","label":"退货"}]},)"
      R"({"type":"card","title":"卡","text":"t","image_url":"","url":"https://c"},)"
      R"({"type":"file","attachment_id":3,"name":"a.pdf","mime":"application/pdf","size":9,"url":"/api/v1/attachments/3"}])";
  const auto blocks = blocks_from_json(json);
  ASSERT_TRUE(blocks.has_value()) << blocks.error().message;
  EXPECT_EQ(blocks_to_json(*blocks), json);
  EXPECT_EQ(plain_text(*blocks), "您好\n1. 一\n2. 二\n图\n看这里 https://a\n1. 退货\n卡\nt\na.pdf");
}

TEST(Blocks, FaultsNameTheElement) {
  const auto check = [](const char* json, const char* field) {
    const auto r = blocks_from_json(json);
    ASSERT_FALSE(r.has_value()) << json;
    EXPECT_EQ(r.error().field, field) << json;
  };
  check(R"([{"type":"text"}])", "/0/text");
  check(R"([{"type":"text","text":"a"},{"type":"link","url":"javascript:x"}])", "/1/url");
  check(R"([{"type":"image","url":"//evil"}])", "/0/url");
  check(R"([{"type":"buttons","choices":[{"id":"x"}]}])", "/0/choices");
  check(R"([{"type":"movie"}])", "/0/type");
  check("[]", "/");
  check("{", "/");
}

TEST(Article, ExpiredOrForeignChannelIsNotLive) {
  Article a;
  const auto t = from_iso8601("2026-06-01").value();
  EXPECT_TRUE(is_live(a, t, "web"));
  a.valid_until = t;
  EXPECT_FALSE(is_live(a, t, "web"));
  a.valid_until = {};
  a.channels = {"wechat"};
  EXPECT_FALSE(is_live(a, t, "web"));
  a.channels.clear();
  a.status = ArticleStatus::kDraft;
  EXPECT_FALSE(is_live(a, t, "web"));
}

TEST(Roles, NobodyButAdminManagesUsersAndVisitorEndpointsAreForVisitors) {
  for (auto r : {Role::kSupervisor, Role::kAgent, Role::kEditor, Role::kViewer}) EXPECT_FALSE(allows(r, Permission::kUserWrite));
  for (auto r : {Role::kAdmin, Role::kSupervisor, Role::kAgent, Role::kEditor, Role::kViewer}) EXPECT_EQ(allows(r, Permission::kVisitor), false);
  EXPECT_FALSE(allows(Role::kViewer, Permission::kConversationWrite));
  EXPECT_FALSE(allows(Role::kEditor, Permission::kConversationRead));
}

}  // namespace
}  // namespace zk
