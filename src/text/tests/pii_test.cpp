#include "text/pii.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "base/random.hpp"
#include "text/text.hpp"

namespace zk::text {
namespace {

std::string show(std::string_view text, const std::vector<PiiSpan>& spans) {
  std::string out;
  const auto u = to_u32(text);
  for (const auto& s : spans)
    out += std::string(to_string(s.type)) + ":" + to_utf8(u.substr(s.start, s.end - s.start)) + " ";
  return out;
}

TEST(Pii, Golden) {
  std::ifstream in(std::string(ZK_SOURCE_DIR) + "/tests/golden/pii.jsonl");
  std::string line;
  int n = 0;
  for (; std::getline(in, line); ++n) {
    const auto row = boost::json::parse(line).as_object();
    const std::string text(row.at("text").as_string());
    std::vector<PiiSpan> want;
    for (const auto& v : row.at("spans").as_array())
      for (int t = 0; t < kPiiTypes; ++t)
        if (to_string(static_cast<PiiType>(t)) == std::string_view(v.at("type").as_string()))
          want.push_back({v.at("start").to_number<std::size_t>(), v.at("end").to_number<std::size_t>(),
                          static_cast<PiiType>(t)});
    EXPECT_EQ(show(text, find_pii(text)), show(text, want)) << text;
  }
  EXPECT_GT(n, 80);
}

TEST(Pii, EveryWayOfWritingAMobileNumber) {
  const std::string number = "13812345678";
  const char* chinese[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string digits = "1" + std::to_string(3 + random.below(7));
    while (digits.size() < 11) digits += static_cast<char>('0' + random.below(10));
    const int style = static_cast<int>(random.below(5));
    std::string written;
    for (std::size_t k = 0; k < digits.size(); ++k) {
      const int d = digits[k] - '0';
      if ((k == 3 || k == 7) && style < 3) written += style == 0 ? " " : style == 1 ? "-" : "";
      if (style == 3)
        written += to_utf8(std::u32string(1, static_cast<char32_t>(0xFF10 + d)));
      else if (style == 4)
        written += d == 1 && random.below(2) ? "幺" : chinese[d];
      else
        written += digits[k];
    }
    const auto text = "我的号码" + written + "，请回电";
    const auto spans = find_pii(text);
    ASSERT_EQ(spans.size(), 1u) << text << " seed 3 case " << i;
    EXPECT_EQ(spans[0].type, PiiType::kPhone) << text;
    EXPECT_EQ(mask(text), "我的号码" + masked_form(written, PiiType::kPhone) + "，请回电");
  }
}

TEST(Pii, ALongerNumberIsNoPhone) {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string digits = "20240618";  // an order number: a date, then more
    while (digits.size() < 12 + random.below(9)) digits += static_cast<char>('0' + random.below(10));
    for (const auto& s : find_pii("订单号" + digits + "到哪了")) EXPECT_NE(s.type, PiiType::kPhone) << digits;
  }
}

TEST(Pii, MaskedTextHasNoneLeft) {
  std::ifstream in(std::string(ZK_SOURCE_DIR) + "/tests/golden/pii.jsonl");
  std::string line;
  while (std::getline(in, line)) {
    const auto once = mask(std::string(boost::json::parse(line).at("text").as_string()));
    for (const auto& s : find_pii(once))
      EXPECT_GE(static_cast<int>(s.type), static_cast<int>(PiiType::kWechat)) << once;
  }
}

TEST(Pii, AnyBytesGiveOrderedSpansInside) {
  Random random(17);
  const std::u32string alphabet = U"0123456789 -一二三零幺京A@.微信xX省市路号栋张李我叫收，年月日生护照";
  for (int i = 0; i < 20000; ++i) {
    std::u32string s;
    for (std::uint64_t n = random.below(60); n > 0; --n) s += alphabet[random.below(alphabet.size())];
    std::size_t end = 0;
    for (const auto& span : find_pii(to_utf8(s))) {
      EXPECT_GE(span.start, end) << to_utf8(s);
      EXPECT_GT(span.end, span.start);
      end = span.end;
    }
    EXPECT_LE(end, s.size());
  }
}

}  // namespace
}  // namespace zk::text
