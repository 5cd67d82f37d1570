#include "dialogue/versions.hpp"

#include <algorithm>

namespace zk::dialogue {
namespace {

std::string_view primary(std::string_view tag) { return tag.substr(0, tag.find('-')); }

}  // namespace

Versions::Versions(const answering::KnowledgeBase& kb, std::string_view language, Timestamp now,
                   std::string_view channel) {
  std::unordered_map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < kb.size(); ++i)
    if (const auto& a = kb.article(i); !a.translation_of.empty()) groups[a.translation_of].push_back(i);
  for (auto& [original, members] : groups) {
    if (const auto at = kb.find(original)) members.insert(members.begin(), *at);
    const auto fits = [&](std::size_t i) {
      const auto& a = kb.article(i);
      return primary(a.language) == primary(language) && (now == Timestamp{} || is_live(a, now, channel));
    };
    const auto best = std::find_if(members.begin(), members.end(), fits);
    const auto& given = kb.article(best == members.end() ? members.front() : *best).external_id;
    for (const auto i : members)
      if (kb.article(i).external_id != given) given_.emplace(kb.article(i).external_id, given);
  }
}

const std::string& Versions::of(const std::string& id) const {
  const auto at = given_.find(id);
  return at == given_.end() ? id : at->second;
}

void Versions::merge(Belief& belief) const {
  if (given_.empty() || belief.candidates.empty()) return;
  std::vector<Scored> merged;
  for (const auto& c : belief.candidates) {
    const auto& id = of(c.article_id);
    const auto at =
        std::find_if(merged.begin(), merged.end(), [&](const auto& m) { return m.article_id == id; });
    if (at == merged.end())
      merged.push_back({id, c.probability});
    else
      at->probability += c.probability;
  }
  std::stable_sort(merged.begin(), merged.end(),
                   [](const auto& x, const auto& y) { return x.probability > y.probability; });
  belief.candidates = std::move(merged);
  belief.right = belief.candidates.front().probability;
}

}  // namespace zk::dialogue
