// Lexical retrieval: BM25F over terms that the caller makes (analyze.hpp), so it knows nothing of languages.
//
// LexicalIndex is what the owner keeps: writes go through it one at a time and cost the size of the change;
// readers take snapshots, which never change. Large merges are left to compact(), called by the owner from a
// background thread; searches and writes go on meanwhile.
//
//   LexicalIndex index(schema);
//   index.put(documents);                             // new or replaced, by key
//   auto hits = index.snapshot()->search(query, 10);  // from any thread
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "search/segment.hpp"

namespace zk::search {

struct QueryTerm {
  TermId term = 0;
  float weight = 1;  // ≥ 0
};

struct Hit {
  std::uint64_t key = 0;
  float score = 0;
  friend bool operator==(const Hit&, const Hit&) = default;
};

class LexicalSnapshot {
 public:
  LexicalSnapshot() = default;
  explicit LexicalSnapshot(std::vector<SegmentPart> parts) : parts_(std::move(parts)) {}

  // The k documents of highest score, best first; equal scores by ascending key. Score: sum over the query's
  // terms of weight × idf × tf / (k1 + tf), each term at most weight × idf. Exact: skipping (block-max
  // MaxScore, Ding and Suel 2011; Turtle and Flood 1995) gives what scoring every document gives. Weights of
  // a repeated term add up; terms beyond the 256 rarest are left out. O(postings of the terms), microseconds
  // to a few milliseconds at a million documents.
  std::vector<Hit> search(std::span<const QueryTerm> query, std::size_t k) const;

  // ln(1 + (N − df + ½) / (df + ½)); N and df count deleted documents until their segment is merged.
  float idf(TermId term) const;
  // The most a document could score: what `search` scores are a share of.
  float highest_score(std::span<const QueryTerm> query) const;

  std::size_t documents() const;  // live ones
  std::size_t memory_bytes() const;
  std::span<const SegmentPart> parts() const { return parts_; }

 private:
  std::vector<SegmentPart> parts_;
};

class LexicalIndex {
 public:
  explicit LexicalIndex(Schema schema);

  // Adds or replaces; the last of equal keys wins. Searchable on return.
  void put(std::span<const Document> documents);
  void erase(std::span<const std::uint64_t> keys);  // unknown keys are nothing to do
  std::shared_ptr<const LexicalSnapshot> snapshot() const;

  // Adds many documents at once to what is there, keys not yet in the index; several times faster than put().
  void load(std::vector<std::shared_ptr<const Segment>> segments);
  const Schema& schema() const { return schema_; }

  // Whether a tenth of the documents is deleted or the parts are many: then compact() pays.
  bool compact_due() const;
  // Merges everything into one segment. Takes seconds at a million documents; call from one background
  // thread.
  void compact();

 private:
  std::vector<SegmentPart> current() const;
  void publish(std::vector<SegmentPart> parts);
  static void mark_deleted(std::vector<SegmentPart>& parts, std::span<const std::uint64_t> keys);

  const Schema schema_;
  std::mutex writing_;
  mutable std::mutex publishing_;  // held for a pointer's copy only
  std::shared_ptr<const LexicalSnapshot> snapshot_;
};

}  // namespace zk::search
