#include "nlu/intent.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/random.hpp"
#include "nlu/intent_parts.hpp"

namespace zk::nlu {
namespace {

// A handful of texts is judged unseen in more folds than some hundreds; of thousands only one part is.
constexpr std::size_t kHandful = 300, kHandfulFolds = 10, kFewFolds = 5, kManyFolds = 8;

double log_sum_exp(std::span<const double> v, double temperature) {
  const double most = *std::max_element(v.begin(), v.end());
  double sum = 0;
  for (const double x : v) sum += std::exp((x - most) / temperature);
  return most / temperature + std::log(sum);
}

// The temperature of least negative log-likelihood on unseen texts, by golden section over its logarithm.
double fit_temperature(std::span<const std::vector<double>> decisions, std::span<const int> truth) {
  const auto loss = [&](double log_temperature) {
    const double t = std::exp(log_temperature);
    double sum = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
      sum += log_sum_exp(decisions[i], t) - decisions[i][static_cast<std::size_t>(truth[i])] / t;
    return sum;
  };
  constexpr double kGolden = 0.6180339887498949;
  double low = -5, high = 3;
  for (int i = 0; i < 40; ++i) {
    const double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
    if (loss(a) < loss(b)) {
      high = b;
    } else {
      low = a;
    }
  }
  return std::exp((low + high) / 2);
}

// Fold of each text, even over every label, the same every time.
std::vector<std::size_t> folds(std::span<const int> truth, std::size_t count) {
  std::vector<std::size_t> order(truth.size()), fold(truth.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(17);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  std::unordered_map<int, std::size_t> seen;
  for (const auto i : order) fold[i] = seen[truth[i]]++ % count;
  return fold;
}

// Instead, for texts of no intent that belong together: one fold a group.
void fold_by_group(const IntentTexts& none, std::size_t examples, std::size_t count,
                   std::vector<std::size_t>& fold) {
  for (std::size_t i = 0; i < none.groups.size(); ++i) fold[examples + i] = none.groups[i] % count;
}

Status check(const IntentTexts& examples, std::span<const std::string> labels, std::size_t label_count,
             const IntentTexts& none) {
  if (examples.texts.size() != labels.size())
    return fail(ErrorCode::kInvalidArgument,
                "every example needs one intent: " + std::to_string(examples.texts.size()) + " texts, " +
                    std::to_string(labels.size()) + " intents");
  for (const auto* part : {&examples, &none})
    for (const auto& s : part->sentences)
      if (s.values.size() != s.width * part->texts.size())
        return fail(ErrorCode::kInvalidArgument, "every text needs one vector of each encoder");
  if (!none.texts.empty() && none.sentences.size() != examples.sentences.size())
    return fail(ErrorCode::kInvalidArgument, "all texts need vectors of the same encoders");
  if (!none.groups.empty() && none.groups.size() != none.texts.size())
    return fail(ErrorCode::kInvalidArgument, "every text of no intent needs its group");
  if (label_count < (none.texts.empty() ? 2 : 1))
    return fail(ErrorCode::kInvalidArgument, "examples of at least two intents are needed");
  if (examples.texts.size() + none.texts.size() > IntentModel::kMostTexts ||
      label_count > IntentModel::kMostLabels)
    return fail(ErrorCode::kTooLarge, "at most 20,000 examples and 2,000 intents can be trained");
  return {};
}

}  // namespace

struct IntentModel::Parts {
  IntentFeatures features;
  std::vector<IntentRow> rows;  // while training: the examples, then those of no intent
  std::vector<int> truth;       // of each row; labels_.size() means none
  std::size_t classes = 0;      // the labels, and none where it is trained

  // A linear classifier over some rows, with the vectors nearest to which others are judged.
  struct Judge {
    IntentLinear linear;
    std::shared_ptr<const search::VectorSnapshot> examples, none;
  } judge;
  IntentScope scope;
  double temperature = 1;

  Judge judge_from(std::span<const std::size_t> some, std::size_t labels) const {
    std::vector<const IntentRow*> all, parts[2];
    std::vector<int> theirs;
    for (const auto i : some) {
      all.push_back(&rows[i]);
      theirs.push_back(truth[i]);
      parts[static_cast<std::size_t>(truth[i]) < labels ? 0 : 1].push_back(&rows[i]);
    }
    return {IntentLinear::train(all, theirs, classes, features), IntentScope::index(parts[0]),
            IntentScope::index(parts[1])};
  }

  // One text before it is known what its numbers are worth.
  struct Seen {
    std::vector<double> decisions;  // of the labels
    IntentSigns signs;
  };
  Seen see(const Judge& by, const IntentRow& row, std::size_t labels) const {
    Seen out{by.linear.decide(row), {}};
    const double none = out.decisions.size() > labels ? out.decisions.back() : 0;
    out.decisions.resize(labels);
    out.signs.values = {*std::max_element(out.decisions.begin(), out.decisions.end()),
                        IntentScope::similarity(by.examples.get(), row), none,
                        IntentScope::similarity(by.none.get(), row)};
    return out;
  }

  IntentPrediction predict(const Seen& seen, const std::vector<std::string>& labels) const {
    const auto& d = seen.decisions;
    std::vector<std::size_t> order(d.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto most = std::min(kMostRanked, d.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                      [&](std::size_t a, std::size_t b) { return d[a] != d[b] ? d[a] > d[b] : a < b; });
    const double all = log_sum_exp(d, temperature);
    IntentPrediction out;
    for (std::size_t r = 0; r < most; ++r)
      out.ranked.push_back({labels[order[r]], std::exp(d[order[r]] / temperature - all)});
    out.intent = out.ranked[0].intent;
    out.probability = out.ranked[0].probability;
    out.in_scope = scope.score(seen.signs);
    return out;
  }
};

IntentModel::IntentModel() = default;
IntentModel::~IntentModel() = default;

Result<std::shared_ptr<const IntentModel>> IntentModel::train(const IntentTexts& examples,
                                                              std::span<const std::string> labels,
                                                              const IntentTexts& none) {
  std::shared_ptr<IntentModel> m(new IntentModel);
  m->labels_.assign(labels.begin(), labels.end());
  std::sort(m->labels_.begin(), m->labels_.end());
  m->labels_.erase(std::unique(m->labels_.begin(), m->labels_.end()), m->labels_.end());
  const auto count = m->labels_.size();
  ZK_TRY_STATUS(check(examples, labels, count, none));

  m->parts_ = std::make_unique<Parts>();
  auto& p = *m->parts_;
  for (const auto& l : labels)
    p.truth.push_back(
        static_cast<int>(std::lower_bound(m->labels_.begin(), m->labels_.end(), l) - m->labels_.begin()));
  p.truth.resize(labels.size() + none.texts.size(), static_cast<int>(count));
  p.classes = count + (none.texts.empty() ? 0 : 1);
  p.rows = p.features.learn(examples, none);
  m->judge_unseen(labels.size(), none);
  std::vector<std::size_t> all(p.rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  p.judge = p.judge_from(all, count);
  p.rows.clear();
  p.rows.shrink_to_fit();
  return m;
}

// Fold by fold: what texts that were left out look like tells what the numbers of new ones are worth.
void IntentModel::judge_unseen(std::size_t examples, const IntentTexts& none) {
  auto& p = *parts_;
  const auto n = p.rows.size();
  const bool many = n > kFewIntentTexts;
  const std::size_t count = many ? kManyFolds : n > kHandful ? kFewFolds : kHandfulFolds;
  auto fold = folds(p.truth, count);
  fold_by_group(none, examples, count, fold);
  std::vector<std::optional<Parts::Seen>> seen(n);
  for (std::size_t f = 0; f < (many ? 1 : count); ++f) {
    std::vector<std::size_t> in;
    std::vector<bool> known(p.classes);
    for (std::size_t i = 0; i < n; ++i)
      if (fold[i] != f) in.push_back(i), known[static_cast<std::size_t>(p.truth[i])] = true;
    if (std::count(known.begin(), known.end(), true) < 2) continue;
    const auto judge = p.judge_from(in, labels_.size());
    for (std::size_t i = 0; i < n; ++i)
      if (fold[i] == f && known[static_cast<std::size_t>(p.truth[i])])
        seen[i] = p.see(judge, p.rows[i], labels_.size());
  }
  std::vector<std::vector<double>> decisions;
  std::vector<int> truth;
  std::vector<IntentSigns> inside, outside;
  for (std::size_t i = 0; i < n; ++i) {
    if (!seen[i]) continue;
    (i < examples ? inside : outside).push_back(seen[i]->signs);
    if (i >= examples) continue;
    decisions.push_back(seen[i]->decisions);
    truth.push_back(p.truth[i]);
  }
  if (!truth.empty()) p.temperature = fit_temperature(decisions, truth);
  p.scope = IntentScope::fit(inside, outside);
  for (std::size_t i = 0; i < n; ++i)
    (i < examples ? held_out_ : held_out_none_)
        .push_back(seen[i] ? p.predict(*seen[i], labels_) : IntentPrediction{});
}

std::vector<IntentPrediction> IntentModel::predict(const IntentTexts& asked) const {
  std::vector<IntentPrediction> out;
  for (std::size_t i = 0; i < asked.texts.size(); ++i) {
    const auto row = parts_->features.row(asked, i, intent_grams(asked.texts[i]));
    out.push_back(parts_->predict(parts_->see(parts_->judge, row, labels_.size()), labels_));
  }
  return out;
}

}  // namespace zk::nlu
