#include "nlu/intent.hpp"

#include <linear.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_map>

#include "base/random.hpp"
#include "search/vector_index.hpp"
#include "text/text.hpp"

namespace zk::nlu {
namespace {

constexpr std::size_t kMostTexts = 20'000, kMostLabels = 2'000;
constexpr float kDenseWeight = 2;  // length of an encoder's part; the n-grams' part has length 1
constexpr double kCost = 1;        // liblinear's C
constexpr std::size_t kFewTexts =
    3000;  // up to here four folds judge the model, above one eighth of the texts does

using Grams = std::unordered_map<std::uint64_t, float>;

// Character n-grams of 1 to 4 within and across words, words, and pairs of words, by hash, with counts.
Grams grams_of(std::string_view text) {
  Grams grams;
  const auto s = text::to_u32(" " + text::normalise(text) + " ");
  const std::u32string_view view = s;
  for (std::size_t n = 1; n <= 4; ++n)
    for (std::size_t i = 0; i + n <= s.size(); ++i)
      ++grams[search::term_id({reinterpret_cast<const char*>(view.data() + i), n * sizeof(char32_t)})];
  const auto words = text::words(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    ++grams[search::term_id("w " + words[i])];
    if (i + 1 < words.size()) ++grams[search::term_id("p " + words[i] + " " + words[i + 1])];
  }
  return grams;
}

// One text as the classifier sees it: the encoders' vectors, centred and scaled, then the n-grams that are
// known.
struct Row {
  std::vector<float> dense;
  std::vector<std::pair<std::uint32_t, float>> sparse;  // column, value
};

void scale_to(std::span<float> v, float length) {
  double sum = 0;
  for (const float x : v) sum += static_cast<double>(x) * x;
  if (sum <= 0) return;
  for (float& x : v) x *= static_cast<float>(length / std::sqrt(sum));
}

double log_sum_exp(std::span<const double> v, double temperature) {
  const double most = *std::max_element(v.begin(), v.end());
  double sum = 0;
  for (const double x : v) sum += std::exp((x - most) / temperature);
  return most / temperature + std::log(sum);
}

}  // namespace

// How texts become rows; learnt from the training texts (means, known n-grams, their weights).
struct IntentModel::Features {
  std::vector<std::shared_ptr<Encoder>> encoders;
  std::vector<std::vector<float>> means;  // of each encoder
  std::unordered_map<std::uint64_t, std::uint32_t> columns;
  std::vector<float> idf;
  std::size_t dense_width = 0;

  Result<std::vector<std::vector<float>>> encode(std::span<const std::string> texts) const {
    std::vector<std::string> normal;
    for (const auto& t : texts) normal.push_back(text::normalise(t));
    std::vector<std::vector<float>> all;
    for (const auto& e : encoders) {
      ZK_TRY(auto vectors, e->encode(normal));
      all.push_back(std::move(vectors));
    }
    return all;
  }

  Row row(const std::vector<std::vector<float>>& vectors, std::size_t i, const Grams& grams) const {
    Row r;
    for (std::size_t e = 0; e < encoders.size(); ++e) {
      const std::size_t width = means[e].size(), at = r.dense.size();
      for (std::size_t d = 0; d < width; ++d) r.dense.push_back(vectors[e][i * width + d] - means[e][d]);
      scale_to(std::span(r.dense).subspan(at), kDenseWeight);
    }
    double sum = 0;
    for (const auto& [gram, count] : grams) {
      const auto it = columns.find(gram);
      if (it == columns.end()) continue;
      const float value = (1 + std::log(count)) * idf[it->second];
      r.sparse.emplace_back(it->second, value);
      sum += static_cast<double>(value) * value;
    }
    std::sort(r.sparse.begin(), r.sparse.end());
    for (auto& [column, value] : r.sparse) value /= static_cast<float>(std::sqrt(sum));
    return r;
  }

  Result<std::vector<Row>> learn(std::span<const std::string> texts) {
    ZK_TRY(const auto vectors, encode(texts));
    for (std::size_t e = 0; e < encoders.size(); ++e) {
      const auto width = static_cast<std::size_t>(encoders[e]->dimension());
      dense_width += width;
      means.emplace_back(width);
      for (std::size_t i = 0; i < vectors[e].size(); ++i)
        means[e][i % width] += vectors[e][i] / static_cast<float>(texts.size());
    }
    std::vector<Grams> grams;
    std::map<std::uint64_t, std::uint32_t> frequency;  // ordered: columns are the same every time
    for (const auto& t : texts) {
      grams.push_back(grams_of(t));
      for (const auto& [gram, count] : grams.back()) ++frequency[gram];
    }
    for (const auto& [gram, n] : frequency) {
      if (n < 2 && texts.size() > kFewTexts) continue;  // seen once among thousands: noise
      columns.emplace(gram, static_cast<std::uint32_t>(idf.size()));
      idf.push_back(1 + std::log((1 + static_cast<float>(texts.size())) / (1 + static_cast<float>(n))));
    }
    std::vector<Row> rows;
    for (std::size_t i = 0; i < texts.size(); ++i) rows.push_back(row(vectors, i, grams[i]));
    return rows;
  }
};

// One weight vector a label.
struct IntentModel::Linear {
  std::size_t labels = 0, dense_width = 0;
  std::vector<float> weights;  // feature by feature: labels next to each other
  std::vector<float> bias;

  std::vector<double> decide(const Row& row) const {
    std::vector<double> out(bias.begin(), bias.end());
    const auto add = [&](std::size_t feature, float value) {
      const float* w = weights.data() + feature * labels;
      for (std::size_t l = 0; l < labels; ++l) out[l] += static_cast<double>(w[l]) * value;
    };
    for (std::size_t d = 0; d < row.dense.size(); ++d) add(d, row.dense[d]);
    for (const auto& [column, value] : row.sparse) add(dense_width + column, value);
    return out;
  }

  // Labels of the rows are numbers below `label_count`; a label without a row is never chosen.
  static Linear train(std::span<const Row* const> rows, std::span<const int> truth, std::size_t label_count,
                      std::size_t dense, std::size_t columns) {
    set_print_string_function([](const char*) {});
    std::size_t total = 0;
    for (const auto* r : rows) total += r->dense.size() + r->sparse.size() + 2;
    std::vector<feature_node> nodes;
    nodes.reserve(total);
    std::vector<feature_node*> starts;
    const int bias_index = static_cast<int>(dense + columns) + 1;
    for (const auto* r : rows) {
      starts.push_back(nodes.data() + nodes.size());
      for (std::size_t d = 0; d < r->dense.size(); ++d)
        nodes.push_back({static_cast<int>(d) + 1, r->dense[d]});
      for (const auto& [column, value] : r->sparse)
        nodes.push_back({static_cast<int>(dense + column) + 1, value});
      nodes.push_back({bias_index, 1});
      nodes.push_back({-1, 0});
    }
    std::vector<double> labels(truth.begin(), truth.end());
    problem p{};
    p.l = static_cast<int>(rows.size());
    p.n = bias_index;
    p.y = labels.data();
    p.x = starts.data();
    p.bias = 1;
    parameter o{};
    o.solver_type = L2R_L2LOSS_SVC_DUAL;
    o.C = kCost;
    o.eps = 0.1;
    std::unique_ptr<model, void (*)(model*)> trained(::train(&p, &o),
                                                     [](model* m) { free_and_destroy_model(&m); });
    return from(*trained, label_count, dense);
  }

 private:
  static Linear from(const model& m, std::size_t label_count, std::size_t dense) {
    constexpr float kNever = -1e6f;
    const auto features = static_cast<std::size_t>(m.nr_feature);
    Linear out{.labels = label_count,
               .dense_width = dense,
               .weights = std::vector<float>(features * label_count),
               .bias = {}};
    out.bias.assign(label_count, kNever);
    // Two labels: liblinear keeps one vector, of the first.
    const int kept = m.nr_class == 2 ? 1 : m.nr_class;
    for (int c = 0; c < m.nr_class; ++c) {
      const auto label = static_cast<std::size_t>(m.label[c]);
      const int source = c < kept ? c : 0;
      const float sign = c < kept ? 1 : -1;
      for (std::size_t f = 0; f < features; ++f)
        out.weights[f * label_count + label] =
            sign *
            static_cast<float>(m.w[f * static_cast<std::size_t>(kept) + static_cast<std::size_t>(source)]);
      out.bias[label] =
          sign * static_cast<float>(
                     m.w[features * static_cast<std::size_t>(kept) + static_cast<std::size_t>(source)]);
    }
    return out;
  }
};

// How decision and distance to the nearest example fall for texts that belong but were not trained on.
struct IntentModel::Scope {
  struct Normal {
    double mean = 0, deviation = 1;
    double standard(double x) const { return (x - mean) / deviation; }
    static Normal of(std::span<const double> v) {
      Normal n;
      if (v.size() < 2) return n;
      n.mean = std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
      double sum = 0;
      for (const double x : v) sum += (x - n.mean) * (x - n.mean);
      n.deviation = std::max(1e-6, std::sqrt(sum / static_cast<double>(v.size() - 1)));
      return n;
    }
  };
  Normal decision, nearest;
  std::shared_ptr<const search::VectorSnapshot> examples;  // null without encoders

  static std::shared_ptr<const search::VectorSnapshot> index(std::span<const Row* const> rows) {
    const std::size_t width = rows.front()->dense.size();
    if (width == 0) return nullptr;
    std::vector<std::uint64_t> keys;
    std::vector<float> vectors;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      keys.push_back(i);
      vectors.insert(vectors.end(), rows[i]->dense.begin(), rows[i]->dense.end());
    }
    search::VectorIndex all(width);
    all.put(keys, vectors);
    return all.snapshot();
  }

  static double similarity(const search::VectorSnapshot* among, const Row& row) {
    if (!among) return 0;
    const auto hits = among->search(row.dense, 1);
    return hits.empty() ? 0 : hits.front().score;
  }

  double score(double best_decision, double similarity_to_nearest) const {
    double z = decision.standard(best_decision);
    if (examples) z = (z + nearest.standard(similarity_to_nearest)) / 2;
    return 1 / (1 + std::exp(-z));
  }
};

IntentModel::IntentModel() = default;
IntentModel::~IntentModel() = default;

namespace {

// Decisions for texts the judge has not seen, fold by fold.
struct HeldOut {
  std::vector<std::vector<double>> decisions;
  std::vector<int> truth;
  std::vector<double> best, nearest;
};

// The temperature of least negative log-likelihood on held-out texts, by golden section over its logarithm.
double fit_temperature(const HeldOut& held) {
  const auto loss = [&](double log_temperature) {
    const double t = std::exp(log_temperature);
    double sum = 0;
    for (std::size_t i = 0; i < held.truth.size(); ++i)
      sum +=
          log_sum_exp(held.decisions[i], t) - held.decisions[i][static_cast<std::size_t>(held.truth[i])] / t;
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

}  // namespace

Result<std::shared_ptr<const IntentModel>> IntentModel::train(
    std::span<const std::string> texts, std::span<const std::string> labels,
    std::vector<std::shared_ptr<Encoder>> encoders) {
  if (texts.size() != labels.size())
    return fail(ErrorCode::kInvalidArgument,
                "every example needs one intent: " + std::to_string(texts.size()) + " texts, " +
                    std::to_string(labels.size()) + " intents");
  std::shared_ptr<IntentModel> m(new IntentModel);
  m->labels_.assign(labels.begin(), labels.end());
  std::sort(m->labels_.begin(), m->labels_.end());
  m->labels_.erase(std::unique(m->labels_.begin(), m->labels_.end()), m->labels_.end());
  if (m->labels_.size() < 2)
    return fail(ErrorCode::kInvalidArgument, "examples of at least two intents are needed");
  if (texts.size() > kMostTexts || m->labels_.size() > kMostLabels)
    return fail(ErrorCode::kTooLarge, "at most 20,000 examples and 2,000 intents can be trained");
  std::vector<int> truth;
  for (const auto& l : labels)
    truth.push_back(
        static_cast<int>(std::lower_bound(m->labels_.begin(), m->labels_.end(), l) - m->labels_.begin()));

  m->features_ = std::make_unique<Features>();
  m->features_->encoders = std::move(encoders);
  ZK_TRY(const auto rows, m->features_->learn(texts));
  const auto train_on = [&](std::span<const Row* const> some, std::span<const int> theirs) {
    return Linear::train(some, theirs, m->labels_.size(), m->features_->dense_width,
                         m->features_->idf.size());
  };

  const bool few = texts.size() <= kFewTexts;
  const auto fold = folds(truth, few ? 4 : 8);
  HeldOut held;
  for (std::size_t f = 0; f < (few ? 4u : 1u); ++f) {
    std::vector<const Row*> in;
    std::vector<int> in_truth;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (fold[i] != f) in.push_back(&rows[i]), in_truth.push_back(truth[i]);
    if (std::adjacent_find(in_truth.begin(), in_truth.end(), std::not_equal_to<>()) == in_truth.end())
      continue;
    const auto judge = train_on(in, in_truth);
    const auto among = Scope::index(in);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (fold[i] != f || std::find(in_truth.begin(), in_truth.end(), truth[i]) == in_truth.end()) continue;
      held.decisions.push_back(judge.decide(rows[i]));
      held.truth.push_back(truth[i]);
      held.best.push_back(*std::max_element(held.decisions.back().begin(), held.decisions.back().end()));
      held.nearest.push_back(Scope::similarity(among.get(), rows[i]));
    }
  }
  std::vector<const Row*> all;
  for (const auto& r : rows) all.push_back(&r);
  m->linear_ = std::make_unique<Linear>(train_on(all, truth));
  m->scope_ = std::make_unique<Scope>();
  m->scope_->examples = Scope::index(all);
  m->scope_->decision = Scope::Normal::of(held.best);
  m->scope_->nearest = Scope::Normal::of(held.nearest);
  if (!held.truth.empty()) m->temperature_ = fit_temperature(held);
  return m;
}

Result<std::vector<IntentPrediction>> IntentModel::predict(std::span<const std::string> texts) const {
  ZK_TRY(const auto vectors, features_->encode(texts));
  std::vector<IntentPrediction> out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto row = features_->row(vectors, i, grams_of(texts[i]));
    const auto decisions = linear_->decide(row);
    const auto best = std::max_element(decisions.begin(), decisions.end());
    const double probability = std::exp(*best / temperature_ - log_sum_exp(decisions, temperature_));
    out.push_back({labels_[static_cast<std::size_t>(best - decisions.begin())], probability,
                   scope_->score(*best, Scope::similarity(scope_->examples.get(), row))});
  }
  return out;
}

}  // namespace zk::nlu
