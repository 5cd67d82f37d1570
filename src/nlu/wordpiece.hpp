// BERT WordPiece, equal to the reference tokenizer of a `tokenizer.json` (BertNormalizer, BertPreTokenizer,
// WordPiece; Devlin et al. 2018; Wu et al. 2016). Invalid UTF-8 becomes U+FFFD, which the normaliser drops.
// Immutable after load; safe from any thread.
//
//   ZK_TRY(auto pieces, WordPiece::load("models/bge-small-zh-v1.5-tokenizer.json"));
//   Tokens t = pieces.encode("退款多久到账");   // t.ids = {101, 6842, …, 102}
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"

namespace zk::nlu {

// One input of a model: ids with [CLS] and [SEP]; types is 0 for the first text of a pair and 1 for the
// second.
struct Tokens {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> types;
};

class WordPiece {
 public:
  // kNotFound when the file cannot be read, kDataLoss when it is no tokenizer of this kind. At most 64 MB.
  static Result<WordPiece> load(const std::filesystem::path& file);
  static Result<WordPiece> parse(std::string_view json);

  // [CLS] text [SEP]. Cut to max_tokens (≥ 3), specials included, from the right.
  Tokens encode(std::string_view text, std::size_t max_tokens = 128) const;
  // [CLS] first [SEP] second [SEP]. Cut to max_tokens (≥ 5) from the right, the longer text first.
  Tokens encode_pair(std::string_view first, std::string_view second, std::size_t max_tokens) const;
  // Ids without [CLS] and [SEP], at most `limit` of them. Time is linear in the text: callers bound it.
  std::vector<std::int32_t> pieces(std::string_view text, std::size_t limit) const;

  std::size_t vocabulary_size() const { return vocabulary_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  struct Special {
    std::string text;
    std::int32_t id;
  };

  std::u32string normalise(std::string_view text) const;
  void append_pieces(std::string_view text, std::size_t limit, std::vector<std::int32_t>& out) const;
  void append_word(std::u32string_view word, std::size_t limit, std::vector<std::int32_t>& out) const;

  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> vocabulary_;
  std::vector<Special> specials_;  // taken from the raw text, before normalisation, as the reference does
  std::string continuing_prefix_;
  std::size_t max_word_ = 100;  // code points; longer words are [UNK]
  std::int32_t cls_ = 0, sep_ = 0, unknown_ = 0;
  bool clean_text_ = true, split_han_ = true, lowercase_ = false, strip_accents_ = false;
};

}  // namespace zk::nlu
