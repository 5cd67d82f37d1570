#include "app/personal_data.hpp"
#include "knowledge/tests/fixture.hpp"

namespace zk::app {
namespace {

using Published = knowledge::Knowledge;

TEST_F(Published, NumbersOfWhatAnswersAreTheCompanysOwnAndThoseOfADraftAreNot) {
  const auto own = [&](const char* words) { return published(*db_, words, text::PiiType::kLandline); };
  EXPECT_FALSE(own("400-820-1234"));
  publish_at_once();
  put_live(article("A", "客服电话是多少", "请拨打400-820-1234。"));
  EXPECT_TRUE(own("400-820-1234"));
  ASSERT_TRUE(put(article("A", "客服电话是多少", "请拨打400-820-9999。")));  // edited, not released
  EXPECT_TRUE(own("400-820-1234"));
  EXPECT_FALSE(own("400-820-9999"));
}

}  // namespace
}  // namespace zk::app
