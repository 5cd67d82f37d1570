// Tokenizer and encoder against the reference (tests/golden/README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include "nlu/bge.hpp"
#include "nlu/cross_encoder.hpp"

namespace zk::nlu {
namespace {

const std::filesystem::path kRoot = ZK_SOURCE_DIR;
const auto kTokenizer = kRoot / "models/bge-small-zh-v1.5-tokenizer.json";

std::vector<boost::json::object> golden(const char* name) {
  std::ifstream in(kRoot / "tests/golden" / name);
  std::vector<boost::json::object> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(boost::json::parse(line).as_object());
  return rows;
}

// Models are fetched by tools/setup; a tree set up with --lexical-only has none and is tested without them.
bool no_models() { return !neural_runtime_available() || !std::filesystem::exists(kTokenizer); }
#define ZK_NEEDS_MODELS() \
  if (no_models()) GTEST_SKIP() << "set up without models (tools/setup --lexical-only)"

TEST(WordPiece, EqualsTheReferenceOn2000Strings) {
  ZK_NEEDS_MODELS();
  const auto pieces = WordPiece::load(kTokenizer);
  ASSERT_TRUE(pieces) << pieces.error().message;
  const auto rows = golden("wordpiece.jsonl");
  ASSERT_EQ(rows.size(), 2000u);
  int wrong = 0;
  for (const auto& row : rows) {
    const auto& text = row.at("text").as_string();
    const auto ids = pieces->encode(std::string_view(text)).ids;
    const auto expected = boost::json::value_to<std::vector<std::int32_t>>(row.at("ids"));
    if (ids != expected && ++wrong <= 5)
      ADD_FAILURE() << boost::json::serialize(row) << "\n got " << testing::PrintToString(ids);
  }
  EXPECT_EQ(wrong, 0);
}

constexpr std::string_view kTiny = R"({"normalizer":{"type":"BertNormalizer","lowercase":true},
  "added_tokens":[{"id":2,"content":"[SEP]"}],
  "model":{"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"caf":3,"##e":4,"x":5,"y":6,"##y":7}}})";

TEST(WordPiece, LowercaseStripsAccentsUnlessToldOtherwise) {
  const auto w = WordPiece::parse(kTiny);
  ASSERT_TRUE(w);
  EXPECT_THAT(w->pieces("CAF\u00c9", 10), testing::ElementsAre(3, 4));
  EXPECT_THAT(w->pieces("x[SEP]zz", 10), testing::ElementsAre(5, 2, 0));
}

TEST(WordPiece, InvalidBytesAreDroppedLikeReplacementCharacters) {
  const auto w = WordPiece::parse(kTiny);
  ASSERT_TRUE(w);
  EXPECT_THAT(w->pieces("x\xff\xc3y", 10), testing::ElementsAre(5, 7));
}

TEST(WordPiece, PairsAreCutLongestFirst) {
  const auto w = WordPiece::parse(kTiny);
  ASSERT_TRUE(w);
  const auto t = w->encode_pair("x x x x x x", "y y", 8);
  EXPECT_THAT(t.ids, testing::ElementsAre(1, 5, 5, 5, 2, 6, 6, 2));
  EXPECT_THAT(t.types, testing::ElementsAre(0, 0, 0, 0, 0, 1, 1, 1));
  EXPECT_THAT(w->encode_pair("x x x x x x", "y y y y", 8).ids, testing::ElementsAre(1, 5, 5, 5, 2, 6, 6, 2));
  EXPECT_THAT(w->encode("x x x x x x", 4).ids, testing::ElementsAre(1, 5, 5, 2));
}

TEST(WordPiece, RefusesWhatIsNoTokenizer) {
  for (const auto* bad : {"", "[]", "{}", R"({"model":{},"normalizer":{}})",
                          R"({"model":{"vocab":{"a":-1}},"normalizer":{"type":"BertNormalizer"}})",
                          R"({"model":{"vocab":{"a":1}},"normalizer":{"type":"NFC"}})"})
    EXPECT_EQ(WordPiece::parse(bad).error().code, ErrorCode::kDataLoss) << bad;
  EXPECT_EQ(WordPiece::load("/nonexistent/t.json").error().code, ErrorCode::kNotFound);
}

float distance(std::span<const float> a, std::span<const float> b) {
  float most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}

std::shared_ptr<BertEncoder> bge(std::size_t max_batch = 1) {
  const auto encoder = open_bge(kRoot / "models", {.queue = {.workers = 2, .max_batch = max_batch}});
  EXPECT_TRUE(encoder) << encoder.error().message;
  return *encoder;
}

TEST(Bge, VectorsEqualTheReferenceRun) {
  ZK_NEEDS_MODELS();
  const auto encoder = bge();
  ASSERT_EQ(encoder->dimension(), 512);
  std::vector<std::string> texts;
  std::vector<float> expected;
  for (const auto& row : golden("bge_vectors.jsonl")) {
    texts.emplace_back(row.at("text").as_string());
    for (const auto& x : row.at("vector").as_array())
      expected.push_back(static_cast<float>(x.to_number<double>()));
  }
  ASSERT_EQ(texts.size(), 64u);
  const auto got = encoder->encode(texts);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_LT(distance(*got, expected), 1e-3f);
}

TEST(Bge, AVectorDoesNotDependOnWhoElseAsks) {
  ZK_NEEDS_MODELS();
  const auto encoder = bge();
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i)
    texts.push_back("第" + std::to_string(i) + "个订单什么时候发货" +
                    std::string(static_cast<std::size_t>(i), '!'));
  std::vector<std::vector<float>> alone(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) alone[i] = *encoder->encode(std::span(texts).subspan(i, 1));
  std::vector<std::thread> callers;
  std::vector<std::vector<float>> together(4);
  for (auto& out : together) callers.emplace_back([&] { out = *encoder->encode(texts); });
  for (auto& c : callers) c.join();
  for (const auto& out : together)
    for (std::size_t i = 0; i < texts.size(); ++i)
      EXPECT_EQ(distance(std::span(out).subspan(i * 512, 512), alone[i]), 0) << i;
}

TEST(Bge, BatchesOfSeveralTextsStayNear) {
  ZK_NEEDS_MODELS();
  const std::vector<std::string> texts = {
      "我想退货", "运费谁出", "发票抬头写错了怎么改", "会员到期自动续费吗，在哪里取消", "a", ""};
  const auto one = bge()->encode(texts), many = bge(8)->encode(texts);
  ASSERT_TRUE(one && many);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    float cosine = 0;
    for (std::size_t d = 0; d < 512; ++d) cosine += (*one)[i * 512 + d] * (*many)[i * 512 + d];
    EXPECT_GT(cosine, 0.97f) << texts[i];
  }
}

TEST(Bge, OnePassGivesSentencesAndTokens) {
  ZK_NEEDS_MODELS();
  const auto encoder = bge();
  const std::vector<std::string> texts = {"退款", "运费谁出呢"};
  const auto sentences = encoder->encode(texts);
  const auto both = encoder->encode_tokens(texts);
  ASSERT_TRUE(sentences && both);
  EXPECT_EQ(distance(both->sentences, *sentences), 0);
  EXPECT_THAT(both->first_row, testing::ElementsAre(0, 4, 11));
  EXPECT_EQ(both->token_dimension, 512);
  EXPECT_EQ(both->values.size(), 11U * 512);
  EXPECT_TRUE(both->weights.empty());
}

TEST(Bge, NamesWhatIsMissingOrDamaged) {
  ZK_NEEDS_MODELS();
  const auto absent = open_bge("/nonexistent", {});
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().message, testing::HasSubstr("tools/setup"));
  const auto folder = std::filesystem::path(testing::TempDir()) / "zk_bge_damaged";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "bge-small-zh-v1.5-q.onnx") << "not a model";
  EXPECT_EQ(open_bge(folder, {}).error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(open_bert(folder / "bge-small-zh-v1.5-q.onnx", kTokenizer,
                      {.runtime = kRoot / "models/libonnxruntime.so"})
                .error()
                .code,
            ErrorCode::kDataLoss);
  std::filesystem::remove_all(folder);
}

// A cross-encoder file of a few hundred bytes: logit = sum of ids × mask × (1 + type), made by
// tools/golden/tiny_cross_encoder.py.
TEST(CrossEncoder, ScoresEveryPassageInOrder) {
  ZK_NEEDS_MODELS();
  const BertOptions options{.runtime = kRoot / "models/libonnxruntime.so",
                            .queue = {.workers = 2, .max_batch = 4}};
  const auto cross = open_cross_encoder(kRoot / "tests/golden/tiny_cross_encoder.onnx", kTokenizer, options);
  ASSERT_TRUE(cross) << cross.error().message << cross.error().detail;
  const auto pieces = *WordPiece::load(kTokenizer);
  const std::vector<std::string> passages = {"退款七天到账", "运费由买家承担，质量问题除外", "", "a"};
  const auto scores = (*cross)->score("退款多久", passages);
  ASSERT_TRUE(scores) << scores.error().message << scores.error().detail;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    const auto t = pieces.encode_pair("退款多久", passages[i], 128);
    float expected = 0;
    for (std::size_t k = 0; k < t.ids.size(); ++k)
      expected += static_cast<float>(t.ids[k] * (1 + t.types[k]));
    EXPECT_EQ((*scores)[i], expected) << i;
  }
  EXPECT_EQ(open_cross_encoder(kRoot / "models/bge-small-zh-v1.5-q.onnx", kTokenizer, options).error().code,
            ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace zk::nlu
