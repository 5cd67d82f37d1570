#include "text/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace zk::text {
namespace {
using ::testing::ElementsAre;

TEST(Normalise, Cases) {
  EXPECT_EQ(normalise("ＡＰＰ裡的  訂單！！！！！"), "app里的订单!!!");
  EXPECT_EQ(normalise("  Where is\tmy  ORDER? "), "where is my order?");
  EXPECT_EQ(normalise("iPhone 15 Pro 多少钱"), "iphone15pro多少钱");
  EXPECT_EQ(normalise("哈哈哈哈哈哈😊😊"), "哈哈哈😊😊");
  EXPECT_EQ(normalise("20000000元"), "20000000元");
  EXPECT_EQ(normalise("①②Ⅱ㎡"), "12iim2");
  EXPECT_EQ(normalise("發票開錯了，頭髮"), "发票开错了,头发");
  EXPECT_EQ(normalise(""), "");
}

TEST(Normalise, IsIdempotentOnAnyBytes) {
  Random random(11);
  for (int i = 0; i < 3000; ++i) {
    std::string s;
    for (std::uint64_t n = random.below(40); n > 0; --n)
      s += random.below(3) ? to_utf8(std::u32string(1, static_cast<char32_t>(0x20 + random.below(0xA000))))
                           : std::string(1, static_cast<char>(random.below(256)));
    const auto once = normalise(s);
    EXPECT_TRUE(is_valid_utf8(once));
    EXPECT_EQ(normalise(once), once) << "seed 11, case " << i;
  }
}

TEST(Utf8, InvalidBytesBecomeReplacementCharacters) {
  EXPECT_EQ(to_utf8(to_u32("a\xFF\xE4\xB8")), "a\uFFFD\uFFFD\uFFFD");
  EXPECT_FALSE(is_valid_utf8("\xC0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));  // a surrogate
  EXPECT_TRUE(is_valid_utf8("中😀"));
  EXPECT_EQ(prefix("中文😀字", 3), "中文😀");
}

TEST(Grams, SkipPunctuation) {
  EXPECT_THAT(char_grams("退款,多", 1, 2), ElementsAre("退", "款", "多", "退款", "款多"));
}

TEST(Words, HanByDictionaryLatinByBlank) {
  EXPECT_THAT(words("Where's my order"), ElementsAre("where's", "my", "order"));
  EXPECT_THAT(words("我要查流量"), ElementsAre("我要", "查", "流量"));
  EXPECT_TRUE(is_general_word("流量"));
  EXPECT_FALSE(is_general_word("留量"));
}

TEST(Pinyin, FoldsTheUsualConfusions) {
  EXPECT_THAT(pinyin("退款A15单"), ElementsAre("tui", "kuan", "A15", "dan"));
  EXPECT_EQ(sounds("流量"), sounds("留量"));
  EXPECT_EQ(sounds("详单"), sounds("祥单"));
  EXPECT_EQ(sounds("是"), sounds("四"));
  EXPECT_EQ(sounds("蓝"), sounds("男"));
  EXPECT_NE(sounds("退款"), sounds("换货"));
}

TEST(Language, ByScriptThenByText) {
  EXPECT_EQ(language("我的iphone是什么型号"), "zh");
  EXPECT_EQ(language("退貨要幾天"), "zh");
  EXPECT_EQ(language("Do you ship abroad?"), "en");
  EXPECT_EQ(language("注文をキャンセルしたい"), "ja");
  EXPECT_EQ(language("환불은 언제 되나요"), "ko");
  EXPECT_EQ(language("Je voudrais savoir où se trouve ma commande"), "fr");
  EXPECT_EQ(language("12345 😊"), "und");
}

}  // namespace
}  // namespace zk::text
