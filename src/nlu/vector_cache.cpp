#include "nlu/vector_cache.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.hpp"
#include "base/log.hpp"

namespace zk::nlu {
namespace {

// File: a header of 64 bytes, then records of equal size: key (16), coordinates (2 each), CRC-32 of both (4).
// Little endian.
constexpr char kMagic[8] = {'Z', 'K', 'V', 'E', 'C', '0', '0', '1'};
constexpr std::size_t kHeaderBytes = 64;
constexpr float kScale = 32767;

std::uint32_t checksum(const char* data, std::size_t n) {
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(data), static_cast<uInt>(n)));
}

bool write_all(int fd, const char* data, std::size_t n, off_t at) {
  while (n > 0) {
    const ssize_t done = pwrite(fd, data, n, at);
    if (done <= 0) return false;
    data += done;
    n -= static_cast<std::size_t>(done);
    at += done;
  }
  return true;
}

std::vector<std::int16_t> pack(std::span<const float> v) {
  std::vector<std::int16_t> out(v.size());
  for (std::size_t i = 0; i < v.size(); ++i)
    out[i] = static_cast<std::int16_t>(std::lround(std::clamp(v[i], -1.0f, 1.0f) * kScale));
  return out;
}

void unpack(const std::int16_t* in, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(in[i]) / kScale;
}

}  // namespace

class CachedEncoder::Questions final : public Encoder {
 public:
  explicit Questions(CachedEncoder& owner) : owner_(owner) {}
  int dimension() const override { return owner_.dimension(); }
  std::string_view model_id() const override { return owner_.model_id(); }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    return owner_.encode(texts, false);
  }

 private:
  CachedEncoder& owner_;
};

CachedEncoder::CachedEncoder(std::shared_ptr<Encoder> encoder, std::filesystem::path file,
                             const VectorCacheOptions& options)
    : encoder_(std::move(encoder)),
      file_(std::move(file)),
      options_(options),
      questions_(std::make_unique<Questions>(*this)) {}

CachedEncoder::~CachedEncoder() {
  if (fd_ >= 0) close(fd_);
}

Encoder& CachedEncoder::questions() { return *questions_; }

CachedEncoder::Figures CachedEncoder::figures() const {
  const std::lock_guard lock(mutex_);
  auto f = figures_;
  f.vectors = slots_.size();
  return f;
}

std::size_t CachedEncoder::record_bytes() const { return 16 + 2 * static_cast<std::size_t>(dimension()) + 4; }

CachedEncoder::Key CachedEncoder::key_of(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  ZK_CHECK(EVP_Digest(text.data(), text.size(), digest, &n, EVP_sha256(), nullptr) == 1);
  Key k;
  std::memcpy(&k, digest,
              sizeof k);  // 128 bits of SHA-256: nobody can write a text that takes another's vector
  return k;
}

Result<std::shared_ptr<CachedEncoder>> CachedEncoder::open(std::shared_ptr<Encoder> encoder,
                                                           const std::filesystem::path& file,
                                                           const VectorCacheOptions& options) {
  ZK_CHECK(options.max_vectors >= 2 && options.max_questions >= 1);
  std::shared_ptr<CachedEncoder> cache(new CachedEncoder(std::move(encoder), file, options));
  ZK_TRY_STATUS(cache->load());
  return cache;
}

Status CachedEncoder::write_header(int fd) const {
  char header[kHeaderBytes] = {};
  const auto dimension = static_cast<std::uint32_t>(this->dimension());
  const auto model = key_of(model_id());
  std::memcpy(header, kMagic, sizeof kMagic);
  std::memcpy(header + 8, &dimension, 4);
  std::memcpy(header + 16, &model, sizeof model);
  const auto sum = checksum(header, kHeaderBytes - 4);
  std::memcpy(header + kHeaderBytes - 4, &sum, 4);
  if (!write_all(fd, header, kHeaderBytes, 0))
    return fail(ErrorCode::kUnavailable, "vector cache " + file_.string() + " cannot be written", {},
                std::strerror(errno));
  return {};
}

Status CachedEncoder::load() {
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0)
    return fail(ErrorCode::kUnavailable, "vector cache " + file_.string() + " cannot be opened", {},
                std::strerror(errno));
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::kConflict, "vector cache " + file_.string() + " is in use by another process");
  struct stat st {};
  fstat(fd_, &st);
  char header[kHeaderBytes] = {};
  std::uint32_t sum = 0, width = 0;
  const auto model = key_of(model_id());
  const bool read = pread(fd_, header, kHeaderBytes, 0) == static_cast<ssize_t>(kHeaderBytes);
  std::memcpy(&sum, header + kHeaderBytes - 4, 4);
  std::memcpy(&width, header + 8, 4);
  if (!read || std::memcmp(header, kMagic, sizeof kMagic) != 0 || sum != checksum(header, kHeaderBytes - 4) ||
      width != static_cast<std::uint32_t>(dimension()) ||
      std::memcmp(header + 16, &model, sizeof model) != 0) {
    if (st.st_size > 0) log::info("nlu", "vector cache started afresh file={}", file_.filename().string());
    if (ftruncate(fd_, 0) != 0)
      return fail(ErrorCode::kUnavailable, "vector cache " + file_.string() + " cannot be written", {},
                  std::strerror(errno));
    return write_header(fd_);
  }
  const std::size_t each = record_bytes();
  const auto there = (static_cast<std::size_t>(st.st_size) - kHeaderBytes) / each;
  slots_.reserve(std::min(there, options_.max_vectors));
  constexpr std::size_t kBlock = 1024;
  std::vector<char> block(kBlock * each);
  for (bool sound = true; sound && records_ < there && records_ < options_.max_vectors;) {
    const std::size_t n = std::min({kBlock, there - records_, options_.max_vectors - records_});
    if (pread(fd_, block.data(), n * each, static_cast<off_t>(kHeaderBytes + records_ * each)) !=
        static_cast<ssize_t>(n * each))
      break;
    for (std::size_t i = 0; i < n; ++i) {
      const char* record = block.data() + i * each;
      std::memcpy(&sum, record + each - 4, 4);
      if (!(sound = sum == checksum(record, each - 4))) break;
      Key key;
      std::memcpy(&key, record, sizeof key);
      slots_.insert_or_assign(key, Slot{records_++, false});
    }
  }
  const auto end = static_cast<off_t>(kHeaderBytes + records_ * each);
  if (end < st.st_size)
    log::warn("nlu", "vector cache tail cut file={} bytes={}", file_.filename().string(), st.st_size - end);
  if (ftruncate(fd_, end) != 0)
    return fail(ErrorCode::kUnavailable, "vector cache " + file_.string() + " cannot be written", {},
                std::strerror(errno));
  return {};
}

bool CachedEncoder::find(const Key& key, std::span<float> out, bool keep_in_file) {
  if (const auto it = recent_at_.find(key); it != recent_at_.end()) {
    recent_.splice(recent_.begin(), recent_, it->second);
    unpack(it->second->vector.data(), out);
    if (keep_in_file && !append(key, it->second->vector)) ++figures_.write_errors;
    return true;
  }
  const auto it = slots_.find(key);
  if (it == slots_.end()) return false;
  it->second.used = true;
  std::vector<char> record(record_bytes());
  const auto at = static_cast<off_t>(kHeaderBytes + it->second.record * record.size());
  std::uint32_t sum = 0;
  const bool read = pread(fd_, record.data(), record.size(), at) == static_cast<ssize_t>(record.size());
  std::memcpy(&sum, record.data() + record.size() - 4, 4);
  if (!read || sum != checksum(record.data(), record.size() - 4)) {  // damaged under us: encode again
    slots_.erase(it);
    return false;
  }
  Packed packed(out.size());
  std::memcpy(packed.data(), record.data() + 16, packed.size() * 2);
  unpack(packed.data(), out);
  return true;
}

// Rewrites the file with half of what it may hold: what was used since the last time, then the newest.
bool CachedEncoder::cut_down() {
  std::vector<std::pair<Key, Slot>> all(slots_.begin(), slots_.end());
  std::sort(all.begin(), all.end(), [](const auto& x, const auto& y) {
    return x.second.used != y.second.used ? x.second.used : x.second.record > y.second.record;
  });
  all.resize(std::min(all.size(), options_.max_vectors / 2));
  auto next = file_;
  next += ".new";
  const int fd = ::open(next.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const std::size_t each = record_bytes();
  std::vector<char> record(each);
  std::unordered_map<Key, Slot, KeyHash> slots;
  bool ok = flock(fd, LOCK_EX | LOCK_NB) == 0 && write_header(fd).has_value();
  for (const auto& [key, slot] : all) {
    if (!ok) break;
    const auto n = static_cast<std::uint32_t>(slots.size());
    ok = pread(fd_, record.data(), each, static_cast<off_t>(kHeaderBytes + slot.record * each)) ==
             static_cast<ssize_t>(each) &&
         write_all(fd, record.data(), each, static_cast<off_t>(kHeaderBytes + n * each));
    slots.emplace(key, Slot{n, false});
  }
  if (!ok || rename(next.c_str(), file_.c_str()) != 0) {
    close(fd);
    unlink(next.c_str());
    return false;
  }
  close(fd_);
  fd_ = fd;
  records_ = static_cast<std::uint32_t>(slots.size());
  slots_ = std::move(slots);
  return true;
}

bool CachedEncoder::append(const Key& key, const Packed& vector) {
  if (slots_.contains(key)) return true;
  if (records_ >= options_.max_vectors && !cut_down()) return false;
  std::vector<char> record(record_bytes());
  std::memcpy(record.data(), &key, sizeof key);
  std::memcpy(record.data() + 16, vector.data(), vector.size() * 2);
  const auto sum = checksum(record.data(), record.size() - 4);
  std::memcpy(record.data() + record.size() - 4, &sum, 4);
  if (!write_all(fd_, record.data(), record.size(),
                 static_cast<off_t>(kHeaderBytes + records_ * record.size())))
    return false;
  slots_.emplace(key, Slot{records_++, true});
  return true;
}

void CachedEncoder::keep(const Key& key, const Packed& vector, bool in_file) {
  if (in_file && append(key, vector)) return;
  if (in_file) ++figures_.write_errors;
  if (recent_at_.contains(key)) return;
  recent_.push_front({key, vector});
  recent_at_[key] = recent_.begin();
  if (recent_.size() > options_.max_questions) {
    recent_at_.erase(recent_.back().key);
    recent_.pop_back();
  }
}

Result<std::vector<float>> CachedEncoder::encode(std::span<const std::string> texts) {
  return encode(texts, true);
}

Result<std::vector<float>> CachedEncoder::encode(std::span<const std::string> texts, bool keep_in_file) {
  const auto width = static_cast<std::size_t>(dimension());
  std::vector<float> out(texts.size() * width);
  std::vector<Key> keys;
  for (const auto& t : texts) keys.push_back(key_of(t));
  // Encoded by the thousand, so that a stop half-way through a large import keeps what was done.
  constexpr std::size_t kChunk = 1000;
  for (std::size_t begin = 0; begin < texts.size(); begin += kChunk) {
    const std::size_t end = std::min(texts.size(), begin + kChunk);
    std::vector<std::size_t> missing;
    std::vector<std::string> missing_texts;
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = begin; i < end; ++i)
        if (!find(keys[i], std::span(out).subspan(i * width, width), keep_in_file)) missing.push_back(i);
      figures_.hits += end - begin - missing.size();
      figures_.misses += missing.size();
    }
    for (const auto i : missing) missing_texts.push_back(texts[i]);
    if (missing.empty()) continue;
    ZK_TRY(const auto fresh, encoder_->encode(missing_texts));
    const std::lock_guard lock(mutex_);
    for (std::size_t m = 0; m < missing.size(); ++m) {
      const auto packed = pack(std::span(fresh).subspan(m * width, width));
      unpack(packed.data(), std::span(out).subspan(missing[m] * width, width));
      keep(keys[missing[m]], packed, keep_in_file);
    }
  }
  return out;
}

}  // namespace zk::nlu
