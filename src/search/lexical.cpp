#include "search/lexical.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/check.hpp"

namespace zk::search {
namespace {

constexpr std::uint32_t kWindow = 4096;  // documents scored together
constexpr std::size_t kMaxTerms = 256;   // 256 × 65535 × 255 fits 32 bits
constexpr std::uint32_t kMostWeight = 65535;
constexpr std::uint32_t kMergeAtOnce = 4096;  // documents; larger merges wait for compact()
constexpr std::size_t kManyParts = 12;

// A query term with its weight × idf as an integer: sums are exact whatever their order, so skipping cannot
// change a result.
struct WeightedTerm {
  TermId term;
  std::uint32_t weight;
};

struct Candidate {
  std::uint32_t score;
  std::uint64_t key;
  bool better_than(const Candidate& o) const { return score != o.score ? score > o.score : key < o.key; }
};

class TopK {
 public:
  explicit TopK(std::size_t k) : k_(k) {}
  // A document scoring less cannot enter; one scoring the same may, by its key.
  std::uint32_t threshold() const { return heap_.size() < k_ ? 1 : heap_.front().score; }
  void offer(const Candidate& c) {
    if (heap_.size() == k_) {
      if (!c.better_than(heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), worst_first);
      heap_.back() = c;
    } else {
      heap_.push_back(c);
    }
    std::push_heap(heap_.begin(), heap_.end(), worst_first);
  }
  std::vector<Candidate> take() {
    std::sort(heap_.begin(), heap_.end(), worst_first);
    return std::move(heap_);
  }

 private:
  static bool worst_first(const Candidate& a, const Candidate& b) { return a.better_than(b); }
  const std::size_t k_;
  std::vector<Candidate> heap_;
};

// One term's postings in one segment, moving forward.
class Cursor {
 public:
  Cursor(const Postings& postings, std::uint32_t weight) : postings_(postings), weight_(weight) {}

  // The most the term adds to any document of [low, high). Moves to the first block that reaches low.
  std::uint32_t bound(std::uint32_t low, std::uint32_t high) {
    while (block_ < postings_.blocks() && last(block_) < low) ++block_;
    if (postings_.blocks() == 1 && block_ == 0) {
      decode();
      if (documents_[n_ - 1] < low || documents_[0] >= high) return 0;
      return postings_.max_impact() * weight_;
    }
    std::uint32_t most = 0;
    for (std::uint32_t b = block_; b < postings_.blocks(); ++b) {
      if (b > block_ && last(b - 1) + 1 >= high) break;
      most = std::max<std::uint32_t>(most, postings_.max_impact(b));
    }
    return most * weight_;
  }

  void accumulate(std::uint32_t low, std::uint32_t high, std::uint32_t* scores, std::uint64_t* touched) {
    for (std::uint32_t b = block_; b < postings_.blocks(); ++b) {
      block_ = b;
      decode();
      std::uint32_t i = 0;
      while (i < n_ && documents_[i] < low) ++i;
      for (; i < n_ && documents_[i] < high; ++i) {
        const std::uint32_t at = documents_[i] - low;
        scores[at] += weight_ * impacts_[i];
        touched[at >> 6] |= std::uint64_t{1} << (at & 63);
      }
      if (i < n_) return;
    }
  }

  // What the term adds to this document; documents must be asked for in ascending order.
  std::uint32_t score(std::uint32_t document) {
    while (block_ < postings_.blocks() && last(block_) < document) ++block_;
    if (block_ == postings_.blocks()) return 0;
    decode();
    const auto* it = std::lower_bound(documents_, documents_ + n_, document);
    return it == documents_ + n_ || *it != document ? 0 : weight_ * impacts_[it - documents_];
  }

 private:
  std::uint32_t last(std::uint32_t block) const {
    return postings_.blocks() == 1 ? ~0u : postings_.last_document(block);
  }
  void decode() {
    if (decoded_ == block_) return;
    n_ = postings_.decode(block_, documents_, impacts_);
    decoded_ = block_;
  }

  const Postings postings_;
  const std::uint32_t weight_;
  std::uint32_t block_ = 0, decoded_ = ~0u, n_ = 0;
  const std::uint8_t* impacts_ = nullptr;
  std::uint32_t documents_[kBlock];
};

class SegmentSearch {
 public:
  SegmentSearch(const SegmentPart& part, std::span<const WeightedTerm> terms, TopK& top)
      : part_(part), top_(top) {
    cursors_.reserve(terms.size());
    for (const auto& t : terms)
      if (const auto postings = part.segment->postings(t.term); postings.count() > 0)
        cursors_.emplace_back(postings, t.weight);
    order_.resize(cursors_.size());
  }

  void run() {
    const std::uint32_t documents = part_.segment->size();
    for (std::uint32_t low = 0; low < documents; low += kWindow)
      window(low, std::min(documents, low + kWindow));
  }

 private:
  struct Bounded {
    std::uint32_t bound;
    Cursor* cursor;
  };

  void window(std::uint32_t low, std::uint32_t high) {
    for (std::size_t i = 0; i < cursors_.size(); ++i)
      order_[i] = {cursors_[i].bound(low, high), &cursors_[i]};
    std::sort(order_.begin(), order_.end(), [](const auto& a, const auto& b) { return a.bound < b.bound; });
    // Documents that hold only the weakest terms, whose bounds together stay below the threshold, cannot
    // enter.
    std::uint32_t below = 0;
    std::size_t weak = 0;
    while (weak < order_.size() && below + order_[weak].bound < top_.threshold())
      below += order_[weak++].bound;
    if (weak == order_.size()) return;
    for (std::size_t i = weak; i < order_.size(); ++i)
      if (order_[i].bound) order_[i].cursor->accumulate(low, high, scores_, touched_);
    for (std::uint32_t word = 0; word < (high - low + 63) / 64; ++word) {
      for (std::uint64_t bits = touched_[word]; bits; bits &= bits - 1) {
        const std::uint32_t at = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
        consider(low + at, scores_[at], weak, below);
        scores_[at] = 0;
      }
      touched_[word] = 0;
    }
  }

  void consider(std::uint32_t document, std::uint32_t score, std::size_t weak, std::uint32_t below) {
    for (std::size_t i = weak; i-- > 0;) {
      if (score + below < top_.threshold()) return;
      below -= order_[i].bound;
      if (order_[i].bound) score += order_[i].cursor->score(document);
    }
    if (score < top_.threshold() || is_deleted(part_.deleted, document)) return;
    top_.offer({score, part_.segment->key(document)});
  }

  const SegmentPart& part_;
  TopK& top_;
  std::vector<Cursor> cursors_;
  std::vector<Bounded> order_;
  std::uint32_t scores_[kWindow] = {};
  std::uint64_t touched_[kWindow / 64] = {};
};

}  // namespace

float LexicalSnapshot::idf(TermId term) const {
  double n = 0, df = 0;
  for (const auto& p : parts_) {
    n += p.segment->size();
    df += p.segment->postings(term).count();
  }
  return static_cast<float>(std::log(1 + (n - df + 0.5) / (df + 0.5)));
}

float LexicalSnapshot::highest_score(std::span<const QueryTerm> query) const {
  double sum = 0;
  for (const auto& q : query) sum += static_cast<double>(q.weight) * idf(q.term);
  return static_cast<float>(sum);
}

std::vector<Hit> LexicalSnapshot::search(std::span<const QueryTerm> query, std::size_t k) const {
  std::unordered_map<TermId, float> weights;
  for (const auto& q : query) weights[q.term] += q.weight;
  std::vector<QueryTerm> terms;
  for (const auto& [term, weight] : weights)
    if (const float w = weight * idf(term); w > 0) terms.push_back({term, w});
  if (terms.empty() || k == 0) return {};
  std::sort(terms.begin(), terms.end(), [](const auto& a, const auto& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.term < b.term;
  });
  terms.resize(std::min(terms.size(), kMaxTerms));
  const float scale = terms.front().weight / static_cast<float>(kMostWeight);
  std::vector<WeightedTerm> weighted;
  for (const auto& t : terms) {
    const auto w = static_cast<std::uint32_t>(std::lround(t.weight / scale));
    if (w > 0) weighted.push_back({t.term, std::min(w, kMostWeight)});
  }
  TopK top(k);
  for (const auto& part : parts_) std::make_unique<SegmentSearch>(part, weighted, top)->run();
  std::vector<Hit> hits;
  for (const auto& c : top.take()) hits.push_back({c.key, static_cast<float>(c.score) * scale / 255});
  return hits;
}

std::size_t LexicalSnapshot::documents() const {
  std::size_t n = 0;
  for (const auto& p : parts_) n += p.live;
  return n;
}

std::size_t LexicalSnapshot::memory_bytes() const {
  std::size_t n = 0;
  for (const auto& p : parts_) n += p.segment->memory_bytes() + (p.deleted ? p.deleted->size() * 8 : 0);
  return n;
}

LexicalIndex::LexicalIndex(Schema schema)
    : schema_(std::move(schema)), snapshot_(std::make_shared<LexicalSnapshot>()) {
  ZK_CHECK(!schema_.fields.empty());
}

std::shared_ptr<const LexicalSnapshot> LexicalIndex::snapshot() const {
  const std::lock_guard lock(publishing_);
  return snapshot_;
}

std::vector<SegmentPart> LexicalIndex::current() const {
  const auto now = snapshot();
  return {now->parts().begin(), now->parts().end()};
}

void LexicalIndex::publish(std::vector<SegmentPart> parts) {
  std::erase_if(parts, [](const auto& p) { return p.live == 0; });
  auto next = std::make_shared<const LexicalSnapshot>(std::move(parts));
  const std::lock_guard lock(publishing_);
  snapshot_.swap(next);
}

void LexicalIndex::mark_deleted(std::vector<SegmentPart>& parts, std::span<const std::uint64_t> keys) {
  for (auto& part : parts) part.live -= add_deleted(part.deleted, *part.segment, part.segment->size(), keys);
}

void LexicalIndex::put(std::span<const Document> documents) {
  if (documents.empty()) return;
  SegmentBuilder builder(schema_);
  std::unordered_set<std::uint64_t> seen;
  std::vector<const Document*> kept;
  for (std::size_t i = documents.size(); i-- > 0;)
    if (seen.insert(documents[i].key).second) kept.push_back(&documents[i]);
  std::reverse(kept.begin(), kept.end());
  for (const auto* d : kept) builder.add(*d);
  SegmentPart added{builder.build(), nullptr, static_cast<std::uint32_t>(kept.size())};

  const std::lock_guard lock(writing_);
  auto parts = current();
  mark_deleted(parts, std::vector(seen.begin(), seen.end()));
  parts.push_back(std::move(added));
  // Like a binary counter: a small part is merged with the one before it while that is no more than twice its
  // size.
  while (parts.size() > 1 && parts[parts.size() - 2].segment->size() <= 2 * parts.back().segment->size() &&
         parts[parts.size() - 2].live + parts.back().live <= kMergeAtOnce) {
    const auto last_two = std::span(parts).last(2);
    SegmentPart both{merge(last_two), nullptr, last_two[0].live + last_two[1].live};
    parts.resize(parts.size() - 2);
    parts.push_back(std::move(both));
  }
  publish(std::move(parts));
}

void LexicalIndex::erase(std::span<const std::uint64_t> keys) {
  const std::lock_guard lock(writing_);
  auto parts = current();
  mark_deleted(parts, keys);
  publish(std::move(parts));
}

void LexicalIndex::load(std::vector<std::shared_ptr<const Segment>> segments) {
  const std::lock_guard lock(writing_);
  auto parts = current();
  for (auto& s : segments) {
    const auto live = s->size();
    parts.push_back({std::move(s), nullptr, live});
  }
  publish(std::move(parts));
}

bool LexicalIndex::compact_due() const {
  const auto now = snapshot();
  std::size_t all = 0;
  for (const auto& p : now->parts()) all += p.segment->size();
  return now->parts().size() > kManyParts || (all - now->documents()) * 10 > all;
}

void LexicalIndex::compact() {
  const auto before = snapshot();
  if (before->parts().empty()) return;
  SegmentPart merged{merge(before->parts()), nullptr, static_cast<std::uint32_t>(before->documents())};

  const std::lock_guard lock(writing_);
  const auto now = snapshot();
  std::vector<SegmentPart> parts;
  parts.push_back(std::move(merged));
  mark_deleted(parts, gone_since<&SegmentPart::segment>(before->parts(), now->parts()));
  append_new<&SegmentPart::segment>(before->parts(), now->parts(), parts);
  publish(std::move(parts));
}

}  // namespace zk::search
