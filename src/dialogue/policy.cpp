#include "dialogue/policy.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::dialogue {
namespace {

constexpr std::size_t kMostCandidates = 10;
constexpr double kLeastShare = 1.0 / 30;
constexpr std::size_t kMostLabel = 24;

}  // namespace

Belief belief_of(const answering::Finding& f) {
  Belief b{f.kb, {}, f.judgement.right, f.judgement.ambiguous, f.judgement.none};
  for (std::size_t i = 0; i < std::min(f.judgement.candidates.size(), kMostCandidates); ++i)
    b.candidates.push_back({f.id(i), f.judgement.candidates[i].probability});
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
  return decide(belief.right, belief.ambiguous, belief.none, at);
}

Decision decide(double right, double ambiguous, double none, const answering::Operating& at) {
  if (right >= at.answer && ambiguous < at.clarify) return Decision::kAnswer;
  return none >= at.none ? Decision::kNone : Decision::kClarify;
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
