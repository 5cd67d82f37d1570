// An encoder that remembers: text hash → vector, in a file that survives restarts, so that a restart encodes
// nothing again. Coordinates are kept as 16-bit fixed point (error ≤ 1.6e-5) and handed out so from the first
// time on: a text's vector is the same before and after a restart. Texts themselves are never stored.
// Thread-safe; one process a file.
//
//   ZK_TRY(auto cached, CachedEncoder::open(encoder, data_dir / "vectors-bge.cache", {}));
//   cached->encode(article_questions);        // kept in the file
//   cached->questions().encode(one_question); // kept in memory only
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "nlu/blob_cache.hpp"
#include "nlu/encoder.hpp"

namespace zk::nlu {

struct VectorCacheOptions {
  std::size_t max_vectors =
      1'000'000;  // in the file; beyond, those not asked for since the last time are dropped first
  std::size_t max_questions = 4096;  // in memory, least recently used dropped first
};

class CachedEncoder final : public Encoder {
 public:
  // Errors: BlobCache::open's.
  static Result<std::shared_ptr<CachedEncoder>> open(std::shared_ptr<Encoder> encoder,
                                                     const std::filesystem::path& file,
                                                     const VectorCacheOptions& options);
  ~CachedEncoder() override;

  int dimension() const override { return encoder_->dimension(); }
  std::string_view model_id() const override { return encoder_->model_id(); }
  // A vector that cannot be written (disk full) is still handed out; write_errors() counts them.
  Result<std::vector<float>> encode(std::span<const std::string> texts) override;
  // The same with misses kept in memory only: for what customers type. Lives as long as this object.
  Encoder& questions();

  struct Figures {
    std::size_t vectors = 0;  // in the file
    std::uint64_t hits = 0, misses = 0, write_errors = 0;
  };
  Figures figures() const;

 private:
  using Packed = std::vector<std::int16_t>;
  struct Recent {
    TextKey key;
    Packed vector;
  };
  class Questions;

  CachedEncoder(std::shared_ptr<Encoder> encoder, std::shared_ptr<BlobCache> file, std::size_t max_questions);
  Result<std::vector<float>> encode(std::span<const std::string> texts, bool keep_in_file);
  bool find(const TextKey& key, std::span<float> out, bool keep_in_file);
  void keep(const TextKey& key, const Packed& vector, bool in_file);

  const std::shared_ptr<Encoder> encoder_;
  const std::shared_ptr<BlobCache> file_;
  const std::size_t max_questions_;
  const std::unique_ptr<Questions> questions_;
  mutable std::mutex mutex_;
  std::list<Recent> recent_;  // newest first
  std::unordered_map<TextKey, std::list<Recent>::iterator, TextKeyHash> recent_at_;
  Figures figures_;
};

}  // namespace zk::nlu
