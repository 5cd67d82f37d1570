#include "search/archive.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <span>

#include "base/log.hpp"
#include "text/text.hpp"

namespace zk::search {
namespace {

// File: magic, then blocks: sizes (4 × 4 bytes: messages, pairs, numbers, CRC-32 of what follows), ids,
// pairs, begins, numbers.
constexpr char kMagic[8] = {'Z', 'K', 'M', 'S', 'G', '0', '0', '1'};
constexpr std::uint32_t kMostNumbers = 1u << 30;

struct BlockHeader {
  std::uint32_t messages, pairs, numbers, checksum;
};

std::uint64_t pair_of(char32_t a, char32_t b) { return static_cast<std::uint64_t>(a) << 21 | b; }

template <class T>
void append(std::string& out, const std::vector<T>& v) {
  out.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T));
}

template <class T>
void take(const char*& from, std::size_t n, std::vector<T>& out) {
  out.resize(n);
  if (n > 0) std::memcpy(out.data(), from, n * sizeof(T));
  from += n * sizeof(T);
}

std::uint32_t checksum(const std::string& s) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(s.data()), s.size()));
}

Status unwritable(const std::filesystem::path& file) {
  return fail(ErrorCode::kUnavailable,
              "message index " + file.string() + " cannot be written; check space and permissions", {},
              std::strerror(errno));
}

using Bits = std::vector<std::uint64_t>;
constexpr std::size_t kWords = MessageArchive::kBlock / 64;

}  // namespace

std::u32string MessageArchive::fold(std::string_view text) {
  auto s = text::to_u32(text::normalise(text));
  std::erase_if(s, [](char32_t c) { return c <= U' ' || c == 0x3000 || c == 0xFFFD; });
  return s;
}

bool MessageArchive::contains(std::string_view text, std::string_view phrase) {
  const auto p = fold(phrase);
  return !p.empty() && fold(text).find(p) != std::u32string::npos;
}

std::vector<MessageArchive::Pair> MessageArchive::pairs_of(std::u32string_view s) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < s.size(); ++i) pairs.push_back(pair_of(s[i], i + 1 < s.size() ? s[i + 1] : 0));
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

MessageArchive::~MessageArchive() {
  if (fd_ >= 0) close(fd_);
}

Status MessageArchive::add(std::int64_t id, std::string_view text) {
  const auto pairs = pairs_of(fold(text));
  const std::unique_lock lock(mutex_);
  const auto last = !open_ids_.empty() ? open_ids_.back() : blocks_.empty() ? 0 : blocks_.back()->ids.back();
  if (id <= last) return {};
  const auto number = static_cast<std::uint16_t>(open_ids_.size());
  open_ids_.push_back(id);
  for (const auto p : pairs) {
    auto& numbers = open_[p];
    if (numbers.empty())
      open_after_[static_cast<char32_t>(p >> 21)].push_back(static_cast<char32_t>(p & 0x1FFFFF));
    numbers.push_back(number);
  }
  if (open_ids_.size() < kBlock) return {};
  blocks_.push_back(std::make_shared<const Block>(seal(std::move(open_ids_), open_)));
  open_ids_.clear();
  open_.clear();
  open_after_.clear();
  return write_pending();
}

MessageArchive::Block MessageArchive::seal(std::vector<std::int64_t> ids,
                                           const std::unordered_map<Pair, std::vector<std::uint16_t>>& open) {
  Block b;
  b.ids = std::move(ids);
  b.pairs.reserve(open.size());
  for (const auto& [pair, numbers] : open) b.pairs.push_back(pair);
  std::sort(b.pairs.begin(), b.pairs.end());
  b.begins.reserve(open.size() + 1);
  for (const auto p : b.pairs) {
    b.begins.push_back(static_cast<std::uint32_t>(b.numbers.size()));
    const auto& numbers = open.at(p);
    b.numbers.insert(b.numbers.end(), numbers.begin(), numbers.end());
  }
  b.begins.push_back(static_cast<std::uint32_t>(b.numbers.size()));
  b.ids.shrink_to_fit();
  b.numbers.shrink_to_fit();
  return b;
}

namespace {

// Newest first, the ids whose bits are set.
void newest_first(const Bits& bits, std::span<const std::int64_t> ids, std::int64_t before, std::size_t limit,
                  std::vector<std::int64_t>& out) {
  for (std::size_t w = bits.size(); w-- > 0;) {
    for (std::uint64_t word = bits[w]; word && out.size() < limit;) {
      const auto top = static_cast<std::size_t>(63 - std::countl_zero(word));
      word &= ~(std::uint64_t{1} << top);
      const auto id = ids[w * 64 + top];
      if (id < before) out.push_back(id);
    }
  }
}

void set(Bits& bits, std::span<const std::uint16_t> numbers) {
  for (const auto n : numbers) bits[n >> 6] |= std::uint64_t{1} << (n & 63);
}

// Numbers that are in every list, newest first.
void intersect(std::vector<std::span<const std::uint16_t>> lists, std::span<const std::int64_t> ids,
               std::int64_t before, std::size_t limit, std::vector<std::int64_t>& out) {
  std::sort(lists.begin(), lists.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const auto shortest = lists.front();
  for (std::size_t i = shortest.size(); i-- > 0 && out.size() < limit;) {
    const auto n = shortest[i];
    if (ids[n] >= before) continue;
    bool all = true;
    for (std::size_t l = 1; l < lists.size() && all; ++l) {
      // Numbers only descend: what lies above n is never looked at again.
      const auto end = std::upper_bound(lists[l].begin(), lists[l].end(), n);
      lists[l] = lists[l].first(static_cast<std::size_t>(end - lists[l].begin()));
      all = !lists[l].empty() && lists[l].back() == n;
    }
    if (all) out.push_back(ids[n]);
  }
}

}  // namespace

void MessageArchive::find_in(const Block& block, std::u32string_view phrase, std::int64_t before,
                             std::size_t limit, std::vector<std::int64_t>& out) {
  if (block.ids.front() >= before) return;
  const auto numbers = [&](std::size_t pair) {
    return std::span(block.numbers).subspan(block.begins[pair], block.begins[pair + 1] - block.begins[pair]);
  };
  if (phrase.size() == 1) {
    const auto from = std::lower_bound(block.pairs.begin(), block.pairs.end(), pair_of(phrase[0], 0));
    const auto to = std::lower_bound(from, block.pairs.end(), pair_of(phrase[0] + 1, 0));
    if (from == to) return;
    Bits bits(kWords);
    for (auto it = from; it != to; ++it)
      set(bits, numbers(static_cast<std::size_t>(it - block.pairs.begin())));
    return newest_first(bits, block.ids, before, limit, out);
  }
  std::vector<std::span<const std::uint16_t>> lists;
  for (std::size_t i = 0; i + 1 < phrase.size(); ++i) {
    const auto pair = pair_of(phrase[i], phrase[i + 1]);
    const auto it = std::lower_bound(block.pairs.begin(), block.pairs.end(), pair);
    if (it == block.pairs.end() || *it != pair) return;
    lists.push_back(numbers(static_cast<std::size_t>(it - block.pairs.begin())));
  }
  intersect(std::move(lists), block.ids, before, limit, out);
}

void MessageArchive::find_in_open(std::u32string_view phrase, std::int64_t before, std::size_t limit,
                                  std::vector<std::int64_t>& out) const {
  if (phrase.size() == 1) {
    const auto after = open_after_.find(phrase[0]);
    if (after == open_after_.end()) return;
    Bits bits(kWords);
    for (const char32_t next : after->second) set(bits, open_.at(pair_of(phrase[0], next)));
    return newest_first(bits, open_ids_, before, limit, out);
  }
  std::vector<std::span<const std::uint16_t>> lists;
  for (std::size_t i = 0; i + 1 < phrase.size(); ++i) {
    const auto it = open_.find(pair_of(phrase[i], phrase[i + 1]));
    if (it == open_.end()) return;
    lists.emplace_back(it->second);
  }
  intersect(std::move(lists), open_ids_, before, limit, out);
}

std::vector<std::int64_t> MessageArchive::find(std::string_view phrase, std::int64_t before,
                                               std::size_t limit) const {
  const auto folded = fold(phrase);
  std::vector<std::int64_t> out;
  if (folded.empty() || limit == 0) return out;
  std::vector<std::shared_ptr<const Block>> blocks;
  {
    const std::shared_lock lock(mutex_);
    find_in_open(folded, before, limit, out);
    blocks = blocks_;
  }
  for (std::size_t b = blocks.size(); b-- > 0 && out.size() < limit;)
    find_in(*blocks[b], folded, before, limit, out);
  return out;
}

std::int64_t MessageArchive::last_id() const {
  const std::shared_lock lock(mutex_);
  return !open_ids_.empty() ? open_ids_.back() : blocks_.empty() ? 0 : blocks_.back()->ids.back();
}

std::int64_t MessageArchive::watermark() const {
  const std::shared_lock lock(mutex_);
  return written_ ? blocks_[written_ - 1]->ids.back() : 0;
}

std::size_t MessageArchive::messages() const {
  const std::shared_lock lock(mutex_);
  return blocks_.size() * kBlock + open_ids_.size();
}

std::size_t MessageArchive::memory_bytes() const {
  const std::shared_lock lock(mutex_);
  std::size_t n = 0;
  for (const auto& b : blocks_) n += b->ids.size() * 8 + b->pairs.size() * 12 + b->numbers.size() * 2;
  for (const auto& [pair, numbers] : open_) n += numbers.capacity() * 2 + 64;
  return n + open_ids_.capacity() * 8;
}

Status MessageArchive::write_pending() {
  if (fd_ < 0) return {};
  for (; written_ < blocks_.size(); ++written_) {
    const auto& b = *blocks_[written_];
    std::string body;
    append(body, b.ids);
    append(body, b.pairs);
    append(body, b.begins);
    append(body, b.numbers);
    const BlockHeader header{static_cast<std::uint32_t>(b.ids.size()),
                             static_cast<std::uint32_t>(b.pairs.size()),
                             static_cast<std::uint32_t>(b.numbers.size()), checksum(body)};
    body.insert(0, reinterpret_cast<const char*>(&header), sizeof header);
    for (std::size_t done = 0; done < body.size();) {
      const auto n = pwrite(fd_, body.data() + done, body.size() - done, end_ + static_cast<off_t>(done));
      if (n <= 0) return unwritable(file_);
      done += static_cast<std::size_t>(n);
    }
    end_ += static_cast<off_t>(body.size());
  }
  return {};
}

Result<std::unique_ptr<MessageArchive>> MessageArchive::open(const std::filesystem::path& file) {
  auto archive = std::make_unique<MessageArchive>();
  archive->file_ = file;
  ZK_TRY_STATUS(archive->load());
  return archive;
}

namespace {

// The next block of the file, or nothing where it ends, torn or whole. `last` is the id before it.
bool read_body(int fd, off_t at, off_t size, BlockHeader& header, std::string& body) {
  if (pread(fd, &header, sizeof header, at) != static_cast<ssize_t>(sizeof header)) return false;
  if (header.messages != MessageArchive::kBlock || header.pairs > kMostNumbers ||
      header.numbers > kMostNumbers)
    return false;
  const std::size_t bytes =
      header.messages * std::size_t{8} + header.pairs * std::size_t{12} + 4 + header.numbers * std::size_t{2};
  if (at + static_cast<off_t>(sizeof header + bytes) > size) return false;
  body.resize(bytes);
  return pread(fd, body.data(), bytes, at + static_cast<off_t>(sizeof header)) ==
             static_cast<ssize_t>(bytes) &&
         checksum(body) == header.checksum;
}

}  // namespace

Status MessageArchive::load() {
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return unwritable(file_);
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::kConflict, "message index " + file_.string() + " is in use by another process");
  struct stat st {};
  fstat(fd_, &st);
  char magic[sizeof kMagic] = {};
  if (pread(fd_, magic, sizeof magic, 0) != static_cast<ssize_t>(sizeof magic) ||
      std::memcmp(magic, kMagic, sizeof magic) != 0) {
    if (ftruncate(fd_, 0) != 0 ||
        pwrite(fd_, kMagic, sizeof kMagic, 0) != static_cast<ssize_t>(sizeof kMagic))
      return unwritable(file_);
    st.st_size = sizeof kMagic;
  }
  end_ = sizeof kMagic;
  BlockHeader header{};
  std::string body;
  while (read_body(fd_, end_, st.st_size, header, body)) {
    auto block = std::make_shared<Block>();
    const char* from = body.data();
    take(from, header.messages, block->ids);
    take(from, header.pairs, block->pairs);
    take(from, header.pairs + std::size_t{1}, block->begins);
    take(from, header.numbers, block->numbers);
    const bool sound =
        std::is_sorted(block->ids.begin(), block->ids.end()) &&
        block->ids.front() > (blocks_.empty() ? 0 : blocks_.back()->ids.back()) &&
        std::is_sorted(block->begins.begin(), block->begins.end()) &&
        block->begins.back() == header.numbers &&
        std::all_of(block->numbers.begin(), block->numbers.end(), [](auto n) { return n < kBlock; });
    if (!sound) break;
    blocks_.push_back(std::move(block));
    end_ += static_cast<off_t>(sizeof header + body.size());
  }
  written_ = blocks_.size();
  if (end_ < st.st_size) log::warn("search", "message index tail cut bytes={}", st.st_size - end_);
  if (ftruncate(fd_, end_) != 0) return unwritable(file_);
  return {};
}

}  // namespace zk::search
