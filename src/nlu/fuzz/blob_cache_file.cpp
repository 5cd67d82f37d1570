// Any bytes as the file of a blob cache: it opens and hands out right bytes or none.
#include <unistd.h>

#include <fstream>

#include "base/check.hpp"
#include "nlu/blob_cache.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using zk::nlu::BlobCache, zk::nlu::text_key;
  static const auto file =
      std::filesystem::temp_directory_path() / ("zk_fuzz_blobs_" + std::to_string(::getpid()));
  static const std::string sound = [] {
    std::filesystem::remove(file);
    const auto cache = *BlobCache::open(file, "fixed", 100);
    ZK_CHECK(cache->put(text_key("a"), "of a") && cache->put(text_key("b"), "of b, longer"));
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  // The sound file with the input written over it from some place on.
  std::string bytes = sound;
  const std::size_t at = size ? data[0] % (sound.size() + 1) : 0;
  bytes.replace(at, std::min(size, bytes.size() - at), reinterpret_cast<const char*>(data), size);
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto cache = BlobCache::open(file, "fixed", 100);
  ZK_CHECK(cache.has_value());
  const auto a = (*cache)->find(text_key("a")), b = (*cache)->find(text_key("b"));
  ZK_CHECK((!a || *a == "of a") && (!b || *b == "of b, longer"));
  return 0;
}
