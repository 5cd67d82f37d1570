// One ranking out of several. Pure.
#pragma once

#include <span>
#include <vector>

#include "search/lexical.hpp"

namespace zk::search {

struct Ranking {
  std::span<const Hit> hits;  // best first
  float weight = 1;
};

// Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): sum of weight / (60 + rank). For scores that
// cannot be compared.
std::vector<Hit> fuse_by_rank(std::span<const Ranking> rankings, std::size_t k);
// Sum of weight × score; a key missing from a ranking counts 0 there. For scores on known scales (cosine,
// share of the highest).
std::vector<Hit> fuse_by_score(std::span<const Ranking> rankings, std::size_t k);

}  // namespace zk::search
