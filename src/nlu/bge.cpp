#include "nlu/bge.hpp"

#include <algorithm>
#include <cmath>

#include "nlu/sha256.hpp"

namespace zk::nlu {
namespace {

constexpr std::string_view kBgeSha256 = "15b717c382bcb518ba457b93ea6850ede7f4f1cd8937454aa06972366cd19bcc";
constexpr std::string_view kBgeTokenizerSha256 =
    "48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26";
constexpr std::size_t kMaxTokens = 128;

Status check_sha256(const std::filesystem::path& file, std::string_view is, std::string_view expected) {
  if (is == expected) return {};
  return fail(
      ErrorCode::kDataLoss,
      "model file " + file.string() + " does not have the expected SHA-256; remove it and run tools/setup",
      {}, "SHA-256 " + std::string(is));
}

}  // namespace

void normalise_length(std::span<float> v) {
  double sum = 0;
  for (const float x : v) sum += static_cast<double>(x) * x;
  if (sum <= 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(sum));
  for (float& x : v) x *= scale;
}

BertEncoder::BertEncoder(std::string model_id, WordPiece pieces, std::shared_ptr<OnnxModel> model,
                         const RunQueueOptions& queue)
    : model_id_(std::move(model_id)),
      pieces_(std::move(pieces)),
      reads_(model->output_name() == "readings"),
      dimension_(static_cast<int>(model->output_width()) - (reads_ ? kReadingWidth + 1 : 0)),
      queue_(
          queue, [](const Tokens& t) { return t.ids.size(); },
          [model = std::move(model)](const std::vector<const Tokens*>& texts) {
            return model->run_rows(texts);
          }) {}

std::vector<Tokens> BertEncoder::tokenize(std::span<const std::string> texts) const {
  std::vector<Tokens> tokens;
  tokens.reserve(texts.size());
  for (const auto& text : texts) tokens.push_back(pieces_.encode(text, kMaxTokens));
  return tokens;
}

Result<std::vector<float>> BertEncoder::encode(std::span<const std::string> texts) {
  const auto width = static_cast<std::size_t>(dimension_);
  std::vector<float> out(texts.size() * width);
  const auto tokens = tokenize(texts);
  ZK_TRY_STATUS(queue_.run(tokens, [&](std::size_t i, std::span<const float> row) {
    const auto v = std::span(out).subspan(i * width, width);
    std::copy_n(row.begin(), width, v.begin());
    normalise_length(v);
  }));
  return out;
}

Result<TokenVectors> BertEncoder::encode_tokens(std::span<const std::string> texts) {
  const auto wide = static_cast<std::size_t>(dimension_);
  const std::size_t narrow = reads_ ? kReadingWidth : wide, stride = reads_ ? wide + kReadingWidth + 1 : wide;
  const std::size_t from = reads_ ? wide : 0;  // where a token's own vector begins
  const auto tokens = tokenize(texts);
  TokenVectors out{.dimension = dimension_,
                   .sentences = std::vector<float>(texts.size() * wide),
                   .token_dimension = static_cast<int>(narrow),
                   .first_row = {0},
                   .values = {},
                   .weights = {}};
  for (const auto& t : tokens)
    out.first_row.push_back(out.first_row.back() + static_cast<std::uint32_t>(t.ids.size()));
  out.values.resize(out.first_row.back() * narrow);
  if (reads_) out.weights.resize(out.first_row.back());
  const auto unit = [](std::span<const float> of, std::span<float> to) {
    std::copy(of.begin(), of.end(), to.begin());
    normalise_length(to);
  };
  ZK_TRY_STATUS(queue_.run(tokens, [&](std::size_t i, std::span<const float> row) {
    unit(row.subspan(0, wide), std::span(out.sentences).subspan(i * wide, wide));
    for (std::size_t t = 0; t < tokens[i].ids.size(); ++t) {
      const std::size_t at = out.first_row[i] + t;
      unit(row.subspan(t * stride + from, narrow), std::span(out.values).subspan(at * narrow, narrow));
      if (reads_) out.weights[at] = row[t * stride + stride - 1];
    }
  }));
  return out;
}

Result<std::shared_ptr<BertEncoder>> open_bert(const std::filesystem::path& model,
                                               const std::filesystem::path& tokenizer,
                                               const BertOptions& options) {
  ZK_TRY(auto pieces, WordPiece::load(tokenizer));
  ZK_TRY(auto onnx, OnnxModel::open(model, {.runtime = options.runtime, .threads = 1}));
  const auto least = onnx->output_name() == "readings" ? kReadingWidth + 2 : 1;
  if (onnx->output_width() < least || onnx->output_width() > 8192)
    return fail(ErrorCode::kDataLoss,
                "model " + model.string() + ": the output's last dimension is not fixed to 1 … 8192");
  auto id = model.stem().string() + "/" + onnx->sha256().substr(0, 12);
  return std::make_shared<BertEncoder>(std::move(id), std::move(pieces), std::move(onnx), options.queue);
}

Result<std::filesystem::path> bge_tokenizer(const std::filesystem::path& models_dir) {
  auto file = models_dir / "bge-small-zh-v1.5-tokenizer.json";
  ZK_TRY(const auto sha, file_sha256(file));
  ZK_TRY_STATUS(check_sha256(file, sha, kBgeTokenizerSha256));
  return file;
}

Result<std::shared_ptr<BertEncoder>> open_bge(const std::filesystem::path& models_dir,
                                              const BertOptions& options) {
  const auto model = models_dir / "bge-small-zh-v1.5-q.onnx";
  ZK_TRY(const auto sha, file_sha256(model));
  ZK_TRY_STATUS(check_sha256(model, sha, kBgeSha256));
  ZK_TRY(const auto tokenizer, bge_tokenizer(models_dir));
  return open_bert(model, tokenizer, options);
}

}  // namespace zk::nlu
