#include "answering/answerer.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::answering {
namespace {

constexpr double kWordForWord = 0.995;

// A question the editor wrote down word for word, in one article only, is that article's: the training
// companies' customers never ask so, and the models cannot know it.
std::string letters(std::string_view s) {
  std::string out;
  for (const auto& c : text::char_grams(s, 1, 1)) out += c;
  return out;
}

// True when that is so; the first candidate is then that article's.
bool settle_word_for_word(const KnowledgeBase& kb, const Look& look, Judgement& judgement) {
  const auto asked = letters(look.normalised);
  std::size_t found = judgement.candidates.size();
  for (std::size_t c = 0; c < judgement.candidates.size(); ++c) {
    const auto& p = kb.prepared(judgement.candidates[c].article);
    const auto end = p.texts.begin() + static_cast<std::ptrdiff_t>(p.questions);
    if (std::none_of(p.texts.begin(), end, [&](const std::string& t) { return letters(t) == asked; })) continue;
    if (found != judgement.candidates.size()) return false;  // two articles: asked back as before
    found = c;
  }
  if (found == judgement.candidates.size()) return false;
  const auto first = judgement.candidates.begin();
  std::rotate(first, first + static_cast<std::ptrdiff_t>(found),
              first + static_cast<std::ptrdiff_t>(found) + 1);
  for (auto& c : judgement.candidates) c.probability = std::min(c.probability, 1 - kWordForWord);
  first->probability = judgement.right = kWordForWord;
  judgement.ambiguous = judgement.none = 0;
  return true;
}

}  // namespace

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
  const bool settled = settle_word_for_word(*out.kb, out.look, out.judgement);
  out.operating = judge.operating(target);
  // Said even where the models of this language can promise the target for nothing.
  if (settled) out.operating.answer = std::min(out.operating.answer, kWordForWord);
  return out;
}

std::vector<Reason> Answerer::reasons(const Finding& finding, std::size_t most) const {
  const auto& judge = finding.kb == multilingual_ ? *models_.multilingual_judge : *models_.judge;
  return judge.reasons(*finding.kb, finding.look, finding.judgement, most);
}

}  // namespace zk::answering
