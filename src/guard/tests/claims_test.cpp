#include "guard/claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zk::guard {
namespace {

std::vector<std::string> read(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& c : claims(text)) out.push_back(std::string(to_string(c.kind)) + ":" + c.value + c.unit);
  return out;
}
std::vector<std::string> made_up(std::string_view said, std::vector<std::string> sources) {
  std::vector<std::string> out;
  for (const auto& c : unfounded(said, sources)) out.push_back(c.text);
  return out;
}

TEST(Claims, WordingsOfOneClaimAreEqual) {
  const std::pair<const char*, const char*> equal[] = {
      {"七天内", "7天内"},
      {"１，２００元", "1200元"},
      {"¥299", "299元"},
      {"十五个工作日", "15 个工作日"},
      {"2026年11月3日", "2026-11-03"},
      {"30%", "30％"},
      {"两小时", "2小时"},
      {"1.50元", "1.5元"},
      {"3万元", "3 万元"},
  };
  for (const auto& [a, b] : equal) {
    ASSERT_FALSE(claims(a).empty()) << a;
    EXPECT_EQ(claims(a), claims(b)) << a << " / " << b;
  }
}

TEST(Claims, EachKindIsFound) {
  EXPECT_THAT(read("满299元包邮，7天内可退"), testing::ElementsAre("price:299元", "figure:7天"));
  EXPECT_THAT(read("活动到11月30日"), testing::ElementsAre("date:11-30"));
  EXPECT_THAT(read("请打 400-123-4567 或 95588"), testing::ElementsAre("phone:4001234567", "phone:95588"));
  EXPECT_THAT(read("见 https://Shop.example.com/a/。"), testing::ElementsAre("link:shop.example.com/a"));
  EXPECT_THAT(read("within 3 business days"), testing::ElementsAre("figure:3工作日"));
}

TEST(Claims, WordsWithNumeralsAreNone) {
  EXPECT_THAT(read("一般情况下，一些商品会一起发出，请再试一次，十分抱歉"), testing::IsEmpty());
  EXPECT_THAT(read(""), testing::IsEmpty());
  EXPECT_THAT(read("百分之百 千万 \xff\xfe"), testing::IsEmpty());
}

TEST(Unfounded, WhatStandsInTheSourcePassesAndTheRestIsNamed) {
  const std::vector<std::string> source = {
      "自签收起七天内可以退货，运费10元。热线 400-123-4567。活动到2026年11月30日。"};
  EXPECT_THAT(made_up("签收7天内都能退，运费 10 元，11月30日截止", source), testing::IsEmpty());
  EXPECT_THAT(made_up("15天内可退，运费10元", source), testing::ElementsAre("15天"));
  EXPECT_THAT(made_up("请打 400-123-4568", source), testing::ElementsAre("400-123-4568"));
  EXPECT_THAT(made_up("见 https://evil.test/x", source), testing::ElementsAre("https://evil.test/x"));
  EXPECT_THAT(made_up("10天内到账", source), testing::ElementsAre("10天")) << "10元 is no ground for 10天";
}

TEST(Contradict, TheSameUnitWithOtherValues) {
  EXPECT_TRUE(contradict(claims("7天内可退"), claims("15天内可退")));
  EXPECT_FALSE(contradict(claims("7天内可退"), claims("七天内，运费10元")));
  EXPECT_FALSE(contradict(claims("7天内可退"), claims("运费10元")));
  EXPECT_TRUE(contradict(claims("热线 400-111-2222"), claims("热线 400-111-3333")));
}

}  // namespace
}  // namespace zk::guard
