#include "nlu/wordpiece.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

namespace zk::nlu {
namespace {

namespace json = boost::json;
constexpr std::size_t kMaxFileBytes = 64 << 20;

// The reference's character classes are those of Unicode 8; later characters belong to none of them.
bool in_unicode_8(UChar32 c) {
  UVersionInfo age;
  u_charAge(c, age);
  return age[0] <= 8;
}

bool is_blank(UChar32 c) { return u_isUWhiteSpace(c); }

bool is_dropped(UChar32 c) {
  if (c == 0 || c == 0xFFFD) return true;
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const auto category = u_charType(c);
  if (category == U_CONTROL_CHAR || category == U_PRIVATE_USE_CHAR) return true;
  return category == U_FORMAT_CHAR && in_unicode_8(c);
}

bool is_punctuation(UChar32 c) {
  if (c < 0x80) return c > ' ' && c < 0x7F && !u_isalnum(c);
  if (c == 0x166D || c == 0x111C9) return true;  // punctuation in Unicode 8, reclassified later
  return u_ispunct(c) && in_unicode_8(c);
}

bool is_han(UChar32 c) {
  // Ranges of the reference, its 0x2B920 for 0x2B820 included: the model was trained with it.
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::u32string without_accents(const std::u32string& s) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfd = icu::Normalizer2::getNFDInstance(status);
  const auto in = icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(s.data()),
                                                static_cast<int32_t>(s.size()));
  const auto decomposed = nfd->normalize(in, status);
  std::u32string out;
  for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = decomposed.char32At(i);
    if (u_charType(c) != U_NON_SPACING_MARK) out += static_cast<char32_t>(c);
  }
  return out;
}

void append_lower(char32_t c, std::u32string& out) {
  if (c == 0x0130) {  // the one character whose lower case is two
    out += U"i\u0307";
  } else {
    out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  }
}

void append_utf8(char32_t c, std::string& out) {
  char buffer[4];
  int32_t n = 0;
  U8_APPEND_UNSAFE(reinterpret_cast<uint8_t*>(buffer), n, static_cast<UChar32>(c));
  out.append(buffer, static_cast<std::size_t>(n));
}

Error malformed(std::string what) {
  return {ErrorCode::kDataLoss, "tokenizer file: " + std::move(what) + "; fetch it again with tools/setup"};
}

bool flag(const json::object& o, std::string_view key, bool otherwise) {
  const auto* v = o.if_contains(key);
  return v && v->is_bool() ? v->get_bool() : otherwise;
}

}  // namespace

Result<WordPiece> WordPiece::load(const std::filesystem::path& file) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(file, ec);
  std::ifstream in(file, std::ios::binary);
  if (ec || !in)
    return fail(ErrorCode::kNotFound, "tokenizer " + file.string() + " cannot be read; run tools/setup");
  if (size > kMaxFileBytes) return tl::unexpected(malformed("larger than 64 MB"));
  std::string text(size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    return tl::unexpected(malformed("ends early"));
  return parse(text);
}

Result<WordPiece> WordPiece::parse(std::string_view text) {
  boost::system::error_code ec;
  const auto root = json::parse(text, ec);
  if (ec || !root.is_object()) return tl::unexpected(malformed("not a JSON object"));
  const auto* model = root.as_object().if_contains("model");
  const auto* normalizer = root.as_object().if_contains("normalizer");
  if (!model || !model->is_object() || !normalizer || !normalizer->is_object())
    return tl::unexpected(malformed("no model or normalizer"));
  const auto* vocabulary = model->as_object().if_contains("vocab");
  if (!vocabulary || !vocabulary->is_object()) return tl::unexpected(malformed("no vocabulary"));
  const auto* kind = normalizer->as_object().if_contains("type");
  if (!kind || *kind != "BertNormalizer")
    return tl::unexpected(malformed("normalizer is not BertNormalizer"));

  WordPiece w;
  w.vocabulary_.reserve(vocabulary->as_object().size());
  for (const auto& [piece, id] : vocabulary->as_object()) {
    if (!id.is_int64() || id.get_int64() < 0 || id.get_int64() > 10'000'000)
      return tl::unexpected(malformed("an id is not a number below 10,000,000"));
    w.vocabulary_.emplace(std::string(piece), static_cast<std::int32_t>(id.get_int64()));
  }
  for (const auto& [name, id] : {std::pair{"[CLS]", &w.cls_}, {"[SEP]", &w.sep_}, {"[UNK]", &w.unknown_}}) {
    const auto it = w.vocabulary_.find(std::string_view(name));
    if (it == w.vocabulary_.end()) return tl::unexpected(malformed(std::string(name) + " is missing"));
    *id = it->second;
  }
  if (const auto* added = root.as_object().if_contains("added_tokens"); added && added->is_array()) {
    for (const auto& a : added->get_array()) {
      const auto* content = a.is_object() ? a.get_object().if_contains("content") : nullptr;
      const auto* id = a.is_object() ? a.get_object().if_contains("id") : nullptr;
      if (!content || !content->is_string() || content->get_string().empty() || !id || !id->is_int64())
        return tl::unexpected(malformed("an added token has no content or id"));
      w.specials_.push_back({std::string(content->get_string()), static_cast<std::int32_t>(id->get_int64())});
    }
  }
  const auto& m = model->as_object();
  const auto* prefix = m.if_contains("continuing_subword_prefix");
  w.continuing_prefix_ = prefix && prefix->is_string() ? std::string(prefix->get_string()) : "##";
  if (const auto* n = m.if_contains("max_input_chars_per_word"); n && n->is_int64() && n->get_int64() > 0)
    w.max_word_ = static_cast<std::size_t>(std::min<std::int64_t>(n->get_int64(), 1000));
  const auto& o = normalizer->as_object();
  w.clean_text_ = flag(o, "clean_text", true);
  w.split_han_ = flag(o, "handle_chinese_chars", true);
  w.lowercase_ = flag(o, "lowercase", true);
  w.strip_accents_ = flag(o, "strip_accents", w.lowercase_);
  return w;
}

std::u32string WordPiece::normalise(std::string_view text) const {
  std::u32string s;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, length, c);
    if (c < 0) c = 0xFFFD;
    if (clean_text_) {
      if (is_dropped(c)) continue;
      if (is_blank(c)) c = ' ';
    }
    const bool alone = split_han_ && is_han(c);
    if (alone) s += U' ';
    s += static_cast<char32_t>(c);
    if (alone) s += U' ';
  }
  if (strip_accents_) s = without_accents(s);
  if (!lowercase_) return s;
  std::u32string lower;
  for (const char32_t c : s) append_lower(c, lower);
  return lower;
}

void WordPiece::append_word(std::u32string_view word, std::size_t limit,
                            std::vector<std::int32_t>& out) const {
  if (word.size() > max_word_) return out.push_back(unknown_);
  const std::size_t before = out.size();
  std::string utf8;
  std::vector<std::size_t> at;  // byte offset of each code point
  for (const char32_t c : word) {
    at.push_back(utf8.size());
    append_utf8(c, utf8);
  }
  at.push_back(utf8.size());
  std::string piece;
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t end = word.size();
    for (; end > begin; --end) {
      piece = begin ? continuing_prefix_ : "";
      piece.append(utf8, at[begin], at[end] - at[begin]);
      if (const auto it = vocabulary_.find(piece); it != vocabulary_.end()) {
        out.push_back(it->second);
        break;
      }
    }
    if (end == begin) {  // no piece fits: the whole word is unknown
      out.resize(before);
      return out.push_back(unknown_);
    }
    begin = end;
  }
  if (out.size() > limit) out.resize(limit);
}

void WordPiece::append_pieces(std::string_view text, std::size_t limit,
                              std::vector<std::int32_t>& out) const {
  const auto s = normalise(text);
  for (std::size_t i = 0; i < s.size() && out.size() < limit;) {
    const auto c = static_cast<UChar32>(s[i]);
    std::size_t end = i + 1;
    if (!is_blank(c)) {
      if (!is_punctuation(c)) {
        while (end < s.size() && !is_blank(static_cast<UChar32>(s[end])) &&
               !is_punctuation(static_cast<UChar32>(s[end])))
          ++end;
      }
      append_word(std::u32string_view(s).substr(i, end - i), limit, out);
    }
    i = end;
  }
}

std::vector<std::int32_t> WordPiece::pieces(std::string_view text, std::size_t limit) const {
  std::vector<std::int32_t> out;
  while (!text.empty() && out.size() < limit) {
    std::size_t at = std::string_view::npos;
    const Special* special = nullptr;
    for (const auto& s : specials_) {
      const std::size_t found = text.find(s.text);
      if (found < at || (found == at && special && s.text.size() > special->text.size()))
        at = found, special = &s;
    }
    append_pieces(text.substr(0, at), limit, out);
    if (!special) break;
    if (out.size() < limit) out.push_back(special->id);
    text.remove_prefix(at + special->text.size());
  }
  return out;
}

Tokens WordPiece::encode(std::string_view text, std::size_t max_tokens) const {
  Tokens t;
  t.ids = pieces(text, max_tokens - 2);
  t.ids.insert(t.ids.begin(), cls_);
  t.ids.push_back(sep_);
  t.types.assign(t.ids.size(), 0);
  return t;
}

Tokens WordPiece::encode_pair(std::string_view first, std::string_view second, std::size_t max_tokens) const {
  const std::size_t room = max_tokens - 3;
  auto a = pieces(first, room + 1), b = pieces(second, room + 1);
  // The reference's "longest first": the shorter keeps what it has as long as the other can take the loss.
  if (a.size() + b.size() > room) {
    const std::size_t half = room / 2;
    const std::size_t shorter = std::min(a.size(), b.size());
    const std::size_t keep = shorter <= half ? shorter : half;
    const bool first_is_longer = a.size() > b.size();
    (first_is_longer ? b : a).resize(keep);
    (first_is_longer ? a : b).resize(room - keep);
  }
  Tokens t;
  t.ids.push_back(cls_);
  t.ids.insert(t.ids.end(), a.begin(), a.end());
  t.ids.push_back(sep_);
  t.types.assign(t.ids.size(), 0);
  t.ids.insert(t.ids.end(), b.begin(), b.end());
  t.ids.push_back(sep_);
  t.types.resize(t.ids.size(), 1);
  return t;
}

}  // namespace zk::nlu
