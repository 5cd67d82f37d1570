#include "answering/knowledge_base.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "text/text.hpp"

namespace zk::answering {
namespace {

constexpr float kSentenceWeight = 0.3F;  // answer sentences teach the classifier less than questions

bool same_texts(const Article& a, const Article& b) {
  return a.external_id == b.external_id && a.version == b.version && a.question == b.question &&
         a.similar == b.similar && plain_text(a.answer) == plain_text(b.answer);
}

// Row i centred on `mean` and scaled to length 1.
std::vector<float> centred(const PackedRows& rows, std::size_t i, const std::vector<float>& mean) {
  std::vector<float> out(mean.size());
  rows.unpack(i, out);
  for (std::size_t k = 0; k < mean.size(); ++k) out[k] -= mean[k];
  const float norm = std::sqrt(dot(out.data(), out.data(), out.size())) + 1e-9F;
  for (float& v : out) v /= norm;
  return out;
}

}  // namespace

Result<std::shared_ptr<const KnowledgeBase>> KnowledgeBase::build(std::span<const Article> articles,
                                                                  const Encoders& encoders,
                                                                  const KnowledgeBase* previous) {
  auto kb = std::shared_ptr<KnowledgeBase>(new KnowledgeBase);
  kb->encoders_ = encoders;
  kb->articles_.resize(articles.size());
  std::vector<Article> changed;
  std::vector<std::size_t> changed_at;
  for (std::size_t i = 0; i < articles.size(); ++i) {
    const auto old = previous ? previous->find(articles[i].external_id) : std::nullopt;
    if (old && same_texts(previous->article(*old), articles[i])) {
      const auto& p = previous->articles_[*old];
      if (p->article.valid_from == articles[i].valid_from &&
          p->article.valid_until == articles[i].valid_until && p->article.channels == articles[i].channels &&
          p->article.status == articles[i].status) {
        kb->articles_[i] = p;
        continue;
      }
    }
    changed.push_back(articles[i]);
    changed_at.push_back(i);
  }
  ZK_TRY(auto prepared, prepare(changed, encoders));
  for (std::size_t k = 0; k < prepared.size(); ++k) kb->articles_[changed_at[k]] = std::move(prepared[k]);
  kb->index();
  kb->centre();
  if (previous) kb->keep_learnt(*previous);
  return std::shared_ptr<const KnowledgeBase>(std::move(kb));
}

void KnowledgeBase::index() {
  std::vector<std::span<const Term>> grams, sounds, words, all_grams, all_sounds, all_words;
  std::vector<std::string_view> texts;
  text_begin_ = {0};
  question_begin_ = {0};
  for (const auto& a : articles_) {
    grams.insert(grams.end(), a->grams.begin(), a->grams.end());
    sounds.insert(sounds.end(), a->sounds.begin(), a->sounds.end());
    words.insert(words.end(), a->words.begin(), a->words.end());
    all_grams.emplace_back(a->all_grams);
    all_sounds.emplace_back(a->all_sounds);
    all_words.emplace_back(a->all_words);
    texts.insert(texts.end(), a->texts.begin(), a->texts.end());
    index_of_.emplace(a->article.external_id, index_of_.size());
    latin_.insert(latin_.end(), a->latin.begin(), a->latin.end());
    text_begin_.push_back(text_begin_.back() + a->texts.size());
    question_begin_.push_back(question_begin_.back() + a->questions);
  }
  std::sort(latin_.begin(), latin_.end());
  latin_.erase(std::unique(latin_.begin(), latin_.end()), latin_.end());
  question_grams_ = Bm25(grams);
  question_sounds_ = Bm25(sounds);
  question_words_ = Bm25(words);
  article_grams_ = Bm25(all_grams);
  article_sounds_ = Bm25(all_sounds);
  article_words_ = Bm25(all_words);
  repair_ = Repair(texts);
}

void KnowledgeBase::centre() {
  for (std::size_t e = 0; e < encoders_.size(); ++e) {
    EncoderState s;
    const std::size_t d = encoders_[e]->dimension();
    std::vector<float> u(d);
    s.mean.assign(d, 0.0F);
    for (const auto& a : articles_)
      for (std::size_t t = 0; t < a->questions; ++t) {
        a->readings[e].sentences.unpack(t, u);
        for (std::size_t k = 0; k < d; ++k) s.mean[k] += u[k];
      }
    for (float& m : s.mean) m /= static_cast<float>(std::max<std::size_t>(1, questions()));
    const float mean_square = dot(s.mean.data(), s.mean.data(), d);
    for (const auto& a : articles_)
      for (std::size_t t = 0; t < a->texts.size(); ++t) {
        a->readings[e].sentences.unpack(t, u);
        s.offset.push_back(dot(s.mean.data(), u.data(), d));
        const float square = dot(u.data(), u.data(), d) - 2 * s.offset.back() + mean_square;
        s.inverse_norm.push_back(1 / (std::sqrt(std::max(0.0F, square)) + 1e-9F));
      }
    s.impostor_mean.assign(articles_.size(), 0.0F);
    s.impostor_spread.assign(articles_.size(), 0.0F);
    states_.push_back(std::move(s));
  }
}

void KnowledgeBase::keep_learnt(const KnowledgeBase& previous) {
  classifier_ = previous.classifier_;
  classes_ = previous.classes_;
  learnt_ = previous.learnt_;
  class_of_.assign(articles_.size(), -1);
  for (std::size_t a = 0; a < articles_.size(); ++a) {
    const auto old = previous.find(article(a).external_id);
    if (!old) continue;
    if (!previous.class_of_.empty()) class_of_[a] = previous.class_of_[*old];
    for (std::size_t e = 0; e < states_.size() && e < previous.states_.size(); ++e) {
      states_[e].impostor_mean[a] = previous.states_[e].impostor_mean[*old];
      states_[e].impostor_spread[a] = previous.states_[e].impostor_spread[*old];
    }
  }
}

Result<std::shared_ptr<const KnowledgeBase>> KnowledgeBase::learn() const {
  auto kb = std::shared_ptr<KnowledgeBase>(new KnowledgeBase(*this));
  std::vector<std::vector<Term>> terms;
  std::vector<std::vector<float>> vectors;
  std::vector<std::size_t> dimensions;
  for (const auto& reader : encoders_) dimensions.push_back(reader->dimension());
  terms.reserve(text_begin_.back());
  vectors.reserve(text_begin_.back() * encoders_.size());
  std::vector<LabelledText> rows;
  for (std::size_t a = 0; a < articles_.size(); ++a)
    for (std::size_t t = 0; t < articles_[a]->texts.size(); ++t) {
      terms.push_back(classifier_terms(articles_[a]->texts[t]));
      LabelledText row{terms.back(), {}, a, t < articles_[a]->questions ? 1.0F : kSentenceWeight};
      for (std::size_t e = 0; e < encoders_.size(); ++e) {
        vectors.push_back(centred(articles_[a]->readings[e].sentences, t, states_[e].mean));
        row.vectors.push_back(vectors.back().data());
      }
      rows.push_back(std::move(row));
    }
  kb->classifier_ = Classifier::fit(rows, dimensions, articles_.size());
  kb->classes_ = articles_.size();
  kb->learnt_ = true;
  kb->class_of_.resize(articles_.size());
  for (std::size_t a = 0; a < articles_.size(); ++a) kb->class_of_[a] = static_cast<std::int32_t>(a);
  kb->measure_impostors();
  return std::shared_ptr<const KnowledgeBase>(std::move(kb));
}

// How near the questions of other articles come to each article (z-norm of speaker verification: Auckenthaler
// et al. 2000): the same cosine means more for an article that few come near.
void KnowledgeBase::measure_impostors() {
  const std::size_t step = std::max<std::size_t>(1, questions() / kMostImpostors);
  for (std::size_t e = 0; e < encoders_.size(); ++e) {
    auto& s = states_[e];
    const std::size_t d = s.mean.size();
    std::vector<double> sum(size(), 0), square(size(), 0), count(size(), 0);
    std::size_t number = 0;
    for (std::size_t own = 0; own < size(); ++own)
      for (std::size_t t = 0; t < articles_[own]->questions; ++t) {
        if (number++ % step != 0) continue;
        const auto centre = centred(articles_[own]->readings[e].sentences, t, s.mean);
        const float q_mean = dot(centre.data(), s.mean.data(), d);
        PackedRows q(d);
        q.add(centre);
        for (std::size_t a = 0; a < size(); ++a) {
          if (a == own) continue;
          float best = -1;
          for (std::size_t k = 0; k < articles_[a]->questions; ++k)
            best = std::max(best, (dot(q, 0, articles_[a]->readings[e].sentences, k) - q_mean) *
                                      s.inverse_norm[text_begin_[a] + k]);
          sum[a] += best;
          square[a] += static_cast<double>(best) * best;
          count[a] += 1;
        }
      }
    for (std::size_t a = 0; a < size(); ++a) {
      if (count[a] == 0) continue;
      const double mean = sum[a] / count[a];
      s.impostor_mean[a] = static_cast<float>(mean);
      s.impostor_spread[a] = static_cast<float>(std::sqrt(std::max(0.0, square[a] / count[a] - mean * mean)));
    }
  }
}

std::optional<std::size_t> KnowledgeBase::find(std::string_view external_id) const {
  const auto at = index_of_.find(std::string(external_id));
  return at == index_of_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace zk::answering
