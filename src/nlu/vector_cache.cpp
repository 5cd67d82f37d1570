#include "nlu/vector_cache.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.hpp"

namespace zk::nlu {
namespace {

constexpr float kScale = 32767;

std::vector<std::int16_t> pack(std::span<const float> v) {
  std::vector<std::int16_t> out(v.size());
  for (std::size_t i = 0; i < v.size(); ++i)
    out[i] = static_cast<std::int16_t>(std::lround(std::clamp(v[i], -1.0f, 1.0f) * kScale));
  return out;
}

std::string_view bytes_of(const std::vector<std::int16_t>& packed) {
  return {reinterpret_cast<const char*>(packed.data()), packed.size() * sizeof(std::int16_t)};
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

CachedEncoder::CachedEncoder(std::shared_ptr<Encoder> encoder, std::shared_ptr<BlobCache> file,
                             std::size_t max_questions)
    : encoder_(std::move(encoder)),
      file_(std::move(file)),
      max_questions_(max_questions),
      questions_(std::make_unique<Questions>(*this)) {}

CachedEncoder::~CachedEncoder() = default;

Encoder& CachedEncoder::questions() { return *questions_; }

CachedEncoder::Figures CachedEncoder::figures() const {
  const std::lock_guard lock(mutex_);
  auto f = figures_;
  f.vectors = file_->size();
  return f;
}

Result<std::shared_ptr<CachedEncoder>> CachedEncoder::open(std::shared_ptr<Encoder> encoder,
                                                           const std::filesystem::path& file,
                                                           const VectorCacheOptions& options) {
  ZK_CHECK(options.max_questions >= 1);
  ZK_TRY(auto kept,
         BlobCache::open(file, std::string(encoder->model_id()) + " vectors", options.max_vectors));
  return std::shared_ptr<CachedEncoder>(
      new CachedEncoder(std::move(encoder), std::move(kept), options.max_questions));
}

bool CachedEncoder::find(const TextKey& key, std::span<float> out, bool keep_in_file) {
  if (const auto it = recent_at_.find(key); it != recent_at_.end()) {
    recent_.splice(recent_.begin(), recent_, it->second);
    const auto& packed = it->second->vector;
    unpack(packed.data(), out);
    if (keep_in_file && !file_->put(key, bytes_of(packed))) ++figures_.write_errors;
    return true;
  }
  const auto bytes = file_->find(key);
  if (!bytes || bytes->size() != out.size() * sizeof(std::int16_t)) return false;
  Packed packed(out.size());
  std::memcpy(packed.data(), bytes->data(), bytes->size());
  unpack(packed.data(), out);
  return true;
}

void CachedEncoder::keep(const TextKey& key, const Packed& vector, bool in_file) {
  if (in_file && file_->put(key, bytes_of(vector))) return;
  if (in_file) ++figures_.write_errors;
  if (recent_at_.contains(key)) return;
  recent_.push_front({key, vector});
  recent_at_[key] = recent_.begin();
  if (recent_.size() > max_questions_) {
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
  std::vector<TextKey> keys;
  for (const auto& t : texts) keys.push_back(text_key(t));
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
