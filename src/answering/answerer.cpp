#include "answering/answerer.hpp"

#include "text/text.hpp"

namespace zk::answering {

Result<std::shared_ptr<const Answerer>> Answerer::build(std::span<const Article> articles,
                                                        const Models& models, const Answerer* previous) {
  auto out = std::shared_ptr<Answerer>(new Answerer);
  out->models_ = models;
  ZK_TRY(out->chinese_,
         KnowledgeBase::build(articles, models.encoders, previous ? previous->chinese_.get() : nullptr));
  if (!models.multilingual.empty()) {
    ZK_TRY(out->multilingual_, KnowledgeBase::build(articles, models.multilingual,
                                                    previous ? previous->multilingual_.get() : nullptr));
  }
  return std::shared_ptr<const Answerer>(std::move(out));
}

Result<std::shared_ptr<const Answerer>> Answerer::learn() const {
  auto out = std::shared_ptr<Answerer>(new Answerer(*this));
  ZK_TRY(out->chinese_, chinese_->learn());
  if (multilingual_) {
    ZK_TRY(out->multilingual_, multilingual_->learn());
  }
  return std::shared_ptr<const Answerer>(std::move(out));
}

bool Answerer::speaks_other(const std::string& text) const { return multilingual_ && !text::has_han(text); }

Result<Finding> Answerer::find(const Question& question, double target) const {
  const bool other = speaks_other(question.text);
  const auto& judge = other ? *models_.multilingual_judge : *models_.judge;
  Finding out;
  out.kb = other ? multilingual_ : chinese_;
  ZK_TRY(out.look, out.kb->look(question));
  out.judgement = judge.judge(*out.kb, out.look);
  out.operating = judge.operating(target);
  return out;
}

std::vector<Reason> Answerer::reasons(const Finding& finding, std::size_t most) const {
  const auto& judge = finding.kb == multilingual_ ? *models_.multilingual_judge : *models_.judge;
  return judge.reasons(*finding.kb, finding.look, finding.judgement, most);
}

}  // namespace zk::answering
