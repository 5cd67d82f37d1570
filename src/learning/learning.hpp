// The learning queue: questions that went wrong, grouped by meaning and ranked by what they cost (volume ×
// handling time); what people taught from them; whether it helped. Kept fresh by a job in the background;
// what was taught is in the database.
//
//   Learning learning(db, clock, library, engine, {});
//   const auto view = learning.view();                                    // immutable, never null
//   ZK_TRY(const auto taught, learning.teach(tx, {.how = "similar", .article = "X017", .questions = {…},
//   …}));
//
// Thread-safe. Owned by the composition root; stop() before library and engine go.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dialogue/engine.hpp"
#include "exec/periodic.hpp"
#include "knowledge/library.hpp"
#include "learning/proposals.hpp"
#include "learning/signals.hpp"

namespace zk::learning {

struct Suggestion {
  std::string article, question;
  double probability = 0;
};
struct Gap {
  std::string question;                // the one nearest to all
  std::vector<std::string> questions;  // distinct wordings, at most 20, nearest first
  std::int64_t volume = 0;
  std::map<std::string, std::int64_t> kinds;
  double handling_s = 0;                // median; of all gaps where this one has none
  double cost_s = 0;                    // volume × handling_s: the rank
  std::vector<std::string> replies;     // agents' first ones after it, the most frequent first, at most 3
  std::vector<Suggestion> suggestions;  // articles it may belong to, at most 3
  std::int64_t conversation_id = 0;     // the newest
  Timestamp asked_at{};                 // last
};
inline constexpr std::size_t kMostGaps = 100, kMostWordings = 20, kMostReplies = 3;

struct View {
  Timestamp at{};
  std::vector<Gap> gaps;
  std::vector<Proposal> proposals;  // of all articles, the thinnest first
  std::int64_t thin = 0;            // published articles with fewer than kThin similar questions
};

struct Lesson {
  std::int64_t id = 0;
  std::string question, state, how, article, author;  // state: taught | closed | dismissed
  std::vector<std::string> questions;
  Timestamp at{}, closed_at{};
  std::int64_t right_before = 0, right_after = 0;  // of the questions, replayed
  std::int64_t closed_release = 0;
  std::string figures;  // of that release's check: {"before","after"}, or ""
};

struct Teach {
  std::string how;  // similar: the questions become similar ones of `article`; article: a draft is written;
                    // dismiss: this is no gap
  std::string question;  // title of the gap, and of the drafted article
  std::vector<std::string> questions;
  std::string article = {};  // similar: where they go
  std::string answer = {};   // article: its text
  std::string author;
  std::int64_t right_before = 0;  // replay() before it was taught
  Timestamp now{};
};

class Learning {
 public:
  struct Options {
    std::chrono::milliseconds period{30'000};
    double alike = 0.78;  // cosine from which two questions are one gap
  };
  Learning(storage::Db& db, const Clock& clock, const knowledge::Library& library,
           const dialogue::Engine& engine, Options options);
  ~Learning();
  void stop();

  std::shared_ptr<const View> view() const;
  // One round on the calling thread: what the job runs.
  Status refresh();
  void poke() { job_.poke(); }

  // How many of the questions are answered from that article now. Asks each: milliseconds a question.
  std::int64_t replay(const std::vector<std::string>& questions, const std::string& article) const;

  // kNotFound: no such article; kInvalidArgument names the field. Edits go to the draft, or live at once, as
  // every edit does.
  Result<Lesson> teach(storage::Tx& tx, const Teach& how) const;
  // A dismissed gap is one again. kNotFound; kConflict: it was taught, not dismissed.
  static Status undo(storage::Tx& tx, std::int64_t lesson);
  static Result<std::vector<Lesson>> lessons(storage::Tx& tx, int limit);  // newest first

 private:
  using Vectors = std::map<std::string, std::vector<float>>;
  struct Heard {  // what the knowledge base that answers makes of a question
    bool answered = false;
    std::vector<Suggestion> articles;
  };
  std::vector<Gap> gaps(const std::vector<Signal>& signals) const;
  Result<Heard> hear(const answering::Answerer& answerer, const std::string& question);
  Status suggest(const answering::Answerer& answerer, Timestamp released, std::vector<Gap>& gaps);
  Result<std::vector<Proposal>> propose(const answering::Answerer& answerer, const std::vector<Gap>& gaps,
                                        const std::vector<Confirmed>& confirmed,
                                        const std::vector<StoredProposal>& stored, const Drafted& drafted);
  Status encode(const std::vector<Signal>& signals, const answering::Answerer& answerer);
  Status close(const answering::Answerer& answerer, std::int64_t release);
  std::int64_t right(const answering::Answerer& answerer, const std::vector<std::string>& questions,
                     const std::string& article) const;

  storage::Db& db_;
  const Clock& clock_;
  const knowledge::Library& library_;
  const dialogue::Engine& engine_;
  const Options options_;
  std::mutex round_;                                   // one round at a time
  Vectors vectors_;                                    // under round_: of the window's texts
  std::map<std::string, Heard> heard_, heard_before_;  // under round_: by question; this round's, the last's
  std::uint64_t asked_ = 0;                            // under round_: generation that was asked
  std::uint64_t seen_ = 0;  // under round_: generation of the library whose lessons were replayed
  mutable std::mutex mutex_;
  std::shared_ptr<const View> view_;  // under mutex_
  exec::Periodic job_;
};

}  // namespace zk::learning
