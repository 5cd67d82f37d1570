#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>

#include "answering/bm25.hpp"
#include "answering/classifier.hpp"
#include "answering/corpus.hpp"
#include "answering/dense.hpp"
#include "answering/late.hpp"
#include "answering/repair.hpp"
#include "answering/scores.hpp"
#include "answering/terms.hpp"
#include "answering/trees.hpp"
#include "base/random.hpp"
#include "text/text.hpp"

namespace zk::answering {
namespace {

TEST(Terms, FillersGoAndTopicsStay) {
  EXPECT_EQ(without_fillers("喂你好那个我想问一下就是怎么退货啊"), "怎么退货");
  EXPECT_EQ(without_fillers("怎么退货"), "怎么退货");
}

TEST(Terms, ClausesAreCutAtMarksAndShortOnesJoin) {
  EXPECT_TRUE(clauses("怎么退货？", 5).empty());
  const auto parts = clauses("昨天买了个锅，嗯，今天到了发现盖子碎了，怎么退？", 5);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0], "昨天买了个锅");
  EXPECT_EQ(parts[1], "嗯今天到了发现盖子碎了怎么退");
  EXPECT_EQ(clauses("一二三四五。一二三四五六。一二三四。一二三四五六七。", 2).size(), 2U);
}

TEST(Terms, LongestCommonRunMeetsBruteForce) {
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    std::u32string a, b;
    for (std::uint64_t i = random.below(9); i-- > 0;) a += static_cast<char32_t>('a' + random.below(3));
    for (std::uint64_t i = random.below(9); i-- > 0;) b += static_cast<char32_t>('a' + random.below(3));
    int best = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::size_t n = 1; i + n <= a.size(); ++n)
        if (b.find(a.substr(i, n)) != std::u32string::npos) best = std::max(best, static_cast<int>(n));
    EXPECT_EQ(longest_common_run(a, b), best) << "seed 11 round " << round;
  }
}

TEST(Bm25, ShareIsFullForTheSameTextAndZeroForAnother) {
  const auto a = char_terms("怎么退货", 1, 2), b = char_terms("运费多少", 1, 2);
  const Bm25 index({a, b});
  std::vector<float> share(2);
  index.share(a, share);
  EXPECT_NEAR(share[0], 1.0F, 0.05F);
  EXPECT_EQ(share[1], 0.0F);
  index.share(char_terms("从没见过", 1, 2), share);
  EXPECT_EQ(share[0], 0.0F);
  EXPECT_EQ(index.idf(term_of("没有这个")), 0.0F);
}

TEST(Repair, MendsHomophonesOfTheKnowledgeBaseOnly) {
  const Repair repair({"流量不够用怎么办", "流量怎么查", "详单在哪里看", "通话详单怎么打"});
  EXPECT_EQ(repair.apply("留量不够用了"), "流量不够用了");
  EXPECT_EQ(repair.apply("祥单在哪"), "详单在哪");
  EXPECT_EQ(repair.apply("天气怎么样"), "天气怎么样");
}

TEST(Dense, CholeskySolvesAndInvertsTheDiagonal) {
  constexpr std::size_t kN = 40;
  Random random(5);
  Matrix x(kN, kN), a(kN, kN);
  for (float& v : x.values) v = static_cast<float>(random.unit() - 0.5);
  for (std::size_t i = 0; i < kN; ++i)
    for (std::size_t j = 0; j < kN; ++j) a.row(i)[j] = dot(x.row(i), x.row(j), kN) + (i == j ? 1.0F : 0.0F);
  Matrix identity(kN, kN);
  for (std::size_t i = 0; i < kN; ++i) identity.row(i)[i] = 1;
  Matrix lower = a;
  ASSERT_TRUE(factorise(lower));
  solve(lower, identity);  // now a⁻¹
  const auto diagonal = inverse_diagonal(lower);
  for (std::size_t i = 0; i < kN; ++i) {
    EXPECT_NEAR(diagonal[i], identity.row(i)[i], 1e-4F);
    for (std::size_t j = 0; j < kN; ++j)
      EXPECT_NEAR(dot(a.row(i), identity.row(j), kN), i == j ? 1.0F : 0.0F, 1e-3F);
  }
  Matrix negative(1, 1);
  negative.row(0)[0] = -1;
  EXPECT_FALSE(factorise(negative));
}

TEST(Classifier, LeftOutEqualsTrainingWithoutTheRow) {
  const std::vector<std::string> texts = {"怎么退货", "想退货",   "退货流程",
                                          "运费多少", "邮费谁出", "寄过去多少钱"};
  std::vector<std::vector<Term>> terms;
  for (const auto& t : texts) terms.push_back(char_terms(t, 1, 2));
  std::vector<LabelledText> rows;
  for (std::size_t i = 0; i < texts.size(); ++i) rows.push_back({terms[i], {}, i / 3, 1.0F});
  const auto all = Classifier::fit(rows, {}, 2);
  ASSERT_TRUE(all);
  std::vector<float> score(2);
  all->score(char_terms("退货怎么弄", 1, 2), {}, score);
  EXPECT_GT(score[0], score[1]);
  const auto left_out = all->left_out(1);
  ASSERT_EQ(left_out.size(), 2U);
  EXPECT_GT(left_out[0], left_out[1]);
  std::vector<float> with(2);
  all->score(terms[1], {}, with);
  EXPECT_LT(left_out[0], with[0]) << "a text knows itself best";
}

TEST(Trees, SumsLeavesAndExplainsTheSum) {
  const auto json = boost::json::parse(R"({"base":0.5,"trees":[
    {"f":[0,-1,1,-1,-1],"t":[1.5,0,0,0,0],"l":[1,0,3,0,0],"r":[2,0,4,0,0],"d":[1,0,0,0,0],"v":[0.1,-1,0.6,0.2,2]}]})");
  const auto trees = Trees::parse(json, 2);
  ASSERT_TRUE(trees);
  const std::vector<float> low = {1, 7}, high = {2, 7}, missing = {NAN, 0};
  EXPECT_DOUBLE_EQ(trees->sum(low), -0.5);
  EXPECT_DOUBLE_EQ(trees->sum(high), 2.5);
  EXPECT_DOUBLE_EQ(trees->sum(missing), -0.5);
  std::vector<double> shares(2, 0);
  trees->explain(high, shares);
  EXPECT_NEAR(shares[0], 0.5, 1e-6);
  EXPECT_NEAR(shares[1], 1.4, 1e-6);
}

TEST(Trees, DamagedTreesAreRefused) {
  for (const char* text :
       {R"([])", R"({"trees":[{"f":[0]}]})",
        R"({"trees":[{"f":[0],"t":[1],"l":[0],"r":[0],"d":[0],"v":[0]}]})",
        R"({"trees":[{"f":[9,-1,-1],"t":[1,0,0],"l":[1,0,0],"r":[2,0,0],"d":[0,0,0],"v":[0,0,0]}]})"}) {
    const auto trees = Trees::parse(boost::json::parse(text), 2);
    ASSERT_FALSE(trees) << text;
    EXPECT_EQ(trees.error().code, ErrorCode::kDataLoss);
  }
}

TEST(Dense, BytesOfAnyLengthMeetTheSum) {
  Random random(6);
  for (std::size_t n : {0, 1, 15, 31, 32, 33, 64, 100, 512}) {
    std::vector<std::int8_t> a(n), b(n);
    std::int32_t wanted = 0;
    for (std::size_t k = 0; k < n; ++k) {
      a[k] = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
      b[k] = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
      wanted += std::int32_t{a[k]} * std::int32_t{b[k]};
    }
    EXPECT_EQ(dot(a.data(), b.data(), n), wanted) << n;
  }
}

TEST(PackedRows, DotProductsOfUnitVectorsAreNearThoseOfFloats) {
  Random random(5);
  constexpr std::size_t kWidth = 512;
  PackedRows packed(kWidth);
  std::vector<std::vector<float>> plain;
  for (int i = 0; i < 60; ++i) {
    std::vector<float> v(kWidth);
    for (float& x : v) x = static_cast<float>(random.unit() + random.unit() + random.unit() - 1.4);
    const float norm = std::sqrt(dot(v.data(), v.data(), kWidth));
    for (float& x : v) x /= norm;
    packed.add(v);
    plain.push_back(std::move(v));
  }
  std::vector<float> again(kWidth);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    packed.unpack(i, again);
    for (std::size_t k = 0; k < kWidth; ++k) EXPECT_NEAR(again[k], plain[i][k], packed.scales[i] / 2 + 1e-6F);
    for (std::size_t j = 0; j < plain.size(); ++j)
      EXPECT_NEAR(dot(packed, i, packed, j), dot(plain[i].data(), plain[j].data(), kWidth), 0.002F);
  }
}

TEST(Late, TheSameTokensScoreFullAndASkippedTextDoesNotCount) {
  nlu::TokenVectors v;
  v.token_dimension = kTokenWidth;
  v.first_row = {0, 3, 6};
  v.values.assign(6 * kTokenWidth, 0.0F);
  for (std::size_t r = 0; r < 6; ++r) v.values[r * kTokenWidth + r] = 1;
  const auto article = token_rows(v, 0, 2);
  const auto same = late_scores(article.text(0), article, 2, -1);
  EXPECT_NEAR(same.article, 1, 0.02);
  EXPECT_NEAR(same.question, 1, 0.02);
  EXPECT_NEAR(same.back, 1, 0.02);
  EXPECT_NEAR(late_scores(article.text(0), article, 2, 0).article, 0, 0.02);
  TokenRows again;
  for (std::size_t i = 0; i < article.texts(); ++i) again.add(article.bytes(i));
  EXPECT_EQ(again.begin, article.begin);
  EXPECT_EQ(again.values, article.values);
  EXPECT_EQ(again.weights, article.weights);
  EXPECT_FALSE(TokenRows::fits("x"));
}

TEST(Corpus, LinesAreReadOrBlamed) {
  const auto a = parse_article(
      R"({"id":"A1","category":"x","question":"怎么退货","similar":["想退"],"answer":"七天内。","valid_until":"2026-12-01"})");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->similar.size(), 1U);
  EXPECT_NE(a->valid_until, Timestamp{});
  EXPECT_EQ(parse_article("{").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(parse_article(R"({"id":"A1","answer":"x"})").error().field, "/question");
  EXPECT_EQ(parse_article(R"({"id":"A1","question":7,"answer":"x"})").error().field, "/question");
  EXPECT_FALSE(read_articles("does/not/exist.jsonl"));
  const auto d =
      parse_dialogue(R"({"id":"M1","kind":"k","turns":[{"q":"a","expect":"answer","ids":["A1"],"pick":2}]})");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->turns[0].pick, 2);
}

TEST(Scores, CountAsDefined) {
  const auto asked = [](std::string expect, std::vector<std::string> ids) {
    return AskedQuestion{"q", "t", std::move(expect), std::move(ids), 0};
  };
  const std::vector<AskedQuestion> q = {
      asked("answer", {"A"}), asked("answer", {"B"}),       asked("answer", {"C"}),  asked("none", {}),
      asked("none", {}),      asked("clarify", {"A", "B"}), asked("clarify", {"A"}), asked("human", {})};
  const std::vector<Prediction> p = {{"answer", "A", .9, {}, {"A"}, 1},
                                     {"answer", "A", .9, {}, {"A", "B"}, 1},
                                     {"clarify", "", .5, {"X", "C"}, {"X", "C"}, 1},
                                     {"answer", "A", .9, {}, {"A"}, 1},
                                     {"clarify", "", .2, {"A"}, {"A"}, 1},
                                     {"clarify", "", .2, {"B"}, {"B"}, 1},
                                     {"answer", "A", .9, {}, {"A"}, 1},
                                     {"handover", "", 0, {}, {}, 1}};
  const auto s = score(q, p);
  EXPECT_EQ(s.precision.hits, 1U);
  EXPECT_EQ(s.precision.of, 3U) << "an ambiguous question answered from its ids is neither right nor wrong";
  EXPECT_DOUBLE_EQ(s.coverage.value(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(s.reach.value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(s.recall_at_1.value(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(s.oos_answered.value(), 0.5);
  EXPECT_DOUBLE_EQ(s.oos_offered.value(), 0.5);
  EXPECT_DOUBLE_EQ(s.clarify_hit.value(), 0.5);
  EXPECT_DOUBLE_EQ(s.ambiguous_answered.value(), 0.5);
  EXPECT_DOUBLE_EQ(s.human_recall.value(), 1);
  EXPECT_NEAR((Rate{9, 10}.low()), 0.596, 0.001);
}

}  // namespace
}  // namespace zk::answering
