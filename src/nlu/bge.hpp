// BERT-type sentence encoders over ONNX Runtime: bge-small-zh-v1.5 by default, or any file with the same
// inputs. Vector = token 0 of the last hidden state, length 1 (Xiao et al. 2023, C-Pack). Thread-safe.
//
//   ZK_TRY(auto encoder, open_bge("models", {}));
//   ZK_TRY(auto vectors, encoder->encode(texts));     // texts.size() × 512
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nlu/encoder.hpp"
#include "nlu/onnx.hpp"
#include "nlu/run_queue.hpp"

namespace zk::nlu {

struct BertOptions {
  std::filesystem::path runtime{};  // empty: libonnxruntime.so beside the model
  RunQueueOptions queue{};
};

// Every token's vector (length 1), for late interaction: text i owns rows first_row[i] … first_row[i + 1].
struct TokenVectors {
  int dimension = 0;
  std::vector<std::uint32_t> first_row;
  std::vector<float> values;
};

class BertEncoder final : public Encoder {
 public:
  BertEncoder(std::string model_id, WordPiece pieces, std::shared_ptr<OnnxModel> model,
              const RunQueueOptions& queue);

  int dimension() const override { return dimension_; }
  std::string_view model_id() const override { return model_id_; }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override;
  // [CLS] and [SEP] included; memory is tokens × dimension × 4 bytes.
  Result<TokenVectors> encode_tokens(std::span<const std::string> texts);

 private:
  std::vector<Tokens> tokenize(std::span<const std::string> texts) const;

  const std::string model_id_;
  const WordPiece pieces_;
  const int dimension_;
  RunQueue<Tokens> queue_;
};

// models_dir/bge-small-zh-v1.5-q.onnx and its tokenizer; kDataLoss when their SHA-256 is not the one of
// models/bge-small-zh.md.
Result<std::shared_ptr<BertEncoder>> open_bge(const std::filesystem::path& models_dir,
                                              const BertOptions& options);
// Another model by path. Not checked against a known checksum; its own one is part of model_id().
Result<std::shared_ptr<BertEncoder>> open_bert(const std::filesystem::path& model,
                                               const std::filesystem::path& tokenizer,
                                               const BertOptions& options);

// Scales to length 1; a zero vector stays zero.
void normalise_length(std::span<float> v);

}  // namespace zk::nlu
