// The whole answering behind one face: a knowledge base read by the default encoder for Chinese and, in
// profile `best`, the same articles read by the multilingual encoder for questions in other languages.
// Immutable snapshot; swap it atomically. find() may be called from many threads at once; what it found for
// the last kMostFindings questions it remembers.
//
//   ZK_TRY(auto answerer, Answerer::build(articles, models));
//   ZK_TRY(answerer, answerer->learn());                       // background
//   ZK_TRY(auto finding, answerer->find({"退款多久到账？", clock.now(), "web"}, 0.98));
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "answering/judge.hpp"
#include "answering/knowledge_base.hpp"
#include "answering/models.hpp"
#include "base/lru.hpp"

namespace zk::answering {

// A question as find() reads it, with the sentence's vectors; reading it costs find() nothing more.
struct Sentence {
  bool other_language = false;             // read by the multilingual encoder
  std::string text;                        // normalised and repaired
  std::vector<nlu::SentenceRows> vectors;  // one row each; none without an encoder
};

struct Finding {
  std::shared_ptr<const KnowledgeBase> kb;  // whose articles the candidates count
  Look look;
  Judgement judgement;
  bool word_for_word = false;  // the editor wrote this question down, in the first article only
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
  // An own similar question (of knowledge(): article a, text k) found as if it had never been written.
  Finding find_left_out(std::size_t article, std::size_t text, double target) const;
  // The thresholds find() gives a question that was read by that encoder.
  Operating operating(bool other_language, bool word_for_word, double target) const;
  Result<Sentence> read(const std::string& question) const;
  // Whether it must go to a person, however it would be answered. None without a model for it (profile
  // lexical) and for other languages than Chinese.
  Result<std::optional<AlarmReading>> alarm(const std::string& message) const;
  // Whether the multilingual encoder reads it.
  bool speaks_other(const std::string& text) const;
  std::vector<Reason> reasons(const Finding& finding, std::size_t most) const;

  bool learnt() const { return chinese_->learnt(); }
  const KnowledgeBase& knowledge() const { return *chinese_; }
  const Models& models() const { return models_; }

 private:
  static constexpr std::size_t kMostFindings = 1024;  // about 6 kB each

  Answerer() = default;
  void prepare_memory();
  std::string key_of(const Question& question) const;
  const Judge& judge_of(const Finding& finding) const;
  Result<Finding> find_anew(const Question& question) const;

  Models models_;
  std::shared_ptr<const KnowledgeBase> chinese_;
  std::shared_ptr<const KnowledgeBase> multilingual_;  // null: one encoder reads everything
  std::vector<Timestamp> changes_;          // when an article comes into force or leaves it, ascending
  std::shared_ptr<Lru<Finding>> findings_;  // of this snapshot
};

}  // namespace zk::answering
