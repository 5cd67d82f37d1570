#include "answering/judge.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <unordered_map>

namespace zk::answering {
namespace json = boost::json;
namespace {

constexpr double kAlone = 0.5;
constexpr std::string_view kFormat = "zhike-answering-2";
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

Result<std::vector<std::string>> names(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  if (!v || !v->is_array())
    return fail(ErrorCode::kDataLoss, std::string("the weights lack the list \"") + std::string(key) + '"');
  std::vector<std::string> out;
  for (const auto& e : v->get_array()) {
    if (!e.is_string()) return fail(ErrorCode::kDataLoss, "a feature name is no string");
    out.emplace_back(e.get_string());
  }
  return out;
}

constexpr std::size_t kMostBytes = 32 << 20;  // of a weights file; about one is usual

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, path + " cannot be read");
  std::string text(kMostBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostBytes) return fail(ErrorCode::kDataLoss, path + " is longer than 32 MiB");
  return text;
}

double number(const json::object& o, std::string_view key, double otherwise) {
  const auto* v = o.if_contains(key);
  if (!v || !v->is_number()) return otherwise;
  return v->to_number<double>();
}

// Value by name of what is known about one candidate.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) at_.emplace(names[i], i);
  }
  std::int32_t operator[](const std::string& name) const {
    const auto at = at_.find(name);
    return at == at_.end() ? -1 : static_cast<std::int32_t>(at->second);
  }

 private:
  std::unordered_map<std::string, std::size_t> at_;
};

}  // namespace

Result<std::shared_ptr<const Judge>> Judge::open(const std::string& path) {
  ZK_TRY(const auto text, read_file(path));
  boost::system::error_code error;
  const auto root = json::parse(text, error);
  if (error || !root.is_object())
    return fail(ErrorCode::kDataLoss, path + " is not JSON: fetch or train the weights again");
  const auto& o = root.get_object();
  const auto* format = o.if_contains("format");
  if (!format || !format->is_string() || format->get_string() != kFormat)
    return fail(ErrorCode::kDataLoss,
                path + " is of another version than this program: it must say " + std::string(kFormat));
  auto judge = std::shared_ptr<Judge>(new Judge);
  ZK_TRY(judge->ranker_features_, names(o, "ranker_features"));
  ZK_TRY(judge->decision_features_, names(o, "decision_features"));
  const auto* ranker = o.if_contains("ranker");
  const auto* sure = o.if_contains("sure");
  const auto* kind = o.if_contains("kind");
  if (!ranker || !sure || !kind || !kind->is_array() || kind->get_array().size() != kKinds)
    return fail(ErrorCode::kDataLoss, path + " lacks the ranker or the decision");
  ZK_TRY(judge->ranker_, Trees::parse(*ranker, judge->ranker_features_.size()));
  ZK_TRY(judge->sure_, Trees::parse(*sure, judge->decision_features_.size()));
  for (const auto& k : kind->get_array()) {
    ZK_TRY(auto trees, Trees::parse(k, judge->decision_features_.size()));
    judge->kind_.push_back(std::move(trees));
  }
  if (const auto* operating = o.if_contains("operating"); operating && operating->is_object()) {
    const auto& w = operating->get_object();
    judge->none_ = number(w, "none", judge->none_);
    judge->clarify_ = number(w, "clarify", judge->clarify_);
    if (const auto* points = w.if_contains("answer"); points && points->is_array())
      for (const auto& p : points->get_array())
        if (p.is_object())
          judge->points_.push_back({number(p.get_object(), "target", 1), number(p.get_object(), "at", 1.01)});
  }
  std::sort(judge->points_.begin(), judge->points_.end(), [](auto a, auto b) { return a.target < b.target; });
  return std::shared_ptr<const Judge>(std::move(judge));
}

std::shared_ptr<const Judge> Judge::lexical() { return std::shared_ptr<const Judge>(new Judge); }

Operating Judge::operating(double target) const {
  Operating out;
  out.none = none_;
  out.clarify = clarify_;
  for (const auto& p : points_)
    if (p.target >= target - 1e-9) {
      out.answer = p.answer;
      break;
    }
  return out;
}

std::vector<float> Judge::ranker_row(const std::vector<std::int32_t>& columns, const Look& look,
                                     std::size_t candidate) const {
  std::vector<float> row(columns.size(), kMissing);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] < 0) continue;
    const auto c = static_cast<std::size_t>(columns[i]);
    row[i] = c < look.features.columns ? look.features.row(candidate)[c]
                                       : look.question[c - look.features.columns];
  }
  return row;
}

std::vector<float> Judge::decision_row(const KnowledgeBase& kb, const Look& look,
                                       const std::vector<Candidate>& ranked) const {
  const auto candidate_names = kb.feature_names();
  const Columns columns(candidate_names);
  const auto question_names = KnowledgeBase::question_feature_names();
  const Columns question_columns(question_names);
  std::vector<float> row;
  row.reserve(decision_features_.size());
  for (const auto& name : decision_features_) {
    float v = kMissing;
    const auto dot_at = name.find('.');
    const auto head = name.substr(0, dot_at), tail = name.substr(dot_at + 1);
    if (head == "first" || head == "second") {
      const std::size_t i = head == "first" ? 0 : 1;
      const auto c = columns[tail];
      if (i < ranked.size() && c >= 0) v = look.features.row(ranked[i].row)[c];
    } else if (head == "score" || head == "margin") {
      const std::size_t i = static_cast<std::size_t>(tail[0] - '0');
      if (i < ranked.size())
        v = static_cast<float>(head == "score" ? ranked[i].score : ranked[0].score - ranked[i].score);
    } else if (const auto c = question_columns[name]; c >= 0) {
      v = look.question[static_cast<std::size_t>(c)];
    }
    row.push_back(v);
  }
  return row;
}

Judgement Judge::judge(const KnowledgeBase& kb, const Look& look) const {
  Judgement out;
  auto names = kb.feature_names();
  const auto question_names = KnowledgeBase::question_feature_names();
  names.insert(names.end(), question_names.begin(), question_names.end());
  const Columns columns(names);
  std::vector<std::int32_t> wanted;
  for (const auto& f : ranker_features_) wanted.push_back(columns[f]);
  const auto lexical_score = [&](const float* row) {
    return row[columns["bm25"]] + row[columns["article"]] +
           0.5F * (row[columns["bm25.sound"]] + row[columns["article.sound"]]);
  };
  for (std::size_t i = 0; i < look.articles.size(); ++i) {
    const double score =
        is_lexical() ? lexical_score(look.features.row(i)) / 3 : ranker_.sum(ranker_row(wanted, look, i));
    out.candidates.push_back({look.articles[i], 0, score, i});
  }
  std::stable_sort(out.candidates.begin(), out.candidates.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (out.candidates.empty()) {
    out.none = 1;
    return out;
  }
  if (is_lexical()) {
    out.right = std::clamp(out.candidates[0].score, 0.0, 1.0);
    out.none = 1 - out.right;
    for (auto& c : out.candidates) c.probability = std::clamp(c.score, 0.0, 1.0) * out.right;
    return out;
  }
  const auto row = decision_row(kb, look, out.candidates);
  out.right = 1 / (1 + std::exp(-sure_.sum(row)));
  // One article alone has no margin, which the models never saw: asked back, not said.
  if (out.candidates.size() < 2) out.right = std::min(out.right, kAlone);
  std::array<double, kKinds> p{};
  for (std::size_t k = 0; k < kKinds; ++k) p[k] = kind_[k].sum(row);
  const double most = *std::max_element(p.begin(), p.end());
  double total = 0;
  for (double& v : p) total += v = std::exp(v - most);
  for (double& v : p) v *= (1 - out.right) / total;
  out.ambiguous = p[kAmbiguous];
  out.none = p[kNone];
  // What is neither the first's nor none's is shared among the others by their scores.
  double weight = 0;
  for (std::size_t i = 1; i < out.candidates.size(); ++i)
    weight += std::exp(out.candidates[i].score - out.candidates[0].score);
  out.candidates[0].probability = out.right;
  for (std::size_t i = 1; i < out.candidates.size(); ++i)
    out.candidates[i].probability = std::min(
        (p[kWrong] + p[kAmbiguous]) * std::exp(out.candidates[i].score - out.candidates[0].score) / weight,
        out.right);
  return out;
}

std::vector<Reason> Judge::reasons(const KnowledgeBase& kb, const Look& look, const Judgement& judgement,
                                   std::size_t most) const {
  if (is_lexical() || judgement.candidates.size() < 2) return {};
  auto names = kb.feature_names();
  const auto question_names = KnowledgeBase::question_feature_names();
  names.insert(names.end(), question_names.begin(), question_names.end());
  const Columns columns(names);
  std::vector<std::int32_t> wanted;
  for (const auto& f : ranker_features_) wanted.push_back(columns[f]);
  const auto first = ranker_row(wanted, look, judgement.candidates[0].row);
  const auto second = ranker_row(wanted, look, judgement.candidates[1].row);
  std::vector<double> for_first(first.size(), 0), for_second(second.size(), 0);
  ranker_.explain(first, for_first);
  ranker_.explain(second, for_second);
  std::vector<Reason> out;
  for (std::size_t i = 0; i < first.size(); ++i)
    out.push_back({ranker_features_[i], for_first[i] - for_second[i], first[i], second[i]});
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return std::abs(a.share) > std::abs(b.share); });
  out.resize(std::min(out.size(), most));
  return out;
}

}  // namespace zk::answering
