// How one encoder reads texts: the sentence's vector, packed, and where the model gives them its tokens. What
// was read of articles' texts is kept in a file, what was read of questions in memory, so that neither a
// restart nor a question asked again runs the model. Thread-safe.
//
//   auto reader = std::make_shared<Reader>("bge", encoder, tokens);
//   ZK_TRY_STATUS(reader->keep_in(data / "cache"));
//   ZK_TRY(auto readings, reader->questions(texts));
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "answering/dense.hpp"
#include "answering/late.hpp"
#include "base/lru.hpp"
#include "nlu/blob_cache.hpp"
#include "nlu/encoder.hpp"
#include "nlu/intent.hpp"

namespace zk::answering {

// Of several texts, row by row. `tokens` holds no text where the model gives no tokens.
struct Readings {
  PackedRows sentences;
  TokenRows tokens;
  Readings part(std::size_t first, std::size_t last) const;
};

// One pass that gives sentences and tokens. Thread-safe like an Encoder.
using TokenReader = std::function<Result<nlu::TokenVectors>(std::span<const std::string>)>;

class Reader {
 public:
  static constexpr std::size_t kMostKept = 1'000'000;  // texts in the file
  static constexpr std::size_t kMostQuestions = 4096;  // in memory, about 1.2 kB each

  // `name`: what features of this encoder are called by ("bge", "e5"). Without `tokens` sentences alone are
  // read.
  Reader(std::string name, std::shared_ptr<nlu::Encoder> encoder, TokenReader tokens = {});

  const std::string& name() const { return name_; }
  const std::shared_ptr<nlu::Encoder>& encoder() const { return encoder_; }  // keeps nothing
  std::string_view model_id() const { return encoder_->model_id(); }
  std::size_t dimension() const { return static_cast<std::size_t>(encoder_->dimension()); }
  bool reads_tokens() const { return static_cast<bool>(tokens_); }

  // From now on articles' texts are kept in directory/readings-NAME.cache, and with `questions_too` all texts
  // (for evaluation; never customers' messages). Not while others call. Errors: BlobCache::open's.
  Status keep_in(const std::filesystem::path& directory, bool questions_too);

  // Errors: the encoder's. What cannot be kept (disk full) is read again the next time.
  Result<Readings> articles(std::span<const std::string> texts);
  Result<Readings> questions(std::span<const std::string> texts);

 private:
  Result<Readings> read(std::span<const std::string> texts, bool file);
  Result<std::vector<std::string>> run(std::span<const std::string> texts);
  std::optional<std::string> find(const std::string& text, bool file);
  void keep(const std::string& text, const std::string& record, bool file);
  bool fits(std::string_view record) const;
  void add(std::string_view record, Readings& out) const;

  const std::string name_;
  const std::shared_ptr<nlu::Encoder> encoder_;
  const TokenReader tokens_;
  std::shared_ptr<nlu::BlobCache> file_;
  bool questions_too_ = false;
  Lru<std::string> recent_{kMostQuestions};
};
using Encoders = std::vector<std::shared_ptr<Reader>>;

// The sentences of readings as numbers, for the intents' classifier.
nlu::SentenceRows sentence_rows(const Readings& readings);

}  // namespace zk::answering
