#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>

#include "answering/answerer.hpp"
#include "answering/corpus.hpp"

namespace zk::answering {
namespace {

Article article(std::string id, std::string question, std::vector<std::string> similar, std::string answer) {
  Article a;
  a.external_id = std::move(id);
  a.question = std::move(question);
  a.similar = std::move(similar);
  a.answer = text_blocks(std::move(answer));
  return a;
}

std::vector<Article> shop() {
  return {article("R", "怎么申请退货", {"东西不想要了怎么退", "七天无理由怎么弄"},
                  "签收后七天内在订单里点申请退货。"),
          article("F", "运费怎么算", {"邮费多少钱", "满多少包邮"}, "满九十九元包邮，不满收十元。"),
          article("I", "怎么开发票", {"电子发票在哪里开", "发票抬头怎么填"},
                  "订单完成后在订单详情里申请电子发票。")};
}

// Counts what it is asked to encode: one number for each of 16 hashed characters.
class CountingEncoder final : public nlu::Encoder {
 public:
  int dimension() const override { return 16; }
  std::string_view model_id() const override { return "counting"; }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    encoded += texts.size();
    std::vector<float> out;
    for (const auto& t : texts) {
      std::vector<float> v(16, 0.01F);
      for (const auto term : char_terms(t, 1, 2)) v[term % 16] += 1;
      const float norm = std::sqrt(dot(v.data(), v.data(), v.size()));
      for (const float x : v) out.push_back(x / norm);
    }
    return out;
  }
  std::size_t encoded = 0;
};

TEST(KnowledgeBase, FeaturesHaveNamesAndTheRightArticleStandsOut) {
  const auto kb =
      KnowledgeBase::build(shop(), {std::make_shared<Reader>("bge", std::make_shared<CountingEncoder>())});
  ASSERT_TRUE(kb);
  const auto learnt = (*kb)->learn();
  ASSERT_TRUE(learnt);
  const auto look = (*learnt)->look({"发票怎么开"});
  ASSERT_TRUE(look);
  ASSERT_EQ(look->articles.size(), 3U);
  EXPECT_EQ(look->features.columns, (*learnt)->feature_names().size());
  EXPECT_EQ(look->question.size(), KnowledgeBase::question_feature_names().size());
  EXPECT_EQ((*learnt)->article(look->articles[0]).external_id, "I");
}

TEST(KnowledgeBase, AnEditPreparesOneArticleAndKeepsTheRest) {
  auto encoder = std::make_shared<CountingEncoder>();
  const Encoders encoders = {std::make_shared<Reader>("bge", encoder)};
  auto articles = shop();
  const auto first = KnowledgeBase::build(articles, encoders);
  ASSERT_TRUE(first);
  const auto learnt = (*first)->learn();
  ASSERT_TRUE(learnt);
  encoder->encoded = 0;
  articles[1].similar.push_back("寄到新疆要加钱吗");
  articles.push_back(article("G", "可以开收据吗", {}, "可以。请联系客服。"));
  const auto second = KnowledgeBase::build(articles, encoders, learnt->get());
  ASSERT_TRUE(second);
  EXPECT_EQ(encoder->encoded, 4U + 1 + 1 + 1) << "F: four questions and one sentence; G: one and one";
  const auto look = (*second)->look({"新疆加钱吗"});
  ASSERT_TRUE(look);
  EXPECT_EQ((*second)->article(look->articles[0]).external_id, "F");
  EXPECT_EQ((*second)->find("G"), std::optional<std::size_t>(3));
}

TEST(KnowledgeBase, WhatIsNotInForceIsNoCandidate) {
  auto articles = shop();
  articles[0].valid_until = Timestamp{Micros{1'000'000}};
  const auto kb = KnowledgeBase::build(articles, {});
  ASSERT_TRUE(kb);
  Question q{"怎么申请退货", Timestamp{Micros{2'000'000}}, "web"};
  const auto look = (*kb)->look(q);
  ASSERT_TRUE(look);
  for (const auto a : look->articles) EXPECT_NE((*kb)->article(a).external_id, "R");
  q.now = Timestamp{Micros{500'000}};
  EXPECT_EQ((*kb)->look(q)->articles.size(), 3U);
}

TEST(KnowledgeBase, LeftOutDoesNotSeeItself) {
  const auto kb =
      KnowledgeBase::build(shop(), {std::make_shared<Reader>("bge", std::make_shared<CountingEncoder>())});
  const auto learnt = *(*kb)->learn();
  const auto names = learnt->feature_names();
  const auto best =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), "bge.raw") - names.begin());
  const auto seen = learnt->look({"邮费多少钱"});
  const auto left_out = learnt->look_left_out(1, 1);
  const auto raw = [&](const Look& look) {
    for (std::size_t i = 0; i < look.articles.size(); ++i)
      if (look.articles[i] == 1) return look.features.row(i)[best];
    return -9.0F;
  };
  EXPECT_NEAR(raw(*seen), 1, 1e-3);
  EXPECT_LT(raw(left_out), 0.99F);
}

TEST(Answerer, WithoutModelsItRanksByWordsAndIsNeverSure) {
  ModelOptions options;
  options.profile = Profile::kLexical;
  const auto models = open_models("no/such/folder", options);
  ASSERT_TRUE(models);
  auto answerer = Answerer::build(shop(), *models);
  ASSERT_TRUE(answerer);
  answerer = (*answerer)->learn();
  const auto f = (*answerer)->find({"邮费大概多少钱呀"}, 0.98);
  ASSERT_TRUE(f);
  EXPECT_EQ(f->id(0), "F");
  EXPECT_LT(f->judgement.right, f->operating.answer);
  EXPECT_TRUE(models->judge->is_lexical());
}

TEST(Answerer, AQuestionWrittenDownWordForWordIsSure) {
  const auto answerer = Answerer::build(shop(), *open_models("", {.profile = Profile::kLexical}));
  ASSERT_TRUE(answerer);
  const auto f = (*answerer)->find({"邮费多少钱"}, 0.98);
  ASSERT_TRUE(f);
  EXPECT_EQ(f->id(0), "F");
  EXPECT_GT(f->judgement.right, 0.99);
  EXPECT_GE(f->judgement.right, f->operating.answer);
  auto twice = shop();
  twice[0].similar.push_back("邮费多少钱");
  const auto unclear = Answerer::build(twice, *open_models("", {.profile = Profile::kLexical}));
  const auto both = (*unclear)->find({"邮费多少钱"}, 0.98);
  EXPECT_NE(both->judgement.right, f->judgement.right) << "two articles claim it";
}

TEST(Models, MissingFilesAreAnErrorUnlessWordsAloneAreAllowed) {
  ModelOptions options;
  EXPECT_FALSE(open_models("no/such/folder", options));
  options.lexical_only = true;
  const auto models = open_models("no/such/folder", options);
  ASSERT_TRUE(models);
  EXPECT_EQ(models->profile, Profile::kLexical);
  EXPECT_FALSE(models->note.empty());
}

// Floor: the demo company's knowledge, questions in other words, by words alone.
TEST(Answerer, DemoFloor) {
  const std::string root = ZK_SOURCE_DIR;
  const auto articles = read_articles(root + "/data/demo/articles.jsonl");
  const auto questions = read_questions(root + "/tests/golden/answering/demo_questions.jsonl");
  ASSERT_TRUE(articles && questions);
  const auto answerer = Answerer::build(*articles, *open_models("", {.profile = Profile::kLexical}));
  ASSERT_TRUE(answerer);
  std::size_t first = 0, three = 0;
  for (const auto& q : *questions) {
    const auto f = (*answerer)->find({q.text}, 0.98);
    ASSERT_TRUE(f);
    for (std::size_t i = 0; i < 3; ++i)
      if (std::find(q.ids.begin(), q.ids.end(), f->id(i)) != q.ids.end()) {
        first += i == 0;
        ++three;
        break;
      }
  }
  EXPECT_GE(first * 10, questions->size() * 6) << first << " of " << questions->size();
  EXPECT_GE(three * 10, questions->size() * 8) << three << " of " << questions->size();
}

}  // namespace
}  // namespace zk::answering
