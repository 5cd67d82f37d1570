#include "search/vector_index.hpp"

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_set>

#include "base/check.hpp"
#include "search/dot.hpp"

namespace zk::search {
namespace {

constexpr std::uint32_t kMergeAtOnce = 4096;  // vectors; larger merges wait for compact()
constexpr std::size_t kManyParts = 12;

// The graph's nodes hold a pointer to their row, so that rows lie in memory once.
class RowSpace final : public hnswlib::SpaceInterface<float> {
 public:
  explicit RowSpace(std::size_t width) : width_(width) {}
  std::size_t get_data_size() override { return sizeof(const std::int16_t*); }
  hnswlib::DISTFUNC<float> get_dist_func() override {
    return [](const void* a, const void* b, const void* width) {
      // The graph keeps its data packed: the pointers are not aligned.
      const std::int16_t *x = nullptr, *y = nullptr;
      std::memcpy(&x, a, sizeof x);
      std::memcpy(&y, b, sizeof y);
      return 1 - to_cosine(dot(x, y, *static_cast<const std::size_t*>(width)));
    };
  }
  void* get_dist_func_param() override { return &width_; }
  ~RowSpace() override = default;

 private:
  std::size_t width_;
};

bool better(const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.key < b.key; }

void keep_best(std::vector<Hit>& hits, std::size_t k) {
  const auto middle = hits.begin() + static_cast<std::ptrdiff_t>(std::min(k, hits.size()));
  std::partial_sort(hits.begin(), middle, hits.end(), better);
  hits.erase(middle, hits.end());
}

}  // namespace

// Vectors that never change, with a graph over them or without.
class VectorRows {
 public:
  explicit VectorRows(std::size_t width) : width_(width) {}

  void add(std::uint64_t key, std::span<const float> v) {
    keys_.push_back(key);
    values_.resize(keys_.size() * width_);
    to_fixed(v, values_.data() + (keys_.size() - 1) * width_);
  }
  void add(const VectorRows& from, std::uint32_t row) {
    keys_.push_back(from.keys_[row]);
    values_.insert(values_.end(), from.row(row), from.row(row) + width_);
  }
  void finish() {
    keys_.shrink_to_fit();
    values_.shrink_to_fit();
    by_key_.resize(keys_.size());
    std::iota(by_key_.begin(), by_key_.end(), 0u);
    std::sort(by_key_.begin(), by_key_.end(), [&](auto a, auto b) { return keys_[a] < keys_[b]; });
  }
  void build_graph(const VectorOptions& o) {
    space_ = std::make_unique<RowSpace>(width_);
    graph_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), keys_.size(), o.links,
                                                               o.build_width, 42);
    for (std::uint32_t i = 0; i < keys_.size(); ++i) {
      const std::int16_t* pointer = row(i);
      graph_->addPoint(&pointer, i);
    }
    graph_->setEf(o.search_width);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  std::uint64_t key(std::uint32_t i) const { return keys_[i]; }
  const std::int16_t* row(std::uint32_t i) const { return values_.data() + i * width_; }
  bool has_graph() const { return graph_ != nullptr; }
  std::size_t memory_bytes() const {
    const std::size_t graph = graph_ ? keys_.size() * (graph_->size_data_per_element_ + 24) : 0;
    return values_.capacity() * 2 + keys_.capacity() * 12 + graph;
  }
  std::int64_t find(std::uint64_t key) const {
    const auto it =
        std::lower_bound(by_key_.begin(), by_key_.end(), key, [&](auto d, auto k) { return keys_[d] < k; });
    return it == by_key_.end() || keys_[*it] != key ? -1 : static_cast<std::int64_t>(*it);
  }

  void scan(const std::int16_t* query, std::size_t k, const Deleted& deleted, std::vector<Hit>& out) const {
    std::vector<Hit> best;
    const std::size_t room = 2 * k + 64;  // sorted down to k each time it is full
    float threshold = -2;
    for (std::uint32_t i = 0; i < size(); ++i) {
      const float cosine = to_cosine(dot(query, row(i), width_));
      if (cosine < threshold || is_deleted(deleted, i)) continue;
      best.push_back({keys_[i], cosine});
      if (best.size() < room) continue;
      keep_best(best, k);
      threshold = best.back().score;
    }
    keep_best(best, k);
    out.insert(out.end(), best.begin(), best.end());
  }

  void walk(const std::int16_t* query, std::size_t k, const Deleted& deleted, std::uint32_t live,
            std::vector<Hit>& out) const {
    // The graph knows nothing of deletions: ask for more until enough live ones are there.
    for (std::size_t ask = std::min<std::size_t>(size(), k);; ask = std::min<std::size_t>(size(), ask * 4)) {
      std::vector<Hit> best;
      for (auto found = graph_->searchKnn(&query, ask); !found.empty(); found.pop()) {
        const auto i = static_cast<std::uint32_t>(found.top().second);
        if (!is_deleted(deleted, i)) best.push_back({keys_[i], to_cosine(dot(query, row(i), width_))});
      }
      if (best.size() < std::min<std::size_t>(k, live) && ask < size()) continue;
      keep_best(best, k);
      out.insert(out.end(), best.begin(), best.end());
      return;
    }
  }

 private:
  const std::size_t width_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> by_key_;
  std::vector<std::int16_t> values_;
  std::unique_ptr<RowSpace> space_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph_;
};

VectorSnapshot::VectorSnapshot(std::vector<VectorPart> parts, std::size_t dimension)
    : parts_(std::move(parts)), dimension_(dimension) {}

std::vector<Hit> VectorSnapshot::search(std::span<const float> query, std::size_t k) const {
  return search(query, k, false);
}
std::vector<Hit> VectorSnapshot::search_exactly(std::span<const float> query, std::size_t k) const {
  return search(query, k, true);
}

std::vector<Hit> VectorSnapshot::search(std::span<const float> query, std::size_t k, bool exactly) const {
  ZK_CHECK(query.size() == dimension_);
  std::vector<std::int16_t> fixed(padded(dimension_));
  to_fixed(query, fixed.data());
  std::vector<Hit> hits;
  if (k == 0) return hits;
  for (const auto& p : parts_) {
    if (p.rows->has_graph() && !exactly) {
      p.rows->walk(fixed.data(), k, p.deleted, p.live, hits);
    } else {
      p.rows->scan(fixed.data(), k, p.deleted, hits);
    }
  }
  keep_best(hits, k);
  return hits;
}

std::size_t VectorSnapshot::size() const {
  std::size_t n = 0;
  for (const auto& p : parts_) n += p.live;
  return n;
}

std::size_t VectorSnapshot::memory_bytes() const {
  std::size_t n = 0;
  for (const auto& p : parts_) n += p.rows->memory_bytes();
  return n;
}

VectorIndex::VectorIndex(std::size_t dimension, const VectorOptions& options)
    : dimension_(dimension), options_(options) {
  ZK_CHECK(dimension > 0);
  publish({});
}

std::shared_ptr<const VectorSnapshot> VectorIndex::snapshot() const {
  const std::lock_guard lock(publishing_);
  return snapshot_;
}

std::vector<VectorPart> VectorIndex::current() const {
  const auto now = snapshot();
  return {now->parts().begin(), now->parts().end()};
}

void VectorIndex::publish(std::vector<VectorPart> parts) {
  std::erase_if(parts, [](const auto& p) { return p.live == 0; });
  std::shared_ptr<const VectorSnapshot> next = std::make_shared<VectorSnapshot>(std::move(parts), dimension_);
  const std::lock_guard lock(publishing_);
  snapshot_.swap(next);
}

std::shared_ptr<VectorRows> VectorIndex::gather(std::span<const VectorPart> parts) const {
  auto rows = std::make_shared<VectorRows>(padded(dimension_));
  for (const auto& p : parts)
    for (std::uint32_t i = 0; i < p.rows->size(); ++i)
      if (!is_deleted(p.deleted, i)) rows->add(*p.rows, i);
  rows->finish();
  return rows;
}

void VectorIndex::mark_deleted(std::vector<VectorPart>& parts, std::span<const std::uint64_t> keys) {
  for (auto& part : parts) part.live -= add_deleted(part.deleted, *part.rows, part.rows->size(), keys);
}

void VectorIndex::put(std::span<const std::uint64_t> keys, std::span<const float> vectors) {
  ZK_CHECK(vectors.size() == keys.size() * dimension_);
  if (keys.empty()) return;
  auto rows = std::make_shared<VectorRows>(padded(dimension_));
  std::unordered_set<std::uint64_t> seen;
  for (std::size_t i = keys.size(); i-- > 0;)
    if (seen.insert(keys[i]).second) rows->add(keys[i], vectors.subspan(i * dimension_, dimension_));
  rows->finish();

  const std::lock_guard lock(writing_);
  auto parts = current();
  mark_deleted(parts, std::vector(seen.begin(), seen.end()));
  const auto added = rows->size();
  parts.push_back({std::move(rows), nullptr, added});
  // As in LexicalIndex::put: like a binary counter.
  while (parts.size() > 1 && !parts[parts.size() - 2].rows->has_graph() &&
         parts[parts.size() - 2].rows->size() <= 2 * parts.back().rows->size() &&
         parts[parts.size() - 2].live + parts.back().live <= kMergeAtOnce) {
    auto both = gather(std::span(parts).last(2));
    parts.resize(parts.size() - 2);
    const auto live = both->size();
    parts.push_back({std::move(both), nullptr, live});
  }
  publish(std::move(parts));
}

void VectorIndex::erase(std::span<const std::uint64_t> keys) {
  const std::lock_guard lock(writing_);
  auto parts = current();
  mark_deleted(parts, keys);
  publish(std::move(parts));
}

bool VectorIndex::compact_due() const {
  const auto now = snapshot();
  std::size_t all = 0, outside = 0;
  for (const auto& p : now->parts()) {
    all += p.rows->size();
    if (!p.rows->has_graph()) outside += p.live;
  }
  return now->parts().size() > kManyParts || outside >= options_.graph_from || (all - now->size()) * 10 > all;
}

void VectorIndex::compact() {
  const auto before = snapshot();
  if (before->parts().empty()) return;
  auto rows = gather(before->parts());
  if (rows->size() >= options_.graph_from) rows->build_graph(options_);
  const auto live = rows->size();

  const std::lock_guard lock(writing_);
  const auto now = snapshot();
  std::vector<VectorPart> parts;
  parts.push_back({std::move(rows), nullptr, live});
  mark_deleted(parts, gone_since<&VectorPart::rows>(before->parts(), now->parts()));
  append_new<&VectorPart::rows>(before->parts(), now->parts(), parts);
  publish(std::move(parts));
}

}  // namespace zk::search
