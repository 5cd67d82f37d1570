#include "search/segment.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/check.hpp"

namespace zk::search {
namespace {

// A list of more than kBlock postings begins with one header a block: last document (4), offset of the block
// from the end of the headers (4), bits a gap (1), largest impact (1). A shorter list begins with its bits a
// gap. Then, block by block: gaps to the previous document less one, bit-packed, padded to whole bytes;
// impacts, a byte each.
constexpr std::size_t kHeader = 10;
constexpr std::size_t kPadding = 8;  // unpack() reads 8 bytes at a time
constexpr int kFirstBits = 12;

std::uint64_t load64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

std::uint32_t load32(const std::uint8_t* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  return v;
}

void unpack(const std::uint8_t* in, unsigned bits, std::uint32_t n, std::uint32_t previous,
            std::uint32_t* out) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < n; ++i, at += bits) {
    previous += 1 + static_cast<std::uint32_t>(load64(in + (at >> 3)) >> (at & 7) & mask);
    out[i] = previous;
  }
}

void pack(std::span<const std::uint32_t> gaps, unsigned bits, std::vector<std::uint8_t>& out) {
  std::uint64_t buffer = 0;
  unsigned held = 0;
  for (const auto gap : gaps) {
    buffer |= static_cast<std::uint64_t>(gap) << held;
    for (held += bits; held >= 8; held -= 8, buffer >>= 8) out.push_back(static_cast<std::uint8_t>(buffer));
  }
  if (held) out.push_back(static_cast<std::uint8_t>(buffer));
}

std::size_t packed_bytes(std::uint32_t n, unsigned bits) {
  return (static_cast<std::size_t>(n) * bits + 7) / 8;
}

}  // namespace

// MurmurHash64A (Appleby 2008).
TermId term_id(std::string_view term) {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995ull;
  std::uint64_t h = 0x5a4b1d7e ^ (term.size() * m);
  const auto* p = reinterpret_cast<const std::uint8_t*>(term.data());
  const auto mix = [&](std::uint64_t k) {
    k *= m;
    k ^= k >> 47;
    return k * m;
  };
  std::size_t left = term.size();
  for (; left >= 8; left -= 8, p += 8) h = (h ^ mix(load64(p))) * m;
  if (left) {
    std::uint64_t k = 0;
    std::memcpy(&k, p, left);
    h = (h ^ k) * m;
  }
  h ^= h >> 47;
  h *= m;
  return h ^ (h >> 47);
}

std::uint32_t Postings::last_document(std::uint32_t block) const { return load32(data_ + block * kHeader); }

std::uint8_t Postings::max_impact(std::uint32_t block) const {
  return blocks() == 1 ? max_impact_ : data_[block * kHeader + 9];
}

std::uint32_t Postings::decode(std::uint32_t block, std::uint32_t* documents,
                               const std::uint8_t*& impacts) const {
  const std::uint32_t n = std::min(kBlock, count_ - block * kBlock);
  if (blocks() == 1) {
    unpack(data_ + 1, data_[0], n, ~0u, documents);
    impacts = data_ + 1 + packed_bytes(n, data_[0]);
    return n;
  }
  const auto* header = data_ + block * kHeader;
  const auto* body = data_ + blocks() * kHeader + load32(header + 4);
  unpack(body, header[8], n, block ? last_document(block - 1) : ~0u, documents);
  impacts = body + packed_bytes(n, header[8]);
  return n;
}

Postings Segment::at(std::size_t term) const {
  Postings p;
  p.data_ = bytes_.data() + offsets_[term];
  p.count_ = counts_[term];
  p.max_impact_ = max_impacts_[term];
  return p;
}

Postings Segment::postings(TermId term) const {
  const auto bucket = term >> (64 - kFirstBits);
  const auto begin = terms_.begin() + first_[bucket], end = terms_.begin() + first_[bucket + 1];
  const auto it = std::lower_bound(begin, end, term);
  return it == end || *it != term ? Postings{} : at(static_cast<std::size_t>(it - terms_.begin()));
}

std::int64_t Segment::find(std::uint64_t key) const {
  const auto it =
      std::lower_bound(by_key_.begin(), by_key_.end(), key, [&](auto d, auto k) { return keys_[d] < k; });
  return it == by_key_.end() || keys_[*it] != key ? -1 : static_cast<std::int64_t>(*it);
}

std::size_t Segment::memory_bytes() const {
  return bytes_.capacity() + keys_.capacity() * 8 + by_key_.capacity() * 4 + terms_.capacity() * 8 +
         first_.capacity() * 4 + offsets_.capacity() * 8 + counts_.capacity() * 4 + max_impacts_.capacity();
}

// Takes the terms in ascending order, each with its postings.
class SegmentWriter {
 public:
  explicit SegmentWriter(std::vector<std::uint64_t> keys) : segment_(std::make_shared<Segment>()) {
    segment_->keys_ = std::move(keys);
  }

  void add(TermId term, std::span<const std::uint32_t> documents, std::span<const std::uint8_t> impacts) {
    auto& s = *segment_;
    s.terms_.push_back(term);
    s.offsets_.push_back(s.bytes_.size());
    s.counts_.push_back(static_cast<std::uint32_t>(documents.size()));
    s.max_impacts_.push_back(*std::max_element(impacts.begin(), impacts.end()));
    const std::size_t blocks = (documents.size() + kBlock - 1) / kBlock;
    const std::size_t headers = s.bytes_.size();
    const std::size_t header_bytes = blocks > 1 ? blocks * kHeader : 1;
    s.bytes_.resize(headers + header_bytes);
    std::uint32_t previous = ~0u;
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::size_t from = b * kBlock, n = std::min<std::size_t>(kBlock, documents.size() - from);
      std::uint32_t gaps[kBlock], widest = 0;
      for (std::size_t i = 0; i < n; ++i) {
        gaps[i] = documents[from + i] - previous - 1;
        widest |= gaps[i];
        previous = documents[from + i];
      }
      const auto bits = static_cast<std::uint8_t>(std::bit_width(widest));
      const auto offset = static_cast<std::uint32_t>(s.bytes_.size() - headers - header_bytes);
      pack(std::span(gaps, n), bits, s.bytes_);
      const auto block_impacts = impacts.subspan(from, n);
      s.bytes_.insert(s.bytes_.end(), block_impacts.begin(), block_impacts.end());
      if (blocks == 1) {
        s.bytes_[headers] = bits;
        continue;
      }
      auto* header = s.bytes_.data() + headers + b * kHeader;
      std::memcpy(header, &previous, 4);
      std::memcpy(header + 4, &offset, 4);
      header[8] = bits;
      header[9] = *std::max_element(block_impacts.begin(), block_impacts.end());
    }
  }

  std::shared_ptr<const Segment> finish() {
    auto& s = *segment_;
    s.bytes_.resize(s.bytes_.size() + kPadding);
    s.first_.assign((std::size_t{1} << kFirstBits) + 1, 0);
    for (const auto t : s.terms_) ++s.first_[(t >> (64 - kFirstBits)) + 1];
    std::partial_sum(s.first_.begin(), s.first_.end(), s.first_.begin());
    s.by_key_.resize(s.keys_.size());
    std::iota(s.by_key_.begin(), s.by_key_.end(), 0u);
    std::sort(s.by_key_.begin(), s.by_key_.end(), [&](auto a, auto b) { return s.keys_[a] < s.keys_[b]; });
    s.bytes_.shrink_to_fit();
    s.terms_.shrink_to_fit();
    s.offsets_.shrink_to_fit();
    s.counts_.shrink_to_fit();
    s.max_impacts_.shrink_to_fit();
    return std::move(segment_);
  }

 private:
  std::shared_ptr<Segment> segment_;
};

void SegmentBuilder::add(const Document& document) {
  ZK_CHECK(document.fields.size() <= schema_.fields.size());
  counts_.clear();
  for (std::size_t f = 0; f < document.fields.size(); ++f) {
    const auto& field = schema_.fields[f];
    const auto length = static_cast<float>(document.fields[f].size());
    const float each = field.weight / (1 - field.b + field.b * length / field.typical_length);
    for (const auto term : document.fields[f]) counts_.push_back({term, each});
  }
  std::sort(counts_.begin(), counts_.end(), [](const auto& a, const auto& b) { return a.term < b.term; });
  const auto number = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back(document.key);
  for (std::size_t i = 0; i < counts_.size();) {
    const auto term = counts_[i].term;
    float frequency = 0;
    for (; i < counts_.size() && counts_[i].term == term; ++i) frequency += counts_[i].frequency;
    const float impact = 255 * frequency / (schema_.k1 + frequency);
    entries_.push_back({term, number, static_cast<std::uint8_t>(std::clamp(std::lround(impact), 1l, 255l))});
  }
}

std::shared_ptr<const Segment> SegmentBuilder::build() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.term != b.term ? a.term < b.term : a.document < b.document;
  });
  SegmentWriter writer(std::move(keys_));
  std::vector<std::uint32_t> documents;
  std::vector<std::uint8_t> impacts;
  for (std::size_t i = 0; i < entries_.size();) {
    const auto term = entries_[i].term;
    documents.clear();
    impacts.clear();
    for (; i < entries_.size() && entries_[i].term == term; ++i) {
      documents.push_back(entries_[i].document);
      impacts.push_back(entries_[i].impact);
    }
    writer.add(term, documents, impacts);
  }
  entries_.clear();
  keys_.clear();
  return writer.finish();
}

// Walks the terms of several segments in step.
class Merger {
 public:
  explicit Merger(std::span<const SegmentPart> parts)
      : parts_(parts), at_(parts.size(), 0), number_(parts.size()) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const auto& segment = *parts[p].segment;
      number_[p].resize(segment.size());
      for (std::uint32_t d = 0; d < segment.size(); ++d) {
        number_[p][d] = static_cast<std::uint32_t>(keys_.size());
        if (!is_deleted(parts[p].deleted, d)) keys_.push_back(segment.key(d));
      }
    }
  }

  std::shared_ptr<const Segment> run() {
    SegmentWriter writer(std::move(keys_));
    for (;;) {
      bool any = false;
      TermId term = 0;
      for (std::size_t p = 0; p < parts_.size(); ++p) {
        const auto& terms = parts_[p].segment->terms_;
        if (at_[p] == terms.size() || (any && terms[at_[p]] >= term)) continue;
        term = terms[at_[p]];
        any = true;
      }
      if (!any) return writer.finish();
      documents_.clear();
      impacts_.clear();
      for (std::size_t p = 0; p < parts_.size(); ++p) {
        const auto& terms = parts_[p].segment->terms_;
        if (at_[p] < terms.size() && terms[at_[p]] == term) take(p, parts_[p].segment->at(at_[p]++));
      }
      if (!documents_.empty()) writer.add(term, documents_, impacts_);
    }
  }

 private:
  void take(std::size_t part, const Postings& postings) {
    std::uint32_t documents[kBlock];
    const std::uint8_t* impacts = nullptr;
    for (std::uint32_t b = 0; b < postings.blocks(); ++b) {
      const std::uint32_t n = postings.decode(b, documents, impacts);
      for (std::uint32_t i = 0; i < n; ++i) {
        if (is_deleted(parts_[part].deleted, documents[i])) continue;
        documents_.push_back(number_[part][documents[i]]);
        impacts_.push_back(impacts[i]);
      }
    }
  }

  const std::span<const SegmentPart> parts_;
  std::vector<std::size_t> at_;
  std::vector<std::vector<std::uint32_t>> number_;  // new number of each document
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> documents_;
  std::vector<std::uint8_t> impacts_;
};

std::shared_ptr<const Segment> merge(std::span<const SegmentPart> parts) { return Merger(parts).run(); }

}  // namespace zk::search
