#include "review/memory.hpp"

#include <list>
#include <mutex>
#include <optional>

namespace zk::review {
namespace {

constexpr std::size_t kKept = 256;

std::string key_of(std::span<const std::string> texts) {
  std::string key;
  for (const auto& t : texts) (key += t) += '\x1f';
  return key;
}

template <class T>
class Memory {
 public:
  std::optional<T> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    for (const auto& [k, value] : kept_)
      if (k == key) return value;
    return std::nullopt;
  }
  void keep(std::string key, T value) {
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(std::move(key), std::move(value));
    if (kept_.size() > kKept) kept_.pop_back();
  }

 private:
  std::mutex mutex_;
  std::list<std::pair<std::string, T>> kept_;
};

class Remembering final : public nlu::Encoder {
 public:
  explicit Remembering(std::shared_ptr<nlu::Encoder> encoder) : encoder_(std::move(encoder)) {}
  int dimension() const override { return encoder_->dimension(); }
  std::string_view model_id() const override { return encoder_->model_id(); }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override {
    auto key = key_of(texts);
    if (auto known = memory_.find(key)) return *std::move(known);
    ZK_TRY(auto vectors, encoder_->encode(texts));
    memory_.keep(std::move(key), vectors);
    return vectors;
  }

 private:
  const std::shared_ptr<nlu::Encoder> encoder_;
  Memory<std::vector<float>> memory_;
};

answering::TokenReader remembering(answering::TokenReader read) {
  auto memory = std::make_shared<Memory<nlu::TokenVectors>>();
  return [read = std::move(read), memory](std::span<const std::string> texts) -> Result<nlu::TokenVectors> {
    auto key = key_of(texts);
    if (auto known = memory->find(key)) return *std::move(known);
    ZK_TRY(auto vectors, read(texts));
    memory->keep(std::move(key), vectors);
    return vectors;
  };
}

void remember(answering::Encoders& encoders) {
  for (auto& slot : encoders) {
    if (!slot.stored) slot.stored = slot.encoder;  // article texts are read once: nothing to remember
    slot.encoder = std::make_shared<Remembering>(slot.encoder);
    if (slot.tokens) slot.tokens = remembering(std::move(slot.tokens));
  }
}

}  // namespace

answering::Models with_memory(const answering::Models& models) {
  auto out = models;
  remember(out.encoders);
  remember(out.multilingual);
  return out;
}

}  // namespace zk::review
