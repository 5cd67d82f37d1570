#include "nlu/intent_parts.hpp"

#include <linear.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "text/text.hpp"

namespace zk::nlu {
namespace {

constexpr float kDenseWeight = 2;  // length of an encoder's part; the n-grams' part has length 1
constexpr double kCost = 1;        // liblinear's C

void scale_to(std::span<float> v, float length) {
  double sum = 0;
  for (const float x : v) sum += static_cast<double>(x) * x;
  if (sum <= 0) return;
  for (float& x : v) x *= static_cast<float>(length / std::sqrt(sum));
}

// A liblinear problem that owns its memory.
struct Problem {
  std::vector<feature_node> nodes;
  std::vector<feature_node*> starts;
  std::vector<double> labels;
  problem p{};

  void finish(int features) {
    p.l = static_cast<int>(labels.size());
    p.n = features;
    p.y = labels.data();
    p.x = starts.data();
    p.bias = 1;
  }
  std::unique_ptr<model, void (*)(model*)> train(int solver, double cost, double eps) {
    set_print_string_function([](const char*) {});
    parameter o{};
    o.solver_type = solver;
    o.C = cost;
    o.eps = eps;
    return {::train(&p, &o), [](model* m) { free_and_destroy_model(&m); }};
  }
};

}  // namespace

IntentGrams intent_grams(std::string_view text) {
  IntentGrams grams;
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

IntentRow IntentFeatures::row(const IntentTexts& of, std::size_t i, const IntentGrams& grams) const {
  IntentRow r;
  for (std::size_t e = 0; e < means.size(); ++e) {
    const std::size_t width = means[e].size(), at = r.dense.size();
    const float* v = of.sentences[e].values.data() + i * width;
    for (std::size_t d = 0; d < width; ++d) r.dense.push_back(v[d] - means[e][d]);
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

std::vector<IntentRow> IntentFeatures::learn(const IntentTexts& examples, const IntentTexts& none) {
  const auto total = examples.texts.size() + none.texts.size();
  for (std::size_t e = 0; e < examples.sentences.size(); ++e) {
    const auto width = examples.sentences[e].width;
    dense_width += width;
    auto& mean = means.emplace_back(width);
    for (const auto* part : {&examples, &none}) {
      if (part->texts.empty()) continue;
      const auto& values = part->sentences[e].values;
      for (std::size_t i = 0; i < values.size(); ++i)
        mean[i % width] += values[i] / static_cast<float>(total);
    }
  }
  std::vector<IntentGrams> grams;
  std::map<std::uint64_t, std::uint32_t> frequency;  // ordered: columns are the same every time
  for (const auto* part : {&examples, &none})
    for (const auto& t : part->texts) {
      grams.push_back(intent_grams(t));
      for (const auto& [gram, count] : grams.back()) ++frequency[gram];
    }
  for (const auto& [gram, n] : frequency) {
    if (n < 2 && total > kFewIntentTexts) continue;  // seen once among thousands: noise
    columns.emplace(gram, static_cast<std::uint32_t>(idf.size()));
    idf.push_back(1 + std::log((1 + static_cast<float>(total)) / (1 + static_cast<float>(n))));
  }
  std::vector<IntentRow> rows;
  for (const auto* part : {&examples, &none})
    for (std::size_t i = 0; i < part->texts.size(); ++i) rows.push_back(row(*part, i, grams[rows.size()]));
  return rows;
}

std::vector<double> IntentLinear::decide(const IntentRow& row) const {
  std::vector<double> out(bias.begin(), bias.end());
  const auto add = [&](std::size_t feature, float value) {
    const float* w = weights.data() + feature * labels;
    for (std::size_t l = 0; l < labels; ++l) out[l] += static_cast<double>(w[l]) * value;
  };
  for (std::size_t d = 0; d < row.dense.size(); ++d) add(d, row.dense[d]);
  for (const auto& [column, value] : row.sparse) add(dense_width + column, value);
  return out;
}

IntentLinear IntentLinear::train(std::span<const IntentRow* const> rows, std::span<const int> truth,
                                 std::size_t label_count, const IntentFeatures& features) {
  const std::size_t dense = features.dense_width;
  const int bias_index = static_cast<int>(dense + features.idf.size()) + 1;
  Problem problem;
  std::size_t total = 0;
  for (const auto* r : rows) total += r->dense.size() + r->sparse.size() + 2;
  problem.nodes.reserve(total);
  for (const auto* r : rows) {
    problem.starts.push_back(problem.nodes.data() + problem.nodes.size());
    for (std::size_t d = 0; d < r->dense.size(); ++d)
      problem.nodes.push_back({static_cast<int>(d) + 1, r->dense[d]});
    for (const auto& [column, value] : r->sparse)
      problem.nodes.push_back({static_cast<int>(dense + column) + 1, value});
    problem.nodes.push_back({bias_index, 1});
    problem.nodes.push_back({-1, 0});
  }
  problem.labels.assign(truth.begin(), truth.end());
  problem.finish(bias_index);
  const auto m = problem.train(L2R_L2LOSS_SVC_DUAL, kCost, 0.1);

  constexpr float kNever = -1e6f;
  const auto count = static_cast<std::size_t>(m->nr_feature);
  IntentLinear out{.labels = label_count,
                   .dense_width = dense,
                   .weights = std::vector<float>(count * label_count),
                   .bias = {}};
  out.bias.assign(label_count, kNever);
  // Two labels: liblinear keeps one vector, of the first.
  const auto kept = static_cast<std::size_t>(m->nr_class == 2 ? 1 : m->nr_class);
  for (std::size_t c = 0; c < static_cast<std::size_t>(m->nr_class); ++c) {
    const auto label = static_cast<std::size_t>(m->label[c]);
    const std::size_t source = c < kept ? c : 0;
    const float sign = c < kept ? 1 : -1;
    for (std::size_t f = 0; f < count; ++f)
      out.weights[f * label_count + label] = sign * static_cast<float>(m->w[f * kept + source]);
    out.bias[label] = sign * static_cast<float>(m->w[count * kept + source]);
  }
  return out;
}

std::shared_ptr<const search::VectorSnapshot> IntentScope::index(std::span<const IntentRow* const> rows) {
  if (rows.empty() || rows.front()->dense.empty()) return nullptr;
  const std::size_t width = rows.front()->dense.size();
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

double IntentScope::similarity(const search::VectorSnapshot* among, const IntentRow& row) {
  if (!among) return 0;
  const auto hits = among->search(row.dense, 1);
  return hits.empty() ? 0 : hits.front().score;
}

double IntentScope::score(const IntentSigns& signs) const {
  double z = bias_;
  for (std::size_t s = 0; s < IntentSigns::kCount; ++s)
    z += weights_[s] * (signs.values[s] - mean_[s]) / deviation_[s];
  return 1 / (1 + std::exp(-z));
}

IntentScope IntentScope::fit(std::span<const IntentSigns> examples, std::span<const IntentSigns> none) {
  constexpr double kCertain = 1e-9;  // a sign that never changes says nothing
  constexpr double kScopeCost = 1;
  IntentScope out;
  std::size_t telling = 0;
  for (std::size_t s = 0; s < IntentSigns::kCount; ++s) {
    double sum = 0, square = 0;
    const auto n = static_cast<double>(std::max<std::size_t>(1, examples.size()));
    for (const auto& e : examples) sum += e.values[s];
    out.mean_[s] = sum / n;
    for (const auto& e : examples) square += (e.values[s] - out.mean_[s]) * (e.values[s] - out.mean_[s]);
    const double spread = std::sqrt(square / std::max(1.0, n - 1));
    out.deviation_[s] = spread > kCertain ? spread : 1;
    if (spread > kCertain) ++telling;
    out.weights_[s] = spread > kCertain ? 1 : 0;
  }
  for (auto& w : out.weights_) w /= static_cast<double>(std::max<std::size_t>(1, telling));
  if (none.empty() || examples.empty()) return out;

  constexpr int kBias = static_cast<int>(IntentSigns::kCount) + 1;
  Problem problem;
  problem.nodes.reserve((examples.size() + none.size()) * (IntentSigns::kCount + 2));
  const auto add = [&](const IntentSigns& signs, double label) {
    problem.starts.push_back(problem.nodes.data() + problem.nodes.size());
    for (std::size_t s = 0; s < IntentSigns::kCount; ++s)
      problem.nodes.push_back(
          {static_cast<int>(s) + 1, (signs.values[s] - out.mean_[s]) / out.deviation_[s]});
    problem.nodes.push_back({kBias, 1});
    problem.nodes.push_back({-1, 0});
    problem.labels.push_back(label);
  };
  for (const auto& e : examples) add(e, 1);
  for (const auto& n : none) add(n, 0);
  problem.finish(kBias);
  const auto m = problem.train(L2R_LR, kScopeCost, 1e-4);
  const double sign = m->label[0] == 1 ? 1 : -1;
  for (std::size_t s = 0; s < IntentSigns::kCount; ++s) out.weights_[s] = sign * m->w[s];
  out.bias_ = sign * m->w[IntentSigns::kCount];
  return out;
}

}  // namespace zk::nlu
