#include "nlu/cross_encoder.hpp"

namespace zk::nlu {

CrossEncoder::CrossEncoder(std::string model_id, WordPiece pieces, std::shared_ptr<OnnxModel> model,
                           std::size_t max_tokens, const RunQueueOptions& queue)
    : model_id_(std::move(model_id)),
      pieces_(std::move(pieces)),
      max_tokens_(max_tokens),
      queue_(
          queue, [](const Tokens& t) { return t.ids.size(); },
          [model = std::move(model)](const std::vector<const Tokens*>& pairs) {
            return model->run_rows(pairs);
          }) {}

Result<std::vector<float>> CrossEncoder::score(std::string_view question,
                                               std::span<const std::string> passages) {
  std::vector<Tokens> pairs;
  pairs.reserve(passages.size());
  for (const auto& p : passages) pairs.push_back(pieces_.encode_pair(question, p, max_tokens_));
  std::vector<float> out(passages.size());
  ZK_TRY_STATUS(
      queue_.run(pairs, [&](std::size_t i, std::span<const float> logit) { out[i] = logit.front(); }));
  return out;
}

Result<std::shared_ptr<CrossEncoder>> open_cross_encoder(const std::filesystem::path& model,
                                                         const std::filesystem::path& tokenizer,
                                                         const BertOptions& options, std::size_t max_tokens) {
  if (max_tokens < 8 || max_tokens > 512)
    return fail(ErrorCode::kInvalidArgument, "tokens of question and passage together must be 8 … 512",
                "max_tokens");
  ZK_TRY(auto pieces, WordPiece::load(tokenizer));
  ZK_TRY(auto onnx, OnnxModel::open(model, {.runtime = options.runtime, .threads = 1}));
  if (onnx->output_width() != 1)
    return fail(ErrorCode::kDataLoss,
                "model " + model.string() + " is no cross-encoder: its output is not one logit a row");
  auto id = model.stem().string() + "/" + onnx->sha256().substr(0, 12);
  return std::make_shared<CrossEncoder>(std::move(id), std::move(pieces), std::move(onnx), max_tokens,
                                        options.queue);
}

}  // namespace zk::nlu
