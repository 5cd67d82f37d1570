// BERT-type sentence encoders over ONNX Runtime: bge-small-zh-v1.5 by default, or any file with the same
// inputs. Vector = token 0 of the last hidden state, length 1 (Xiao et al. 2023, C-Pack). A model tuned by
// tools/train gives more in its one output, "readings": after the hidden state of each token come a narrow
// vector (kReadingWidth) for late interaction and the token's weight. Thread-safe.
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

// One pass over some texts: a vector a text and a vector a token, each of length 1. Text i owns the token rows
// first_row[i] … first_row[i + 1], the first of them [CLS], the last [SEP].
struct TokenVectors {
  int dimension = 0;              // of a sentence
  std::vector<float> sentences;   // texts × dimension
  int token_dimension = 0;
  std::vector<std::uint32_t> first_row;
  std::vector<float> values;      // rows × token_dimension
  std::vector<float> weights;     // a row each, ≥ 0; empty where the model has no opinion
};

inline constexpr int kReadingWidth = 64;

class BertEncoder final : public Encoder {
 public:
  BertEncoder(std::string model_id, WordPiece pieces, std::shared_ptr<OnnxModel> model,
              const RunQueueOptions& queue);

  int dimension() const override { return dimension_; }
  std::string_view model_id() const override { return model_id_; }
  Result<std::vector<float>> encode(std::span<const std::string> texts) override;
  // Memory is tokens × token_dimension × 4 bytes.
  Result<TokenVectors> encode_tokens(std::span<const std::string> texts);

 private:
  std::vector<Tokens> tokenize(std::span<const std::string> texts) const;

  const std::string model_id_;
  const WordPiece pieces_;
  const bool reads_;     // the model has readings
  const int dimension_;  // of a sentence
  RunQueue<Tokens> queue_;
};

// models_dir/bge-small-zh-v1.5-q.onnx and its tokenizer; kDataLoss when their SHA-256 is not the one of
// models/bge-small-zh.md.
Result<std::shared_ptr<BertEncoder>> open_bge(const std::filesystem::path& models_dir,
                                              const BertOptions& options);
// The tokenizer of that model and of those tuned from it; kDataLoss when its SHA-256 is not the known one.
Result<std::filesystem::path> bge_tokenizer(const std::filesystem::path& models_dir);
// Another model by path. Not checked against a known checksum; its own one is part of model_id().
Result<std::shared_ptr<BertEncoder>> open_bert(const std::filesystem::path& model,
                                               const std::filesystem::path& tokenizer,
                                               const BertOptions& options);

// Scales to length 1; a zero vector stays zero.
void normalise_length(std::span<float> v);

}  // namespace zk::nlu
