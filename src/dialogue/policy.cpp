#include "dialogue/policy.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "text/text.hpp"

namespace zk::dialogue {
namespace {

constexpr std::size_t kMostCandidates = 10;
constexpr double kLeastShare = 1.0 / 30;
constexpr std::size_t kMostLabel = 24;

void sort_and_cut(Belief& b) {
  std::stable_sort(b.candidates.begin(), b.candidates.end(),
                   [](const auto& x, const auto& y) { return x.probability > y.probability; });
  if (b.candidates.size() > kMostCandidates) b.candidates.resize(kMostCandidates);
}

}  // namespace

Belief belief_of(const answering::Finding& f) {
  Belief b{f.kb, {}, f.judgement.right, f.judgement.ambiguous, f.judgement.none};
  for (std::size_t i = 0; i < std::min(f.judgement.candidates.size(), kMostCandidates); ++i)
    b.candidates.push_back({f.id(i), f.judgement.candidates[i].probability});
  return b;
}

Belief join(const answering::Finding& alone, const answering::Finding& in_thread, double thread_weight) {
  if (alone.kb != in_thread.kb || alone.judgement.candidates.empty() ||
      in_thread.judgement.candidates.empty())
    return belief_of(alone);
  std::unordered_map<std::uint32_t, double> score;
  const auto add = [&](const answering::Finding& f, double weight, bool first) {
    const double top = f.judgement.candidates.front().score;
    const double least =
        f.judgement.candidates.back().score - top;  // what neither reading lists is no better than its last
    for (const auto& c : f.judgement.candidates)
      if (first)
        score[c.article] = weight * (c.score - top);
      else
        score.try_emplace(c.article, 0.0);
    if (first) return;
    std::unordered_map<std::uint32_t, double> here;
    for (const auto& c : f.judgement.candidates) here[c.article] = c.score - top;
    for (auto& [article, s] : score) {
      const auto at = here.find(article);
      s += weight * (at == here.end() ? least : at->second);
    }
  };
  const double alone_least =
      alone.judgement.candidates.back().score - alone.judgement.candidates.front().score;
  add(alone, 1, true);
  for (const auto& c : in_thread.judgement.candidates) score.try_emplace(c.article, alone_least);
  add(in_thread, thread_weight, false);
  Belief b{alone.kb, {}, 0, 0, std::min(alone.judgement.none, in_thread.judgement.none)};
  double best = -1e300, total = 0;
  for (const auto& [article, s] : score) best = std::max(best, s);
  for (const auto& [article, s] : score) total += std::exp(s - best);
  for (const auto& [article, s] : score)
    b.candidates.push_back(
        {alone.kb->article(article).external_id, (1 - b.none) * std::exp(s - best) / total});
  sort_and_cut(b);
  b.right = b.candidates.front().probability;
  return b;
}

void leave_out(Belief& belief, const std::vector<std::string>& ids) {
  std::erase_if(belief.candidates, [&](const Scored& c) {
    return std::find(ids.begin(), ids.end(), c.article_id) != ids.end();
  });
  belief.right = belief.candidates.empty() ? 0 : belief.candidates.front().probability;
}

Decision decide(const Belief& belief, const answering::Operating& at) {
  if (belief.candidates.empty()) return Decision::kNone;
  if (belief.right >= at.answer && belief.ambiguous < at.clarify) return Decision::kAnswer;
  if (belief.none >= at.none) return Decision::kNone;
  return Decision::kClarify;
}

std::vector<std::string> options_of(const Belief& belief) {
  std::vector<std::string> out;
  for (const auto& c : belief.candidates)
    if (out.size() < kMostOptions && c.probability >= belief.candidates.front().probability * kLeastShare)
      out.push_back(c.article_id);
  return out;
}

std::vector<std::string> labels_of(const std::vector<std::string>& titles) {
  std::vector<std::vector<std::string>> words;
  for (const auto& t : titles) words.push_back(text::words(t));
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const auto shared = [&](const std::string& w) {
      if (titles.size() < 2) return false;
      for (std::size_t k = 0; k < titles.size(); ++k)
        if (k != i && std::find(words[k].begin(), words[k].end(), w) == words[k].end()) return false;
      return true;
    };
    std::size_t first = 0, last = words[i].size();
    while (first < last && shared(words[i][first])) ++first;
    while (last > first && shared(words[i][last - 1])) --last;
    const bool latin = !text::has_han(titles[i]);
    std::string label;
    for (std::size_t w = first; w < last; ++w) {
      if (latin && !label.empty()) label += ' ';
      label += words[i][w];
    }
    if (text::to_u32(label).size() < 2) label = titles[i];
    auto characters = text::to_u32(label);
    if (characters.size() > kMostLabel && !latin) {
      characters.resize(kMostLabel - 1);
      characters += U'…';
    }
    labels.push_back(text::to_utf8(characters));
  }
  for (std::size_t i = 0; i < labels.size(); ++i)  // two alike distinguish nothing
    for (std::size_t k = 0; k < i; ++k)
      if (labels[k] == labels[i]) labels[k] = titles[k], labels[i] = titles[i];
  return labels;
}

}  // namespace zk::dialogue
