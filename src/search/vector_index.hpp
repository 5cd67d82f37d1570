// Nearest vectors by cosine. Up to some ten thousand vectors every one is compared (SIMD, exact); above,
// compact() builds a graph (HNSW, Malkov and Yashunin 2018) and only what was added since is compared one by
// one. Same interface, same snapshots as LexicalIndex: readers hold a snapshot, writes cost the size of the
// change, compact() belongs to one background thread.
//
//   VectorIndex index(512);
//   index.put(keys, vectors);                       // keys.size() × 512 floats; any length, compared by
//   direction auto hits = index.snapshot()->search(query, 10);
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "search/lexical.hpp"

namespace zk::search {

struct VectorOptions {
  std::size_t graph_from = 20'000;  // vectors; below, compact() builds no graph
  std::size_t links = 16;           // of a node and layer: memory 8 × links bytes a vector
  std::size_t build_width = 120;    // candidates kept while building
  std::size_t search_width = 160;   // candidates kept while searching: recall against time
};

class VectorRows;

struct VectorPart {
  std::shared_ptr<const VectorRows> rows;
  Deleted deleted;
  std::uint32_t live = 0;
};

class VectorSnapshot {
 public:
  VectorSnapshot(std::vector<VectorPart> parts, std::size_t dimension);

  // Best first, equal cosines by ascending key; score is the cosine. Exact for rows outside a graph.
  std::vector<Hit> search(std::span<const float> query, std::size_t k) const;
  // The same by comparing with every vector, whatever graphs there are: what search() is measured against.
  std::vector<Hit> search_exactly(std::span<const float> query, std::size_t k) const;

  std::size_t size() const;
  std::size_t memory_bytes() const;
  std::span<const VectorPart> parts() const { return parts_; }

 private:
  std::vector<Hit> search(std::span<const float> query, std::size_t k, bool exactly) const;
  const std::vector<VectorPart> parts_;
  const std::size_t dimension_;
};

class VectorIndex {
 public:
  explicit VectorIndex(std::size_t dimension, const VectorOptions& options = {});

  // Adds or replaces; the last of equal keys wins.
  void put(std::span<const std::uint64_t> keys, std::span<const float> vectors);
  void erase(std::span<const std::uint64_t> keys);
  std::shared_ptr<const VectorSnapshot> snapshot() const;

  bool compact_due() const;
  // Merges all parts; builds the graph when there are graph_from vectors or more: about 0.3 ms a vector on
  // one core.
  void compact();

 private:
  std::vector<VectorPart> current() const;
  void publish(std::vector<VectorPart> parts);
  static void mark_deleted(std::vector<VectorPart>& parts, std::span<const std::uint64_t> keys);
  std::shared_ptr<VectorRows> gather(std::span<const VectorPart> parts) const;

  const std::size_t dimension_;
  const VectorOptions options_;
  std::mutex writing_;
  mutable std::mutex publishing_;  // held for a pointer's copy only
  std::shared_ptr<const VectorSnapshot> snapshot_;
};

}  // namespace zk::search
