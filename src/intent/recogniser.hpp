// Which intent a message has, if any: the classifier of nlu over a company's examples, held against the
// questions of its knowledge base, which mean none. A threshold is set from examples and questions that were
// left out. Immutable once trained; safe from any thread. Pure of database and HTTP.
//
// An article most of whose questions look like an intent while all of them are left out is about the same
// thing: it is left to the intent, does not speak against it, and is told to the editor (Report::overlaps).
//
//   ZK_TRY(auto recogniser, Recogniser::train(intents, none_of(*answerer, intents, flows), models));
//   ZK_TRY(auto seen, recogniser->recognise(*answerer, "怎么还没发货，帮我催一下"));
//   if (seen.sure) …                                   // null: no intent that is sure
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "answering/answerer.hpp"
#include "flow/book.hpp"
#include "intent/store.hpp"
#include "nlu/intent.hpp"
#include "nlu/metrics.hpp"

namespace zk::intent {

// What is sure is right in this share of what was left out, or nothing is sure.
inline constexpr double kPrecision = 0.95;
inline constexpr double kLeastThreshold = 0.5;
inline constexpr std::size_t kMostNone = 1'000;  // questions of the knowledge base that are held against
inline constexpr std::size_t kMostDoubts = 50;

// A question of an article, normalised.
struct Question {
  std::string article, text;
};
// Questions of the knowledge base that mean no intent, spread over all articles: neither those of an article
// whose place an intent's flow takes, nor those that stand among the examples.
std::vector<Question> none_of(const answering::Answerer& answerer, const std::vector<Intent>& intents,
                              const flow::Book& flows);

struct Candidate {
  const Intent* intent = nullptr;
  double probability = 0;  // that the message means it: 0 … 1
};
struct Recognition {
  std::vector<Candidate> ranked;  // best first, at most nlu::IntentModel::kMostRanked
  double threshold = 0;           // of being sure; above 1 where nothing can be
  const Intent* sure = nullptr;
};

// Examples and questions judged while they were left out.
struct Report {
  struct OfIntent {
    std::int64_t id = 0;
    std::size_t examples = 0, right = 0, sure = 0;  // right: it came first; sure: and above the threshold
  };
  struct Confusion {
    std::int64_t id = 0, taken_for = 0;
    std::size_t count = 0;
  };
  struct Doubt {  // an example that looks like another intent
    std::int64_t id = 0, looks_like = 0;
    std::string text;
    double probability = 0;
  };
  struct Overlap {  // an article that is about what an intent is about: asked so, the intent acts
    std::string article, question;
    std::int64_t id = 0;
    double probability = 0;  // of that question
  };
  std::vector<OfIntent> intents;
  std::vector<Confusion> confusions;  // the most frequent first
  std::vector<Doubt> doubts;          // the surest first, at most kMostDoubts
  std::vector<Overlap> overlaps;
  std::size_t examples = 0, right = 0;   // of all that were left out
  std::size_t sure = 0, sure_right = 0;  // examples and questions above the threshold; of those rightly
  std::size_t questions = 0, taken = 0;  // of articles; above the threshold
};

class Recogniser {
 public:
  // Intents with fewer than kFewestExamples are left out. kPreconditionFailed: too few are left (one, or two
  // without questions). Reads the texts with the models' encoders, from their cache where it has them.
  static Result<std::shared_ptr<const Recogniser>> train(std::vector<Intent> intents,
                                                         const std::vector<Question>& none,
                                                         const answering::Models& models);
  // The intents in the result live as long as this. Errors: what the encoder says.
  Result<Recognition> recognise(const answering::Answerer& answerer, const std::string& question) const;

  const std::vector<Intent>& intents() const { return intents_; }  // those that were trained
  const Report& report() const { return report_; }
  double threshold(bool other_language) const {
    return other_language && other_.model ? other_.threshold : first_.threshold;
  }

 private:
  struct Reader {  // of one encoder
    std::shared_ptr<const nlu::IntentModel> model;
    double threshold = 1;
  };
  struct Texts;
  Recogniser() = default;
  enum class Language { kAny, kChinese, kOther };  // of what an encoder reads where there are two
  static double threshold_for(const Texts& texts, const nlu::IntentModel& model, Language reads);
  static Result<Reader> train_one(const Texts& texts, const answering::Encoders& encoders, Language reads,
                                  bool whole_articles = false);
  void leave_to_intents(Texts& texts);
  const Intent* named(const std::string& label) const;
  void make_report(const Texts& texts);

  std::vector<Intent> intents_;
  std::unordered_map<std::string, const Intent*> by_label_;
  std::unordered_map<std::string, const Intent*> word_for_word_;  // letters of an example → its only intent
  Reader first_, other_;  // other_: the multilingual encoder, where there is one beside the first
  Report report_;
};

}  // namespace zk::intent
