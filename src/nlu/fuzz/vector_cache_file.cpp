// Any bytes as the file of a vector cache: it opens and hands out right vectors.
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "base/check.hpp"
#include "nlu/vector_cache.hpp"

namespace {

class Fixed final : public zk::nlu::Encoder {
 public:
  int dimension() const override { return 2; }
  std::string_view model_id() const override { return "fixed"; }
  zk::Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    std::vector<float> out;
    for (const auto& t : texts) out.insert(out.end(), {t == "a" ? 1.0f : 0.0f, t == "a" ? 0.0f : 1.0f});
    return out;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using zk::nlu::CachedEncoder;
  static const auto file =
      std::filesystem::temp_directory_path() / ("zk_fuzz_vectors_" + std::to_string(::getpid()));
  static const std::string sound = [] {
    std::filesystem::remove(file);
    const std::vector<std::string> texts = {"a", "b"};
    ZK_CHECK((*CachedEncoder::open(std::make_shared<Fixed>(), file, {}))->encode(texts).has_value());
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  // The sound file with the input written over it from some place on.
  std::string bytes = sound;
  const std::size_t at = size ? data[0] % (sound.size() + 1) : 0;
  bytes.replace(at, std::min(size, bytes.size() - at), reinterpret_cast<const char*>(data), size);
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto cache = CachedEncoder::open(std::make_shared<Fixed>(), file, {});
  ZK_CHECK(cache.has_value());
  const std::vector<std::string> texts = {"a", "b"};
  const auto v = (*cache)->encode(texts);
  ZK_CHECK(v.has_value() && std::fabs((*v)[0] - 1) < 1e-4 && std::fabs((*v)[3] - 1) < 1e-4);
  return 0;
}
