// The whole answering behind one face: a knowledge base read by the default encoder for Chinese and, in
// profile `best`, the same articles read by the multilingual encoder for questions in other languages.
// Immutable snapshot; swap it atomically. find() may be called from many threads at once.
//
//   ZK_TRY(auto answerer, Answerer::build(articles, models));
//   ZK_TRY(answerer, answerer->learn());                       // background
//   ZK_TRY(auto finding, answerer->find({"退款多久到账？", clock.now(), "web"}, 0.98));
#pragma once

#include <memory>
#include <span>

#include "answering/judge.hpp"
#include "answering/knowledge_base.hpp"
#include "answering/models.hpp"

namespace zk::answering {

struct Finding {
  std::shared_ptr<const KnowledgeBase> kb;  // whose articles the candidates count
  Look look;
  Judgement judgement;
  Operating operating;
  const std::string& id(std::size_t candidate) const {
    return kb->article(judgement.candidates[candidate].article).external_id;
  }
};

class Answerer {
 public:
  // `previous`: unchanged articles and what was learnt are taken over; well under a second for one edited
  // article.
  static Result<std::shared_ptr<const Answerer>> build(std::span<const Article> articles,
                                                       const Models& models,
                                                       const Answerer* previous = nullptr);
  // Fits what needs the whole knowledge base. Seconds; run it in the background and swap the result in.
  Result<std::shared_ptr<const Answerer>> learn() const;

  // `target`: precision wanted of direct answers, 0.5 … 0.999.
  Result<Finding> find(const Question& question, double target) const;
  std::vector<Reason> reasons(const Finding& finding, std::size_t most) const;

  bool learnt() const { return chinese_->learnt(); }
  const KnowledgeBase& knowledge() const { return *chinese_; }
  const Models& models() const { return models_; }

 private:
  Answerer() = default;
  bool speaks_other(const std::string& text) const;

  Models models_;
  std::shared_ptr<const KnowledgeBase> chinese_;
  std::shared_ptr<const KnowledgeBase> multilingual_;  // null: one encoder reads everything
};

}  // namespace zk::answering
