// A knowledge base as the answering sees it: an immutable snapshot of prepared articles with everything
// needed to compare a question with all of them. Built in two steps: build() takes what an edit changed (well
// under a second) and keeps what was learnt before; learn() fits the classifier and the impostor statistics
// (seconds; run it in the background) and returns a new snapshot. Swap snapshots atomically; look() may be
// called from many threads at once.
//
//   ZK_TRY(auto kb, KnowledgeBase::build(articles, encoders));
//   ZK_TRY(kb, kb->learn());
//   ZK_TRY(auto look, kb->look({"退款多久到账？", clock.now(), "web"}));
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "answering/bm25.hpp"
#include "answering/classifier.hpp"
#include "answering/dense.hpp"
#include "answering/prepared.hpp"
#include "answering/repair.hpp"

namespace zk::answering {

struct Question {
  std::string text;       // as the customer wrote it
  Timestamp now{};        // articles outside their validity are left out; the epoch asks all
  std::string channel{};  // articles not meant for this channel are left out; "" asks all
  bool clauses = true;    // its parts are read too: dearer, and better for stories and for speech
};

// What the knowledge base sees in one question. Columns of `features` are KnowledgeBase::feature_names().
struct Look {
  std::string normalised, repaired;
  std::vector<std::uint32_t> articles;  // candidates, at most kMostCandidates, best of the first pass first
  Matrix features;                      // one row a candidate
  std::vector<float> question;          // KnowledgeBase::question_feature_names()
};

// Terms the classifier reads: characters 1–3, syllables 2–3.
std::vector<Term> classifier_terms(std::string_view normalised);

class KnowledgeBase {
 public:
  static constexpr std::size_t kMostCandidates = 24;  // of the first pass; it holds the right one in 99.5 %
  static constexpr std::size_t kMostClauses = 5;
  static constexpr std::size_t kMostImpostors = 256;

  // `previous`: articles equal to one of it (same id, version and texts) are taken over, as is what it
  // learnt.
  static Result<std::shared_ptr<const KnowledgeBase>> build(std::span<const Article> articles,
                                                            const Encoders& encoders,
                                                            const KnowledgeBase* previous = nullptr);
  // Errors: what the encoders say.
  Result<std::shared_ptr<const KnowledgeBase>> learn() const;
  bool learnt() const { return learnt_; }

  // The text that is looked up: normalised, misheard words repaired.
  std::string read_as(std::string_view question) const;
  Result<Look> look(const Question& question) const;
  // Looks at an own similar question (article a, text k ≥ 0) as if it had never been written: its row is left
  // out everywhere.
  Look look_left_out(std::size_t article, std::size_t text) const;

  std::size_t size() const { return articles_.size(); }
  std::size_t questions() const { return question_begin_.back(); }
  const Article& article(std::size_t i) const { return articles_[i]->article; }
  const Prepared& prepared(std::size_t i) const { return *articles_[i]; }
  std::optional<std::size_t> find(std::string_view external_id) const;
  const Encoders& encoders() const { return encoders_; }

  std::vector<std::string> feature_names() const;
  static std::vector<std::string> question_feature_names();

 private:
  struct EncoderState {
    std::vector<float> mean;          // of all questions
    std::vector<float> inverse_norm;  // 1 / |u − mean| of every text row
    std::vector<float> offset;        // mean · u of every text row
    std::vector<float> impostor_mean,
        impostor_spread;  // of `best` per article over other articles' questions
  };
  struct View;  // one question against all articles
  struct Omitted {
    std::size_t article, text;
  };

  KnowledgeBase() = default;
  void index();
  void centre();
  void keep_learnt(const KnowledgeBase& previous);
  void measure_impostors();
  void see_tokens(const View& view, std::span<const std::uint32_t> articles, Matrix& f,
                  std::size_t column) const;
  Look look_at(const View& view, const Question& question) const;
  void see_vectors(const View& view, std::size_t encoder, Matrix& f, std::size_t column) const;
  void see_classifier(const View& view, Matrix& f, std::size_t column) const;
  void see_terms(const View& view, Matrix& f, std::size_t column) const;
  void see_closely(const View& view, std::span<const std::uint32_t> articles, Matrix& f,
                   std::size_t column) const;
  std::vector<std::uint32_t> shortlist(const Matrix& f, const Question& question) const;
  std::vector<float> question_features(const View& view) const;

  Encoders encoders_;
  std::vector<std::shared_ptr<const Prepared>> articles_;
  std::unordered_map<std::string, std::size_t> index_of_;  // external id → article
  std::vector<std::string> latin_;                         // tokens any article holds, ascending
  std::vector<std::size_t> text_begin_;                    // first text row of each article, and the end
  std::vector<std::size_t> question_begin_;                // the same counting questions only
  std::vector<EncoderState> states_;
  Bm25 question_grams_, question_sounds_, question_words_, article_grams_, article_sounds_, article_words_;
  Repair repair_;
  std::shared_ptr<const Classifier> classifier_;
  std::vector<std::int32_t>
      class_of_;  // article → class of the classifier, −1 when it came after the last learn()
  std::size_t classes_ = 0;
  bool learnt_ = false;  // a base of fewer than two articles learns nothing, and that counts as learnt
};

}  // namespace zk::answering
