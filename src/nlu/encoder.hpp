// Port to a sentence encoder: text in, vector of length 1 out. Implementations: bge (ONNX Runtime), e5
// (multilingual). Thread-safe: encode may be called from many threads at once; concurrent calls are batched
// into one run.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zk::nlu {

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual int dimension() const = 0;              // floats a vector
  virtual std::string_view model_id() const = 0;  // name and checksum prefix: part of every cache key
  // One vector of unit length per text, row by row (texts.size() × dimension()). Texts are cut at 128 tokens.
  virtual Result<std::vector<float>> encode(std::span<const std::string> texts) = 0;
};

}  // namespace zk::nlu
