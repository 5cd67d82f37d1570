// What LexicalIndex and VectorIndex share: parts that never change, each with a bit per deleted document, and
// the bookkeeping of a compaction that ran while others wrote.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace zk::search {

// Bit i: document i is deleted. Null: none is.
using Deleted = std::shared_ptr<const std::vector<std::uint64_t>>;
inline bool is_deleted(const Deleted& d, std::uint32_t i) { return d && ((*d)[i >> 6] >> (i & 63) & 1); }

// A copy of `deleted` with the documents of these keys added, if there are any; returns how many were live
// before.
template <class Content>
std::uint32_t add_deleted(Deleted& deleted, const Content& content, std::uint32_t size,
                          std::span<const std::uint64_t> keys) {
  std::shared_ptr<std::vector<std::uint64_t>> bits;
  std::uint32_t added = 0;
  for (const auto key : keys) {
    const auto found = content.find(key);
    if (found < 0 || is_deleted(deleted, static_cast<std::uint32_t>(found))) continue;
    if (!bits) {
      bits = deleted ? std::make_shared<std::vector<std::uint64_t>>(*deleted)
                     : std::make_shared<std::vector<std::uint64_t>>((size + 63) / 64);
      deleted = bits;
    }
    (*bits)[static_cast<std::size_t>(found) >> 6] |= std::uint64_t{1} << (found & 63);
    ++added;
  }
  return added;
}

// Keys live in `before` that were deleted since, or whose part has been merged into a new one: that one's
// documents are the same or newer, so they win.
template <auto kContent, class Part>
std::vector<std::uint64_t> gone_since(std::span<const Part> before, std::span<const Part> now) {
  std::vector<std::uint64_t> gone;
  for (const Part& old : before) {
    const auto same =
        std::find_if(now.begin(), now.end(), [&](const Part& p) { return p.*kContent == old.*kContent; });
    const auto& content = *(old.*kContent);
    for (std::uint32_t d = 0; d < content.size(); ++d) {
      if (is_deleted(old.deleted, d)) continue;
      if (same == now.end() || is_deleted(same->deleted, d)) gone.push_back(content.key(d));
    }
  }
  return gone;
}

// Parts made since `before`.
template <auto kContent, class Part>
void append_new(std::span<const Part> before, std::span<const Part> now, std::vector<Part>& out) {
  for (const Part& p : now)
    if (std::none_of(before.begin(), before.end(), [&](const Part& b) { return b.*kContent == p.*kContent; }))
      out.push_back(p);
}

}  // namespace zk::search
