#include "dialogue/thread.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace zk::dialogue {
namespace {

using answering::Finding;

constexpr std::size_t kMostCandidates = 10;
constexpr double kLeast = 0.002;  // share of an article that a reading does not list
constexpr double kLeastNone = 0.02;

enum Feature : std::size_t {
  kAlone,         // log of the article's share of the bare message's probability
  kBehind,        // the same of the message behind the question before
  kSame,          // what the question before was taken for
  kSamePoints,    // … and the message points at it
  kSameSwap,      // … and the message puts a name in another's place
  kSameCorrects,  // … and the message says that it was wrong
  kCategory,      // of the same category as what the question before was taken for
  kOffered,       // among the options asked back
  kOfferedShort,  // … and the message is short
  kNone,          // no article: constant, log of what the bare message gives to none
  kNoneAlone,
  kFeatures
};
using Row = std::array<double, kFeatures>;
constexpr Row kWeights = {0.83, 0.80, -0.21, 0.96, -1.82, -0.81, 1.61, -0.09, 0.27, -0.42, 1.53};

// log of each article's share of what a reading gives to articles.
class Shares {
 public:
  explicit Shares(const Finding& f) {
    double all = 0;
    for (const auto& c : f.judgement.candidates) all += c.probability;
    if (all <= 0) return;
    for (std::size_t i = 0; i < f.judgement.candidates.size(); ++i)
      of_[f.id(i)] = f.judgement.candidates[i].probability / all;
  }
  double log_of(const std::string& id) const {
    const auto at = of_.find(id);
    return std::log((at == of_.end() ? 0 : at->second) + kLeast);
  }

 private:
  std::map<std::string, double> of_;
};

std::map<std::string, Row> rows_of(const Finding& alone, const Finding& behind, const Sign& sign,
                                   const Said& said) {
  std::map<std::string, Row> rows;
  for (const auto* f : {&alone, &behind})
    for (std::size_t i = 0; i < std::min(f->judgement.candidates.size(), kMostCandidates); ++i)
      rows[f->id(i)] = {};
  const auto& kb = *alone.kb;
  for (const auto& id : said.offered)
    if (kb.find(id)) rows[id] = {};
  const Shares by_alone(alone), by_behind(behind);
  const auto last = kb.find(said.article_id);
  for (auto& [id, row] : rows) {
    row[kAlone] = by_alone.log_of(id);
    row[kBehind] = by_behind.log_of(id);
    const bool same = id == said.article_id;
    row[kSame] = same;
    row[kSamePoints] = same && sign.points;
    row[kSameSwap] = same && !sign.swap.empty();
    row[kSameCorrects] = same && sign.correction;
    const auto at = kb.find(id);
    row[kCategory] = last && at && kb.article(*last).category == kb.article(*at).category;
    row[kOffered] = std::find(said.offered.begin(), said.offered.end(), id) != said.offered.end();
    row[kOfferedShort] = row[kOffered] > 0 && sign.follows;
  }
  auto& none = rows[""];
  none = {};
  none[kNone] = 1;
  none[kNoneAlone] = std::log(alone.judgement.none + kLeastNone);
  return rows;
}

// What is remembered of a thread: the message that opened it and, after a line feed, the last follow-up.
struct Remembered {
  std::string root, tail;
};
Remembered remembered(const std::string& question) {
  const auto cut = question.find('\n');
  if (cut == std::string::npos) return {question, {}};
  return {question.substr(0, cut), question.substr(cut + 1)};
}

void erase_first(std::string& text, const std::string& part) {
  if (part.empty()) return;
  if (const auto at = text.find(part); at != std::string::npos) text.erase(at, part.size());
}

// The message behind the question before, without what it says it was not; a new name takes the place of the
// last follow-up.
std::string behind_of(const Sign& sign, const Said& said) {
  auto [root, tail] = remembered(said.question);
  erase_first(root, sign.instead_of);
  erase_first(tail, sign.instead_of);
  return sign.swap.empty() && !tail.empty() ? root + " " + tail + " " + sign.rest : root + " " + sign.rest;
}

Belief belief_from(const std::map<std::string, Row>& rows, const Finding& alone) {
  Belief b{alone.kb, {}, 0, 0, 0};
  double most = -1e300, total = 0;
  std::vector<std::pair<std::string, double>> scores;
  for (const auto& [id, row] : rows) {
    double s = 0;
    for (std::size_t k = 0; k < kFeatures; ++k) s += kWeights[k] * row[k];
    scores.emplace_back(id, s);
    most = std::max(most, s);
  }
  for (const auto& [id, s] : scores) total += std::exp(s - most);
  for (const auto& [id, s] : scores) {
    const double p = std::exp(s - most) / total;
    if (id.empty())
      b.none = p;
    else
      b.candidates.push_back({id, p});
  }
  std::stable_sort(b.candidates.begin(), b.candidates.end(),
                   [](const auto& x, const auto& y) { return x.probability > y.probability; });
  if (b.candidates.size() > kMostCandidates) b.candidates.resize(kMostCandidates);
  b.right = b.candidates.empty() ? 0 : b.candidates.front().probability;
  return b;
}

boost::json::object explained(const std::map<std::string, Row>& rows) {
  boost::json::object out;
  for (const auto& [id, row] : rows) out[id] = boost::json::array(row.begin(), row.end());
  return out;
}

}  // namespace

Result<InThread> read_in_thread(const Finding& alone, const Sign& sign, const Said& said, const Find& find) {
  ZK_TRY(const auto behind, find(behind_of(sign, said)));
  const auto rows = rows_of(alone, behind, sign, said);
  return InThread{belief_from(rows, alone), explained(rows),
                  sign.correction ? sign.rest : remembered(said.question).root + '\n' + sign.rest};
}

}  // namespace zk::dialogue
