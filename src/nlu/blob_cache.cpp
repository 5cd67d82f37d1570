#include "nlu/blob_cache.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.hpp"
#include "base/log.hpp"

namespace zk::nlu {
namespace {

// File: a header of 64 bytes (magic, owner, CRC-32), then records: key (16), length (4), bytes, CRC-32 of all
// before (4). Little endian.
constexpr char kMagic[8] = {'Z', 'K', 'B', 'L', 'O', 'B', '0', '1'};
constexpr std::size_t kHeaderBytes = 64, kFrame = 24, kBeforeBytes = 20;

std::uint32_t checksum(const char* data, std::size_t n) {
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(data), static_cast<uInt>(n)));
}

bool write_all(int fd, const char* data, std::size_t n, std::uint64_t at) {
  while (n > 0) {
    const ssize_t done = pwrite(fd, data, n, static_cast<off_t>(at));
    if (done <= 0) return false;
    data += done;
    n -= static_cast<std::size_t>(done);
    at += static_cast<std::uint64_t>(done);
  }
  return true;
}

bool read_all(int fd, char* data, std::size_t n, std::uint64_t at) {
  return pread(fd, data, n, static_cast<off_t>(at)) == static_cast<ssize_t>(n);
}

std::string record_of(const TextKey& key, std::string_view bytes) {
  std::string record(bytes.size() + kFrame, '\0');
  const auto length = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(record.data(), &key, sizeof key);
  std::memcpy(record.data() + sizeof key, &length, 4);
  std::memcpy(record.data() + kBeforeBytes, bytes.data(), bytes.size());
  const auto sum = checksum(record.data(), record.size() - 4);
  std::memcpy(record.data() + record.size() - 4, &sum, 4);
  return record;
}

bool sound(std::string_view record) {
  std::uint32_t sum = 0;
  std::memcpy(&sum, record.data() + record.size() - 4, 4);
  return sum == checksum(record.data(), record.size() - 4);
}

}  // namespace

TextKey text_key(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  ZK_CHECK(EVP_Digest(text.data(), text.size(), digest, &n, EVP_sha256(), nullptr) == 1);
  TextKey k;
  std::memcpy(&k, digest, sizeof k);
  return k;
}

BlobCache::BlobCache(std::filesystem::path file, std::string_view owner, std::size_t most)
    : file_(std::move(file)), owner_(text_key(owner)), most_(most) {}

BlobCache::~BlobCache() {
  if (fd_ >= 0) close(fd_);
}

Result<std::shared_ptr<BlobCache>> BlobCache::open(const std::filesystem::path& file, std::string_view owner,
                                                   std::size_t most) {
  ZK_CHECK(most >= 2);
  std::shared_ptr<BlobCache> cache(new BlobCache(file, owner, most));
  ZK_TRY_STATUS(cache->load());
  return cache;
}

Status BlobCache::write_header(int fd) const {
  char header[kHeaderBytes] = {};
  std::memcpy(header, kMagic, sizeof kMagic);
  std::memcpy(header + 16, &owner_, sizeof owner_);
  const auto sum = checksum(header, kHeaderBytes - 4);
  std::memcpy(header + kHeaderBytes - 4, &sum, 4);
  if (!write_all(fd, header, kHeaderBytes, 0))
    return fail(ErrorCode::kUnavailable, "cache " + file_.string() + " cannot be written", {},
                std::strerror(errno));
  return {};
}

Status BlobCache::load() {
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0)
    return fail(ErrorCode::kUnavailable, "cache " + file_.string() + " cannot be opened", {},
                std::strerror(errno));
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::kConflict, "cache " + file_.string() + " is in use by another process");
  struct stat st {};
  fstat(fd_, &st);
  const std::string name = file_.filename().string();
  char header[kHeaderBytes] = {};
  end_ = kHeaderBytes;
  if (!read_all(fd_, header, kHeaderBytes, 0) || std::memcmp(header, kMagic, sizeof kMagic) != 0 ||
      !sound({header, kHeaderBytes}) || std::memcmp(header + 16, &owner_, sizeof owner_) != 0) {
    if (st.st_size > 0) log::info("nlu", "cache started afresh file={}", name);
    if (ftruncate(fd_, 0) != 0)
      return fail(ErrorCode::kUnavailable, "cache " + file_.string() + " cannot be written", {},
                  std::strerror(errno));
    return write_header(fd_);
  }
  const auto size = static_cast<std::uint64_t>(st.st_size);
  ZK_TRY_STATUS(read_records(size));
  if (end_ == size) return {};
  log::warn("nlu", "cache tail cut file={} bytes={}", name, size - end_);
  if (ftruncate(fd_, static_cast<off_t>(end_)) != 0)
    return fail(ErrorCode::kUnavailable, "cache " + file_.string() + " cannot be written", {},
                std::strerror(errno));
  return {};
}

// Up to the first record that is not whole; read by the megabyte.
Status BlobCache::read_records(std::uint64_t size) {
  std::string block;
  std::uint64_t block_at = 0;
  const auto have = [&](std::uint64_t at, std::size_t n) {  // bytes [at, at + n) in `block`
    if (at >= block_at && at + n <= block_at + block.size()) return true;
    if (at + n > size) return false;
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - at, std::max(n, kMostBytes))));
    block_at = at;
    return read_all(fd_, block.data(), block.size(), at);
  };
  while (slots_.size() < most_ && have(end_, kFrame)) {
    std::uint32_t length = 0;
    std::memcpy(&length, block.data() + (end_ - block_at) + sizeof(TextKey), 4);
    if (length > kMostBytes || !have(end_, length + kFrame)) break;
    const std::string_view record(block.data() + (end_ - block_at), length + kFrame);
    if (!sound(record)) break;
    TextKey key;
    std::memcpy(&key, record.data(), sizeof key);
    slots_.insert_or_assign(key, Slot{end_, length, false});
    end_ += record.size();
  }
  return {};
}

std::optional<std::string> BlobCache::find(const TextKey& key) {
  const std::lock_guard lock(mutex_);
  const auto it = slots_.find(key);
  if (it == slots_.end()) return std::nullopt;
  it->second.used = true;
  std::string record(it->second.bytes + kFrame, '\0');
  if (!read_all(fd_, record.data(), record.size(), it->second.at) || !sound(record)) {  // damaged under us
    slots_.erase(it);
    return std::nullopt;
  }
  return record.substr(kBeforeBytes, it->second.bytes);
}

// Rewrites the file with half of what it may hold: what was used since the last time, then the newest.
bool BlobCache::cut_down() {
  std::vector<std::pair<TextKey, Slot>> all(slots_.begin(), slots_.end());
  std::sort(all.begin(), all.end(), [](const auto& x, const auto& y) {
    return x.second.used != y.second.used ? x.second.used : x.second.at > y.second.at;
  });
  all.resize(std::min(all.size(), most_ / 2));
  auto next = file_;
  next += ".new";
  const int fd = ::open(next.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  std::unordered_map<TextKey, Slot, TextKeyHash> slots;
  std::uint64_t end = kHeaderBytes;
  bool ok = flock(fd, LOCK_EX | LOCK_NB) == 0 && write_header(fd).has_value();
  std::string record;
  for (const auto& [key, slot] : all) {
    if (!ok) break;
    record.resize(slot.bytes + kFrame);
    ok = read_all(fd_, record.data(), record.size(), slot.at) &&
         write_all(fd, record.data(), record.size(), end);
    slots.emplace(key, Slot{end, slot.bytes, false});
    end += record.size();
  }
  if (!ok || rename(next.c_str(), file_.c_str()) != 0) {
    close(fd);
    unlink(next.c_str());
    return false;
  }
  close(fd_);
  fd_ = fd;
  end_ = end;
  slots_ = std::move(slots);
  return true;
}

bool BlobCache::put(const TextKey& key, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes.size() > kMostBytes) return false;
  if (slots_.contains(key)) return true;
  if (slots_.size() >= most_ && !cut_down()) return false;
  const auto record = record_of(key, bytes);
  if (!write_all(fd_, record.data(), record.size(), end_)) return false;
  slots_.emplace(key, Slot{end_, static_cast<std::uint32_t>(bytes.size()), true});
  end_ += record.size();
  return true;
}

std::size_t BlobCache::size() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

}  // namespace zk::nlu
