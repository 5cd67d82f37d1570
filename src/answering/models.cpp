#include "answering/models.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "answering/corpus.hpp"
#include "nlu/bge.hpp"
#include "nlu/e5.hpp"
#include "nlu/sha256.hpp"

namespace zk::answering {
namespace fs = std::filesystem;
namespace {

// The weights must be those that SHA256SUMS beside them names ("<hex>  <file>", one a line).
Status check_sum(const fs::path& file) {
  ZK_TRY(const auto sums, read_lines((file.parent_path() / "SHA256SUMS").string()));
  ZK_TRY(const auto sum, nlu::file_sha256(file));
  const auto wanted = sum + "  " + file.filename().string();
  if (std::find(sums.begin(), sums.end(), wanted) != sums.end()) return {};
  return fail(ErrorCode::kDataLoss,
              file.string() + " is not the file SHA256SUMS names: restore it or train again");
}

// The encoder tuned by tools/train, or the one named instead of it.
Result<std::shared_ptr<nlu::BertEncoder>> open_first(const fs::path& directory, const ModelOptions& options) {
  nlu::BertOptions bert{.runtime = directory / "libonnxruntime.so", .queue = {}};
  bert.queue.workers = options.threads;
  const auto beside = options.encoder.parent_path() / "tokenizer.json";
  if (!options.encoder.empty() && fs::exists(beside)) return nlu::open_bert(options.encoder, beside, bert);
  ZK_TRY(const auto tokenizer, nlu::bge_tokenizer(directory));
  if (!options.encoder.empty()) return nlu::open_bert(options.encoder, tokenizer, bert);
  const auto tuned = directory / "weights" / "encoder-zh.onnx";
  ZK_TRY_STATUS(check_sum(tuned));
  return nlu::open_bert(tuned, tokenizer, bert);
}

Result<Encoders> readers(std::string name, std::shared_ptr<nlu::Encoder> encoder, TokenReader tokens,
                         const ModelOptions& options) {
  auto reader = std::make_shared<Reader>(std::move(name), std::move(encoder), std::move(tokens));
  if (!options.cache.empty()) ZK_TRY_STATUS(reader->keep_in(options.cache, options.keep_questions));
  return Encoders{std::move(reader)};
}

}  // namespace

Result<Profile> profile_of(std::string_view name) {
  if (name == "best") return Profile::kBest;
  if (name == "fast") return Profile::kFast;
  if (name == "multilingual") return Profile::kMultilingual;
  if (name == "lexical") return Profile::kLexical;
  return fail(ErrorCode::kInvalidArgument, "the profile must be best, fast, multilingual or lexical",
              "profile");
}

std::string_view to_string(Profile profile) {
  switch (profile) {
    case Profile::kBest:
      return "best";
    case Profile::kFast:
      return "fast";
    case Profile::kMultilingual:
      return "multilingual";
    case Profile::kLexical:
      return "lexical";
  }
  return "lexical";
}

namespace {

Result<std::shared_ptr<const Judge>> open_judge(const fs::path& directory, std::string_view profile,
                                                std::string& note) {
  const auto weights = directory / "weights" / ("answering-" + std::string(profile) + ".json");
  if (!fs::exists(weights)) {
    note = "no weights at " + weights.string() + ": ranking by the lexical formula";
    return Judge::lexical();
  }
  ZK_TRY_STATUS(check_sum(weights));
  return Judge::open(weights.string());
}

// It was learnt from the encoder that ships, and means nothing behind another one.
Status open_alarm(const fs::path& directory, const ModelOptions& options, std::size_t width, Models& out) {
  if (!options.encoder.empty()) return {};
  const auto weights = directory / "weights" / "alarm-zh.json";
  ZK_TRY_STATUS(check_sum(weights));
  ZK_TRY(out.alarm, AlarmModel::open(weights.string()));
  if (out.alarm->width() == width) return {};
  return fail(ErrorCode::kDataLoss, weights.string() + " belongs to another encoder: train it again");
}

Status open_chinese(const fs::path& directory, const ModelOptions& options, Models& out) {
  ZK_TRY(const auto bert, open_first(directory, options));
  ZK_TRY(out.encoders, readers(
                           "bge", bert, [bert](auto texts) { return bert->encode_tokens(texts); }, options));
  ZK_TRY(out.judge, open_judge(directory, "fast", out.note));
  return open_alarm(directory, options, static_cast<std::size_t>(bert->dimension()), out);
}

Status open_multilingual(const fs::path& directory, const ModelOptions& options, Models& out) {
  ZK_TRY(auto encoder, nlu::open_e5(directory, {.workers = options.threads, .max_batch = 8}));
  ZK_TRY(out.multilingual, readers("e5", std::move(encoder), {}, options));
  ZK_TRY(out.multilingual_judge, open_judge(directory, "multilingual", out.note));
  return {};
}

}  // namespace

Result<Models> open_models(const fs::path& directory, const ModelOptions& options) {
  Models out;
  out.judge = Judge::lexical();
  if (options.profile == Profile::kLexical) return out;
  Status opened;
  if (options.profile != Profile::kMultilingual) opened = open_chinese(directory, options, out);
  if (opened && options.profile != Profile::kFast) opened = open_multilingual(directory, options, out);
  if (!opened) {
    if (!options.lexical_only) return tl::unexpected(std::move(opened).error());
    Models lexical;
    lexical.judge = Judge::lexical();
    lexical.note = opened.error().message;
    return lexical;
  }
  out.profile = options.profile;
  if (options.profile == Profile::kMultilingual) {
    out.encoders = std::exchange(out.multilingual, {});
    out.judge = std::exchange(out.multilingual_judge, nullptr);
  }
  return out;
}

fs::path find_models(const fs::path& given, const fs::path& program) {
  if (!given.empty()) return given;
  if (const char* v = std::getenv("ZHIKE_MODELS"); v && *v) return v;
  std::error_code ignored;
  const auto self = fs::canonical("/proc/self/exe", ignored);
  for (auto at = (self.empty() ? program : self).parent_path(); !at.empty() && at != at.root_path();
       at = at.parent_path())
    if (fs::is_directory(at / "models", ignored)) return at / "models";
  return "models";
}

}  // namespace zk::answering
