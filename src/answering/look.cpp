// One question against every article: the columns of Look::features, in the order of feature_names().
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "answering/knowledge_base.hpp"
#include "base/check.hpp"
#include "text/text.hpp"

namespace zk::answering {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr std::array<std::string_view, 7> kVectorColumns = {"raw",    "best", "best3", "answer",
                                                            "clause", "norm", "cohort"};
constexpr std::array<std::string_view, 10> kLexicalColumns = {
    "classifier", "classifier.cohort", "bm25",          "bm25.sound",     "bm25.words",
    "article",    "article.sound",     "article.words", "article.cohort", "title"};
constexpr std::array<std::string_view, 4> kCloseColumns = {"late.article", "late.question", "late.back",
                                                           "run"};
constexpr std::array<std::string_view, 5> kPlainColumns = {"latin.share", "latin.other", "negation",
                                                           "similar", "length"};

// (x − mean) / spread over the column: how far an article stands out among all of them (t-norm).
void standardise(const Matrix& f, std::size_t from, Matrix& out, std::size_t to) {
  double sum = 0, square = 0;
  for (std::size_t a = 0; a < f.rows; ++a) {
    sum += f.row(a)[from];
    square += static_cast<double>(f.row(a)[from]) * f.row(a)[from];
  }
  const double mean = sum / static_cast<double>(f.rows);
  const double spread = std::sqrt(std::max(1e-9, square / static_cast<double>(f.rows) - mean * mean));
  for (std::size_t a = 0; a < f.rows; ++a)
    out.row(a)[to] = static_cast<float>((f.row(a)[from] - mean) / spread);
}

float mean_of_best(std::array<float, 3> best, std::size_t count) {
  const auto n = std::min<std::size_t>(3, count);
  return n == 0 ? -1
                : std::accumulate(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(n), 0.0F) /
                      static_cast<float>(n);
}

void keep_best(std::array<float, 3>& best, float v) {
  for (float& b : best)
    if (v > b) std::swap(b, v);
}

}  // namespace

struct KnowledgeBase::View {
  std::string normalised, repaired;
  std::u32string characters;
  std::vector<Term> grams, sounds, words, learnt_terms;
  std::vector<std::string> latin;
  std::size_t parts = 0;
  // One encoder's vectors of the whole question (first) and of its clauses, centred and of length 1.
  struct Seen {
    std::vector<float> whole;
    PackedRows all;
    std::vector<float> along_mean;  // of each with the mean of all questions
    float norm = 0;                 // |q − mean| of the whole question
  };
  std::vector<Seen> seen;  // by encoder
  TokenRows tokens;        // of the whole question
  std::optional<Omitted> omitted{};

  void read() {
    characters = text::to_u32(repaired);
    grams = char_terms(repaired, 1, 2);
    sounds = sound_terms(repaired, 2, 3);
    words = word_terms(repaired);
    learnt_terms = classifier_terms(repaired);
    latin = latin_tokens(repaired);
  }
  void see(const PackedRows& read, const std::vector<float>& mean) {
    Seen out;
    out.all = PackedRows(mean.size());
    std::vector<float> c(mean.size());
    for (std::size_t i = 0; i < read.rows(); ++i) {
      read.unpack(i, c);
      for (std::size_t k = 0; k < mean.size(); ++k) c[k] -= mean[k];
      const float norm = std::sqrt(dot(c.data(), c.data(), c.size())) + 1e-9F;
      for (float& v : c) v /= norm;
      out.all.add(c);
      out.along_mean.push_back(dot(c.data(), mean.data(), c.size()));
      if (i > 0) continue;
      out.whole = c;
      out.norm = norm;
    }
    seen.push_back(std::move(out));
  }
};

std::vector<Term> classifier_terms(std::string_view normalised) {
  auto terms = char_terms(normalised, 1, 3);
  const auto sounds = sound_terms(normalised, 2, 3);
  terms.insert(terms.end(), sounds.begin(), sounds.end());
  return terms;
}

std::vector<std::string> KnowledgeBase::feature_names() const {
  std::vector<std::string> names;
  for (const auto& reader : encoders_)
    for (const auto c : kVectorColumns) names.push_back(reader->name() + "." + std::string(c));
  names.insert(names.end(), kLexicalColumns.begin(), kLexicalColumns.end());
  names.insert(names.end(), kCloseColumns.begin(), kCloseColumns.end());
  const std::size_t compared = names.size();
  names.insert(names.end(), kPlainColumns.begin(), kPlainColumns.end());
  for (std::size_t i = 0; i < compared; ++i) names.push_back(names[i] + ".gap");
  return names;
}

std::vector<std::string> KnowledgeBase::question_feature_names() {
  return {"q.length", "q.known", "q.similar", "q.parts", "q.latin"};
}

std::string KnowledgeBase::read_as(std::string_view question) const {
  return repair_.apply(text::normalise(question));
}

Result<Look> KnowledgeBase::look(const Question& question) const {
  View view;
  view.normalised = text::normalise(question.text);
  view.repaired = repair_.apply(view.normalised);
  view.read();
  std::vector<std::string> variants = {view.repaired};
  if (const auto plain = without_fillers(view.repaired);
      question.clauses && !plain.empty() && plain != view.repaired)
    variants.push_back(plain);
  if (question.clauses)
    for (const auto& c : clauses(question.text, kMostClauses))
      variants.push_back(repair_.apply(text::normalise(c)));
  view.parts = variants.size() - 1;
  for (std::size_t e = 0; e < encoders_.size(); ++e) {
    // Clauses are read by the first encoder only: the others cost several times as much.
    const std::span<const std::string> asked(variants.data(), e == 0 ? variants.size() : 1);
    ZK_TRY(const auto read, encoders_[e]->questions(asked));
    view.see(read.sentences, states_[e].mean);
    if (e == 0 && read.tokens.texts() > 0) view.tokens = read.tokens.text(0);
  }
  return look_at(view, question);
}

Look KnowledgeBase::look_left_out(std::size_t article, std::size_t text) const {
  View view;
  const auto& p = *articles_[article];
  view.normalised = view.repaired = p.texts[text];
  view.read();
  for (std::size_t e = 0; e < encoders_.size(); ++e)
    view.see(p.readings[e].part(text, text + 1).sentences, states_[e].mean);
  view.omitted = Omitted{article, text};
  if (!p.readings.empty() && p.readings[0].tokens.texts() > 0) view.tokens = p.readings[0].tokens.text(text);
  return look_at(view, Question{});
}

Look KnowledgeBase::look_at(const View& view, const Question& question) const {
  const auto names = feature_names();
  const std::size_t lexical = encoders_.size() * kVectorColumns.size();
  const std::size_t cheap = lexical + kLexicalColumns.size();
  const std::size_t compared = cheap + kCloseColumns.size();
  Matrix all(size(), cheap);
  for (std::size_t e = 0; e < encoders_.size(); ++e) see_vectors(view, e, all, e * kVectorColumns.size());
  see_classifier(view, all, lexical);
  see_terms(view, all, lexical + 2);

  Look look;
  look.normalised = view.normalised;
  look.repaired = view.repaired;
  look.articles = shortlist(all, question);
  look.question = question_features(view);
  look.features = Matrix(look.articles.size(), names.size());
  for (std::size_t i = 0; i < look.articles.size(); ++i)
    std::copy_n(all.row(look.articles[i]), cheap, look.features.row(i));
  see_tokens(view, look.articles, look.features, cheap);
  see_closely(view, look.articles, look.features, compared - 1);
  for (std::size_t c = 0; c < compared; ++c) {  // distance to the best other candidate
    float first = -std::numeric_limits<float>::infinity(), second = first;
    for (std::size_t i = 0; i < look.articles.size(); ++i) {
      const float v = look.features.row(i)[c];
      if (v > first)
        second = std::exchange(first, v);
      else if (v > second)
        second = v;
    }
    for (std::size_t i = 0; i < look.articles.size(); ++i) {
      float* row = look.features.row(i);
      const float other = row[c] >= first ? second : first;
      row[compared + kPlainColumns.size() + c] = std::isfinite(other) ? row[c] - other : kMissing;
    }
  }
  return look;
}

void KnowledgeBase::see_vectors(const View& view, std::size_t encoder, Matrix& f, std::size_t column) const {
  const auto& s = states_[encoder];
  const auto& q = view.seen[encoder];
  for (std::size_t a = 0; a < size(); ++a) {
    const auto& p = *articles_[a];
    float raw = -1, answer = -1, clause = -1;
    std::array<float, 3> best = {-1, -1, -1};
    std::size_t counted = 0;
    for (std::size_t t = 0; t < p.texts.size(); ++t) {
      if (view.omitted && view.omitted->article == a && view.omitted->text == t) continue;
      const std::size_t row = text_begin_[a] + t;
      for (std::size_t v = 0; v < q.all.rows(); ++v) {
        const float along = dot(q.all, v, p.readings[encoder].sentences, t);
        const float cosine = (along - q.along_mean[v]) * s.inverse_norm[row];
        if (t >= p.questions) {
          if (v == 0) answer = std::max(answer, cosine);
          continue;
        }
        clause = std::max(clause, cosine);
        if (v > 0) continue;
        raw = std::max(raw, q.norm * along + s.offset[row]);
        keep_best(best, cosine);
        ++counted;
      }
    }
    float* out = f.row(a) + column;
    out[0] = raw;
    out[1] = best[0];
    out[2] = mean_of_best(best, counted);
    out[3] = answer;
    out[4] = clause;
    out[5] = s.impostor_spread[a] > 0 ? (best[0] - s.impostor_mean[a]) / s.impostor_spread[a] : kMissing;
  }
  standardise(f, column + 1, f, column + 6);
}

void KnowledgeBase::see_classifier(const View& view, Matrix& f, std::size_t column) const {
  if (!classifier_) {
    for (std::size_t a = 0; a < size(); ++a) f.row(a)[column] = f.row(a)[column + 1] = kMissing;
    return;
  }
  std::vector<float> scores(classes_);
  if (view.omitted) scores = classifier_->left_out(text_begin_[view.omitted->article] + view.omitted->text);
  if (!view.omitted || scores.empty()) {
    std::vector<const float*> q;
    for (const auto& v : view.seen) q.push_back(v.whole.data());
    scores.resize(classes_);
    classifier_->score(view.learnt_terms, q, scores);
  }
  // An article younger than the classifier gets what its nearest question would earn: the scores are of that
  // size.
  for (std::size_t a = 0; a < size(); ++a)
    f.row(a)[column] = class_of_[a] >= 0 ? scores[static_cast<std::size_t>(class_of_[a])]
                                         : (encoders_.empty() ? 0.0F : 0.5F * std::max(0.0F, f.row(a)[1]));
  standardise(f, column, f, column + 1);
}

void KnowledgeBase::see_terms(const View& view, Matrix& f, std::size_t column) const {
  std::vector<float> share(questions());
  const auto by_question = [&](const Bm25& index, const std::vector<Term>& terms, std::size_t c, bool title) {
    index.share(terms, share);
    for (std::size_t a = 0; a < size(); ++a) {
      float best = 0;
      for (std::size_t k = question_begin_[a]; k < question_begin_[a + 1]; ++k) {
        const std::size_t t = k - question_begin_[a];
        if (view.omitted && view.omitted->article == a && view.omitted->text == t) continue;
        best = std::max(best, share[k]);
        if (title && t == 0) f.row(a)[column + 7] = share[k];
      }
      f.row(a)[c] = best;
    }
  };
  by_question(question_grams_, view.grams, column, true);
  by_question(question_sounds_, view.sounds, column + 1, false);
  by_question(question_words_, view.words, column + 2, false);
  std::vector<float> whole(size());
  const auto by_article = [&](const Bm25& index, const std::vector<Term>& terms, std::size_t c) {
    index.share(terms, whole);
    for (std::size_t a = 0; a < size(); ++a) f.row(a)[c] = whole[a];
  };
  by_article(article_grams_, view.grams, column + 3);
  by_article(article_sounds_, view.sounds, column + 4);
  by_article(article_words_, view.words, column + 5);
  standardise(f, column + 3, f, column + 6);
}

void KnowledgeBase::see_tokens(const View& view, std::span<const std::uint32_t> articles, Matrix& f,
                               std::size_t column) const {
  for (std::size_t i = 0; i < articles.size(); ++i) {
    const auto a = articles[i];
    float* out = f.row(i) + column;
    if (view.tokens.texts() == 0) {
      out[0] = out[1] = out[2] = kMissing;
      continue;
    }
    const bool own = view.omitted && view.omitted->article == a;
    const auto s = late_scores(view.tokens, articles_[a]->readings[0].tokens, articles_[a]->questions,
                               own ? static_cast<std::ptrdiff_t>(view.omitted->text) : -1);
    out[0] = s.article;
    out[1] = s.question;
    out[2] = s.back;
  }
}

void KnowledgeBase::see_closely(const View& view, std::span<const std::uint32_t> articles, Matrix& f,
                                std::size_t column) const {
  const bool negated = has_negation(view.repaired);
  for (std::size_t i = 0; i < articles.size(); ++i) {
    const auto& p = *articles_[articles[i]];
    int run = 0;
    bool negation = false;
    for (std::size_t t = 0; t < p.texts.size(); ++t) {
      if (view.omitted && view.omitted->article == articles[i] && view.omitted->text == t) continue;
      run = std::max(run, longest_common_run(view.characters, p.characters[t]));
      negation = negation || (t < p.questions && has_negation(p.texts[t]));
    }
    float here = 0, elsewhere = 0;
    for (const auto& token : view.latin) {
      if (std::binary_search(p.latin.begin(), p.latin.end(), token))
        ++here;
      else if (std::binary_search(latin_.begin(), latin_.end(), token))
        ++elsewhere;
    }
    const auto tokens = static_cast<float>(std::max<std::size_t>(1, view.latin.size()));
    float* out = f.row(i) + column;
    out[0] = static_cast<float>(run);
    out[1] = here / tokens;
    out[2] = elsewhere / tokens;
    out[3] = static_cast<float>(negated == negation);
    out[4] = std::log(static_cast<float>(p.questions));
    out[5] = std::log(static_cast<float>(p.all_grams.size() + 1));
  }
}

std::vector<std::uint32_t> KnowledgeBase::shortlist(const Matrix& f, const Question& question) const {
  std::vector<std::pair<float, std::uint32_t>> order;
  const std::size_t lexical = encoders_.size() * kVectorColumns.size();
  for (std::size_t a = 0; a < size(); ++a) {
    if (question.now != Timestamp{} && !is_live(article(a), question.now, question.channel)) continue;
    const float* row = f.row(a);
    float score = row[lexical + 2] + row[lexical + 5];  // bm25, article
    if (classifier_) score += row[lexical];
    for (std::size_t e = 0; e < encoders_.size(); ++e)
      score += (row[e * kVectorColumns.size() + 2] + row[e * kVectorColumns.size() + 4]) /
               static_cast<float>(encoders_.size());
    order.emplace_back(-score, static_cast<std::uint32_t>(a));
  }
  const auto kept = std::min(order.size(), kMostCandidates);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end());
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < kept; ++i) out.push_back(order[i].second);
  return out;
}

std::vector<float> KnowledgeBase::question_features(const View& view) const {
  std::vector<Term> unique = view.grams;
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  float known = 0, all = 0;
  for (const Term t : unique) {
    const float w = article_grams_.idf(t);
    known += w;
    all += w > 0 ? w : article_grams_.unseen_weight();
  }
  const auto per_article =
      static_cast<float>(questions()) / static_cast<float>(std::max<std::size_t>(1, size()));
  return {std::log(static_cast<float>(view.characters.size()) + 1), all > 0 ? known / all : 0,
          std::log(per_article), static_cast<float>(view.parts), static_cast<float>(view.latin.size())};
}

}  // namespace zk::answering
