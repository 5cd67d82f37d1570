// What a model made of texts, kept in a file by the text's hash, so that a restart runs the model on nothing
// again. Texts themselves are never stored. Derived state: a file of another owner is started afresh, a torn
// or damaged tail is cut, a damaged record is never handed out. Thread-safe; one process a file.
//
//   ZK_TRY(auto cache, BlobCache::open(data_dir / "tokens.cache", encoder->model_id(), 1'000'000));
//   if (auto known = cache->find(text_key(text))) …
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"

namespace zk::nlu {

// 128 bits of SHA-256: nobody can write a text that takes another's place.
struct TextKey {
  std::uint64_t a, b;
  friend bool operator==(const TextKey&, const TextKey&) = default;
};
struct TextKeyHash {
  std::size_t operator()(const TextKey& k) const { return k.a; }
};
TextKey text_key(std::string_view text);

class BlobCache {
 public:
  static constexpr std::size_t kMostBytes = 1 << 20;  // of one entry

  // `owner` says what made the entries (model and form). most: entries in the file, ≥ 2; beyond, those not asked
  // for since the last time are dropped first. kConflict when another process holds the file; kUnavailable when
  // it cannot be written.
  static Result<std::shared_ptr<BlobCache>> open(const std::filesystem::path& file, std::string_view owner,
                                                 std::size_t most);
  ~BlobCache();

  std::optional<std::string> find(const TextKey& key);
  // False: it could not be kept (disk full, or longer than kMostBytes).
  bool put(const TextKey& key, std::string_view bytes);
  std::size_t size() const;

 private:
  struct Slot {
    std::uint64_t at;  // offset of the record
    std::uint32_t bytes;
    bool used;  // since the last time the file was cut down
  };

  BlobCache(std::filesystem::path file, std::string_view owner, std::size_t most);
  Status load();
  Status read_records(std::uint64_t size);
  Status write_header(int fd) const;
  bool cut_down();

  const std::filesystem::path file_;
  const TextKey owner_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  int fd_ = -1;
  std::uint64_t end_ = 0;
  std::unordered_map<TextKey, Slot, TextKeyHash> slots_;
};

}  // namespace zk::nlu
