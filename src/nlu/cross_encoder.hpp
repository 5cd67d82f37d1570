// Cross-encoder: reads question and passage together ([CLS] question [SEP] passage [SEP]) and gives one
// score, the higher the better (Nogueira and Cho 2019). Scores are logits of one model: compare them with
// each other only. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nlu/bge.hpp"

namespace zk::nlu {

class CrossEncoder {
 public:
  CrossEncoder(std::string model_id, WordPiece pieces, std::shared_ptr<OnnxModel> model,
               std::size_t max_tokens, const RunQueueOptions& queue);

  std::string_view model_id() const { return model_id_; }
  // One logit a passage, in their order.
  Result<std::vector<float>> score(std::string_view question, std::span<const std::string> passages);

 private:
  const std::string model_id_;
  const WordPiece pieces_;
  const std::size_t max_tokens_;
  RunQueue<Tokens> queue_;
};

// A file with the inputs of onnx.hpp and one logit a row. max_tokens of question and passage together: 8 …
// 512. kDataLoss when the output has not width 1.
Result<std::shared_ptr<CrossEncoder>> open_cross_encoder(const std::filesystem::path& model,
                                                         const std::filesystem::path& tokenizer,
                                                         const BertOptions& options,
                                                         std::size_t max_tokens = 128);

}  // namespace zk::nlu
