// A model file run by ONNX Runtime: token ids in, one float tensor out. The runtime is loaded with dlopen,
// once a process. Thread-safe: run() may be called from many threads; each run uses the calling thread (and
// threads - 1 of its own).
//
//   ZK_TRY(auto model, OnnxModel::open("models/bge-small-zh-v1.5-q.onnx", {}));
//   ZK_TRY(auto out, model->run(batch));      // out.shape = {rows, columns, 512}
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "nlu/wordpiece.hpp"

namespace zk::nlu {

// Whether this build can run neural models at all (built with the runtime's headers). False: every open()
// says so.
bool neural_runtime_available();

// Token ids padded to one length, row by row; all three hold rows × columns entries.
struct TokenBatch {
  std::size_t rows = 0, columns = 0;
  std::vector<std::int64_t> ids, mask, types;
  static TokenBatch pad(const std::vector<const Tokens*>& texts);
};

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

struct OnnxOptions {
  std::filesystem::path runtime{};  // empty: libonnxruntime.so beside the model
  int threads = 1;                  // of one run, 1 … 64
};

class OnnxModel {
 public:
  // kNotFound: model or runtime is missing. kUnavailable: built without the runtime, or the runtime is too
  // old. kDataLoss: the runtime refuses the file, or its inputs are not token ids, or its first output is not
  // float.
  static Result<std::shared_ptr<OnnxModel>> open(const std::filesystem::path& model,
                                                 const OnnxOptions& options);
  ~OnnxModel();

  Result<Tensor> run(const TokenBatch& batch) const;
  // The output's values for each text in turn, padding included; kInternal when the output has not one row a
  // text.
  Result<std::vector<float>> run_rows(const std::vector<const Tokens*>& texts) const;
  // SHA-256 of the file, lower-case hex.
  const std::string& sha256() const { return sha256_; }
  // Size of the output's last dimension; -1 where the file leaves it open.
  std::int64_t output_width() const { return output_width_; }
  const std::string& output_name() const { return output_; }

 private:
  struct Session;
  OnnxModel(std::unique_ptr<Session> session, std::string sha256, std::string output, std::int64_t width);
  std::unique_ptr<Session> session_;
  std::string sha256_, output_;
  std::int64_t output_width_;
};

}  // namespace zk::nlu
