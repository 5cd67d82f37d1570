// An immutable piece of an inverted index: for every term the documents that hold it, each with one byte of
// impact.
//
// The impact is BM25F's saturated, length-normalised, field-weighted term frequency (Robertson and Zaragoza
// 2009), computed when the document is added. Field lengths are compared with a fixed typical length, not
// with a running average: a document's impacts depend on the document alone, so an index changed a thousand
// times scores like one built afresh. Thread-safety: a Segment never changes; a SegmentBuilder belongs to one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "search/parts.hpp"

namespace zk::search {

// 64-bit hash of a term's bytes; terms themselves are not stored. Among 10 million terms two meet with
// probability 3e-6.
using TermId = std::uint64_t;
TermId term_id(std::string_view term);

struct Field {
  float weight = 1;           // > 0
  float b = 0.75f;            // 0 … 1: how much length matters
  float typical_length = 12;  // terms; a field of this length is neither favoured nor punished
};

struct Schema {
  std::vector<Field> fields;
  float k1 = 1.2f;
};

struct Document {
  std::uint64_t key = 0;                    // the owner's; unique within an index
  std::vector<std::vector<TermId>> fields;  // as in the schema; repeated terms count
};

constexpr std::uint32_t kBlock = 128;  // postings a block

// One term's postings within a segment, in blocks of kBlock; document numbers ascend.
class Postings {
 public:
  std::uint32_t count() const { return count_; }
  std::uint32_t blocks() const { return (count_ + kBlock - 1) / kBlock; }
  std::uint8_t max_impact() const { return max_impact_; }
  std::uint32_t last_document(std::uint32_t block) const;  // only when blocks() > 1
  std::uint8_t max_impact(std::uint32_t block) const;
  // Writes the block's document numbers (room for kBlock) and points to its impacts; returns how many.
  std::uint32_t decode(std::uint32_t block, std::uint32_t* documents, const std::uint8_t*& impacts) const;

 private:
  friend class Segment;
  const std::uint8_t* data_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint8_t max_impact_ = 0;
};

class Segment {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }  // documents
  std::uint64_t key(std::uint32_t document) const { return keys_[document]; }
  // Number of the document with this key, or -1.
  std::int64_t find(std::uint64_t key) const;
  Postings postings(TermId term) const;  // count() 0 when absent
  std::size_t memory_bytes() const;

 private:
  friend class SegmentWriter;
  friend class Merger;
  Postings at(std::size_t term) const;

  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> by_key_;  // document numbers in the order of their keys
  std::vector<TermId> terms_;          // ascending
  std::vector<std::uint32_t> first_;   // terms_ whose upper bits are i begin at first_[i]
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint8_t> max_impacts_;
  std::vector<std::uint8_t> bytes_;
};

class SegmentBuilder {
 public:
  explicit SegmentBuilder(Schema schema) : schema_(std::move(schema)) {}
  void add(const Document& document);  // fields beyond the schema's are a programmer's error
  std::size_t postings() const { return entries_.size(); }
  std::shared_ptr<const Segment> build();  // empties the builder

 private:
  struct Entry {
    TermId term;
    std::uint32_t document;
    std::uint8_t impact;
  };
  struct Count {
    TermId term;
    float frequency;
  };
  const Schema schema_;
  std::vector<std::uint64_t> keys_;
  std::vector<Entry> entries_;
  std::vector<Count> counts_;  // scratch of add()
};

struct SegmentPart {
  std::shared_ptr<const Segment> segment;
  Deleted deleted;
  std::uint32_t live = 0;  // documents not deleted
};

// One segment with the live documents of all parts, in their order.
std::shared_ptr<const Segment> merge(std::span<const SegmentPart> parts);

}  // namespace zk::search
