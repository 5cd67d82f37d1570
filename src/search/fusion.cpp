#include "search/fusion.hpp"

#include <algorithm>
#include <unordered_map>

namespace zk::search {
namespace {

template <class Worth>
std::vector<Hit> fuse(std::span<const Ranking> rankings, std::size_t k, Worth worth) {
  std::unordered_map<std::uint64_t, float> sums;
  for (const auto& r : rankings)
    for (std::size_t i = 0; i < r.hits.size(); ++i) sums[r.hits[i].key] += r.weight * worth(r.hits[i], i);
  std::vector<Hit> out;
  for (const auto& [key, sum] : sums) out.push_back({key, sum});
  std::sort(out.begin(), out.end(), [](const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : a.key < b.key;
  });
  out.resize(std::min(k, out.size()));
  return out;
}

}  // namespace

std::vector<Hit> fuse_by_rank(std::span<const Ranking> rankings, std::size_t k) {
  constexpr float kDamping = 60;
  return fuse(rankings, k,
              [](const Hit&, std::size_t i) { return 1 / (kDamping + static_cast<float>(i) + 1); });
}

std::vector<Hit> fuse_by_score(std::span<const Ranking> rankings, std::size_t k) {
  return fuse(rankings, k, [](const Hit& hit, std::size_t) { return hit.score; });
}

}  // namespace zk::search
