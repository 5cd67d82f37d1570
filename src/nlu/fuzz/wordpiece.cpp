// Any bytes as a text for a small tokenizer, and any bytes as a tokenizer file.
#include "nlu/wordpiece.hpp"

#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using zk::nlu::WordPiece;
  static const auto tokenizer = WordPiece::parse(R"({"normalizer":{"type":"BertNormalizer","lowercase":true},
    "added_tokens":[{"id":2,"content":"[SEP]"}],
    "model":{"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##a":4,"\u9000":5,"!":6,"ab":7}}})");
  ZK_CHECK(tokenizer.has_value());
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tokens = tokenizer->encode(text, 32);
  ZK_CHECK(tokens.ids.size() >= 2 && tokens.ids.size() <= 32 && tokens.types.size() == tokens.ids.size());
  const auto pair = tokenizer->encode_pair(text.substr(0, size / 2), text.substr(size / 2), 16);
  ZK_CHECK(pair.ids.size() >= 3 && pair.ids.size() <= 16);
  if (const auto parsed = WordPiece::parse(text)) (void)parsed->encode("退款 abc");
  return 0;
}
