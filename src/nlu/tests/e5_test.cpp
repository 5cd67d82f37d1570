#include "nlu/e5.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace zk::nlu {
namespace {

const std::filesystem::path kModels = std::filesystem::path(ZK_SOURCE_DIR) / "models";

class E5Test : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModels / "e5-small-q4.bin"))
      GTEST_SKIP() << "set up without models (tools/setup --lexical-only)";
    auto opened = open_e5(kModels);
    if (!opened && opened.error().code == ErrorCode::kUnavailable) GTEST_SKIP() << opened.error().message;
    ASSERT_TRUE(opened) << opened.error().message;
    encoder_ = *opened;
  }
  float cosine(const std::string& a, const std::string& b) {
    const std::vector<std::string> both = {a, b};
    const auto v = *encoder_->encode(both);
    float sum = 0;
    for (std::size_t d = 0; d < 384; ++d) sum += v[d] * v[384 + d];
    return sum;
  }
  std::shared_ptr<Encoder> encoder_;
};

TEST_F(E5Test, AQuestionIsNearItsTranslationAndFarFromAnother) {
  EXPECT_EQ(encoder_->dimension(), 384);
  EXPECT_NEAR(cosine("退款多久到账", "退款多久到账"), 1, 1e-5);
  EXPECT_GT(cosine("退款多久到账", "how long does a refund take to arrive"),
            cosine("退款多久到账", "what material is this jacket") + 0.03f);
}

TEST_F(E5Test, AVectorDoesNotDependOnItsNeighbours) {
  std::vector<std::string> texts;
  for (int i = 0; i < 24; ++i)
    texts.push_back("when will order " + std::to_string(i) + " ship" +
                    std::string(static_cast<std::size_t>(i), '!'));
  const auto together = *encoder_->encode(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto alone = *encoder_->encode(std::span(texts).subspan(i, 1));
    EXPECT_TRUE(
        std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(i * 384)))
        << i;
  }
}

TEST_F(E5Test, TakesWhatWouldOverrunTheCCode) {
  std::string expanding;
  for (int i = 0; i < 2000; ++i) expanding += "\xEF\xB7\xBA";  // U+FDFA becomes 18 characters
  const std::vector<std::string> texts = {expanding, std::string("a\0b", 3), "\xff\xfe\xc3", "",
                                          std::string(100'000, 'x')};
  const auto v = encoder_->encode(texts);
  ASSERT_TRUE(v) << v.error().message;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    float sum = 0;
    for (std::size_t d = 0; d < 384; ++d) sum += (*v)[i * 384 + d] * (*v)[i * 384 + d];
    EXPECT_NEAR(sum, 1, 1e-4) << i;
  }
}

TEST_F(E5Test, TextIsCutAt128Tokens) {
  std::string words;
  for (int i = 0; i < 200; ++i) words += "订单在哪里呢 ";
  EXPECT_GT(cosine(words, words + "完全无关的另一段话"), 0.999f);
}

TEST(E5Open, NamesWhatIsMissing) {
  const auto absent = open_e5("/nonexistent");
  EXPECT_TRUE(absent.error().code == ErrorCode::kNotFound || absent.error().code == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace zk::nlu
