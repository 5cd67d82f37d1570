#include "answering/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.hpp"

namespace zk::answering {
namespace {

constexpr double kZ = 1.96;
constexpr std::size_t kBins = 10;

bool holds(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool offers(const AskedQuestion& q, const Prediction& p, std::size_t most) {
  for (std::size_t i = 0; i < std::min(most, p.options.size()); ++i)
    if (holds(q.ids, p.options[i])) return true;
  return false;
}

void count(Rate& rate, bool hit) {
  ++rate.of;
  rate.hits += hit ? 1 : 0;
}

double wilson(const Rate& r, double sign) {
  if (r.of == 0) return sign < 0 ? 0 : 1;
  const auto n = static_cast<double>(r.of);
  const double p = r.value();
  return (p + kZ * kZ / (2 * n) + sign * kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n))) /
         (1 + kZ * kZ / n);
}

double calibration_error(const std::vector<AskedQuestion>& questions,
                         const std::vector<Prediction>& predictions) {
  struct Bin {
    double sum = 0, hits = 0, n = 0;
  };
  std::array<Bin, kBins> bins{};
  double all = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const auto& p = predictions[i];
    if (questions[i].expect == "human" || p.candidates.empty()) continue;
    const bool hit = questions[i].expect == "answer" && holds(questions[i].ids, p.candidates.front());
    auto& b =
        bins[std::min(kBins - 1, static_cast<std::size_t>(std::clamp(p.probability, 0.0, 1.0) * kBins))];
    b.sum += p.probability;
    b.hits += hit ? 1 : 0;
    b.n += 1;
    all += 1;
  }
  double error = 0;
  for (const auto& b : bins)
    if (b.n > 0) error += std::abs(b.sum - b.hits) / all;
  return error;
}

}  // namespace

double Rate::low() const { return std::max(0.0, wilson(*this, -1)); }
double Rate::high() const { return std::min(1.0, wilson(*this, 1)); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(
      std::min(share * static_cast<double>(values.size()), static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

Scores score(const std::vector<AskedQuestion>& questions, const std::vector<Prediction>& predictions) {
  ZK_CHECK(questions.size() == predictions.size());
  Scores s;
  s.questions = questions.size();
  std::vector<double> ms;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const auto& q = questions[i];
    const auto& p = predictions[i];
    const bool answered = p.decision == "answer", asked = p.decision == "clarify";
    const bool from_ids = answered && holds(q.ids, p.article_id);
    s.answered += answered ? 1 : 0;
    ms.push_back(p.ms);
    if (q.expect == "answer") {
      const bool first = !p.candidates.empty() && holds(q.ids, p.candidates.front());
      bool three = false;
      for (std::size_t k = 0; k < std::min<std::size_t>(3, p.candidates.size()); ++k)
        three = three || holds(q.ids, p.candidates[k]);
      count(s.recall_at_1, first || from_ids);
      count(s.recall_at_3, three);
      count(s.coverage, from_ids);
      count(s.reach, from_ids || (asked && offers(q, p, 3)));
      if (answered) count(s.precision, from_ids);
    } else if (q.expect == "none") {
      count(s.oos_answered, answered);
      count(s.oos_offered, asked);
      if (answered) count(s.precision, false);
    } else if (q.expect == "clarify") {
      count(s.clarify_hit, asked && offers(q, p, p.options.size()));
      count(s.ambiguous_answered, from_ids);
      if (answered && !from_ids) count(s.precision, false);
    } else if (q.expect == "human") {
      count(s.human_recall, p.decision == "handover");
    }
  }
  s.ece = calibration_error(questions, predictions);
  s.ms_p50 = percentile(ms, 0.5);
  s.ms_p99 = percentile(ms, 0.99);
  return s;
}

std::map<std::string, Scores> score_by_type(const std::vector<AskedQuestion>& questions,
                                            const std::vector<Prediction>& predictions) {
  std::map<std::string, std::pair<std::vector<AskedQuestion>, std::vector<Prediction>>> parts;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto& part = parts[questions[i].type];
    part.first.push_back(questions[i]);
    part.second.push_back(predictions[i]);
  }
  std::map<std::string, Scores> out;
  for (const auto& [type, part] : parts) out[type] = score(part.first, part.second);
  return out;
}

bool turn_ok(const AskedQuestion& turn, const Prediction& p) {
  if (turn.expect == "answer")
    return p.decision == "answer" && (turn.pick > 0 || holds(turn.ids, p.article_id));
  if (turn.expect == "clarify") return p.decision == "clarify" && offers(turn, p, p.options.size());
  if (turn.expect == "human") return p.decision == "handover";
  return p.decision == turn.expect;
}

}  // namespace zk::answering
