#include "answering/answerer.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::answering {
namespace {

constexpr double kWordForWord = 0.995;

// A question the editor wrote down word for word, in one article only, is that article's: the training
// companies' customers never ask so, and the models cannot know it.
// True when that is so; the first candidate is then that article's.
bool settle_word_for_word(const KnowledgeBase& kb, const Look& look, Judgement& judgement) {
  const auto asked = letters(look.normalised);
  std::size_t found = judgement.candidates.size();
  for (std::size_t c = 0; c < judgement.candidates.size(); ++c) {
    const auto& p = kb.prepared(judgement.candidates[c].article);
    const auto end = p.texts.begin() + static_cast<std::ptrdiff_t>(p.questions);
    if (std::none_of(p.texts.begin(), end, [&](const std::string& t) { return letters(t) == asked; }))
      continue;
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
  out->prepare_memory();
  return std::shared_ptr<const Answerer>(std::move(out));
}

Result<std::shared_ptr<const Answerer>> Answerer::learn() const {
  auto out = std::shared_ptr<Answerer>(new Answerer(*this));
  ZK_TRY(out->chinese_, chinese_->learn());
  if (multilingual_) {
    ZK_TRY(out->multilingual_, multilingual_->learn());
  }
  out->prepare_memory();
  return std::shared_ptr<const Answerer>(std::move(out));
}

void Answerer::prepare_memory() {
  changes_.clear();
  for (std::size_t a = 0; a < chinese_->size(); ++a)
    for (const auto at : {chinese_->article(a).valid_from, chinese_->article(a).valid_until})
      if (at != Timestamp{}) changes_.push_back(at);
  std::sort(changes_.begin(), changes_.end());
  findings_ = std::make_shared<Lru<Finding>>(kMostFindings);
}

// Equal for questions that are answered alike: the same articles are in force for both.
std::string Answerer::key_of(const Question& question) const {
  const auto passed = std::upper_bound(changes_.begin(), changes_.end(), question.now) - changes_.begin();
  return std::to_string(question.now == Timestamp{} ? -1 : passed) + '\x1f' + question.channel +
         (question.clauses ? '\x1f' : '\x1e') + question.text;
}

bool Answerer::speaks_other(const std::string& text) const { return multilingual_ && !text::has_han(text); }

Result<Sentence> Answerer::read(const std::string& question) const {
  Sentence out{.other_language = speaks_other(question), .text = {}, .vectors = {}};
  const auto& kb = out.other_language ? *multilingual_ : *chinese_;
  out.text = kb.read_as(question);
  const std::vector<std::string> asked = {out.text};
  for (const auto& reader : kb.encoders()) {
    ZK_TRY(const auto read, reader->questions(asked));
    out.vectors.push_back(sentence_rows(read));
  }
  return out;
}

Result<std::optional<AlarmReading>> Answerer::alarm(const std::string& message) const {
  if (!models_.alarm || !text::has_han(message)) return std::optional<AlarmReading>{};
  ZK_TRY(const auto sentence, read(message));
  return std::optional(models_.alarm->read(sentence.text, sentence.vectors.front().values));
}

Result<Finding> Answerer::find_anew(const Question& question) const {
  const bool other = speaks_other(question.text);
  Finding out;
  out.kb = other ? multilingual_ : chinese_;
  ZK_TRY(out.look, out.kb->look(question));
  out.judgement = judge_of(out).judge(*out.kb, out.look);
  out.word_for_word = settle_word_for_word(*out.kb, out.look, out.judgement);
  return out;
}

Result<Finding> Answerer::find(const Question& question, double target) const {
  const auto key = key_of(question);
  auto known = findings_->find(key);
  if (!known) {
    ZK_TRY(known, find_anew(question));
    findings_->put(key, *known);
  }
  known->operating = operating(known->kb == multilingual_, known->word_for_word, target);
  return *std::move(known);
}

Finding Answerer::find_left_out(std::size_t article, std::size_t text, double target) const {
  const bool other = speaks_other(chinese_->prepared(article).texts[text]);
  Finding out;
  out.kb = other ? multilingual_ : chinese_;
  out.look = out.kb->look_left_out(article, text);
  out.judgement = judge_of(out).judge(*out.kb, out.look);
  out.operating = operating(other, false, target);
  return out;
}

Operating Answerer::operating(bool other_language, bool word_for_word, double target) const {
  const bool other = other_language && models_.multilingual_judge;
  auto out = (other ? *models_.multilingual_judge : *models_.judge).operating(target);
  // Said even where the models of this language can promise the target for nothing.
  if (word_for_word) out.answer = std::min(out.answer, kWordForWord);
  return out;
}

const Judge& Answerer::judge_of(const Finding& finding) const {
  return finding.kb == multilingual_ ? *models_.multilingual_judge : *models_.judge;
}

std::vector<Reason> Answerer::reasons(const Finding& finding, std::size_t most) const {
  return judge_of(finding).reasons(*finding.kb, finding.look, finding.judgement, most);
}

}  // namespace zk::answering
