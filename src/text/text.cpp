#include "text/text.hpp"

#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <memory>

#include "base/check.hpp"

namespace zk::text {
namespace {

const icu::Normalizer2& nfkc() {
  static const icu::Normalizer2* instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    const auto* n = icu::Normalizer2::getNFKCInstance(status);
    ZK_CHECK(U_SUCCESS(status));
    return n;
  }();
  return *instance;
}

// ICU's iterators hold state, so each thread has its own.
icu::BreakIterator& word_breaks() {
  thread_local const std::unique_ptr<icu::BreakIterator> instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> b(
        icu::BreakIterator::createWordInstance(icu::Locale("zh_CN"), status));
    ZK_CHECK(U_SUCCESS(status));
    return b;
  }();
  return *instance;
}

bool word_character(char32_t c) {
  if (c < 128) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return u_isalnum(static_cast<UChar32>(c)) != 0;
}

#include "han_tables.inc"
constexpr char32_t kFirst = 0x4E00, kLast = 0x9FFF;
static_assert(std::size(kSyllableOf) == kLast - kFirst + 1 && std::size(kSimplifiedOf) == kLast - kFirst + 1);

char16_t simplified(char32_t c) { return kSimplifiedOf[c - kFirst]; }
bool in_tables(char32_t c) { return c >= kFirst && c <= kLast; }

std::string_view syllable(char32_t c) {
  return in_tables(c) ? kSyllables[kSyllableOf[c - kFirst]] : std::string_view{};
}

// zh/z, ch/c, sh/s, -ng/-n, l/n: what southern speakers, recognisers and hurried typists mix up.
std::string fold(std::string_view s) {
  std::string out(s);
  if (out.size() > 1 && out[1] == 'h' && (out[0] == 'z' || out[0] == 'c' || out[0] == 's')) out.erase(1, 1);
  if (out.ends_with("ng")) out.pop_back();
  if (out.starts_with('l')) out[0] = 'n';
  return out;
}

const std::vector<std::string>& folded_syllables() {
  static const std::vector<std::string> table = [] {
    std::vector<std::string> t;
    for (const auto s : kSyllables) t.push_back(fold(s));
    return t;
  }();
  return table;
}

template <class SyllableOf>
std::vector<std::string> spell(std::string_view s, SyllableOf of) {
  std::vector<std::string> out;
  std::string run;
  const auto flush = [&] {
    if (!run.empty()) out.push_back(std::move(run));
    run.clear();
  };
  for (const char32_t c : to_u32(s)) {
    if (const auto p = of(c); !p.empty()) {
      flush();
      out.emplace_back(p);
    } else if (is_han(c)) {
      flush();
      out.push_back(to_utf8({&c, 1}));
    } else if (word_character(c)) {
      run += to_utf8({&c, 1});
    } else {
      flush();
    }
  }
  flush();
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Decodes one character at s[i], advancing i; U+FFFD and one byte forward where the bytes are not UTF-8 (RFC
// 3629).
char32_t decode(std::string_view s, std::size_t& i, bool& valid) {
  const auto byte = [&](std::size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  const auto tail = [&](std::size_t k) { return (byte(k) & 0xC0) == 0x80; };
  const unsigned b = byte(i);
  if (b < 0x80) return ++i, b;
  if (b >= 0xC2 && b < 0xE0 && tail(i + 1)) {
    const char32_t c = ((b & 0x1F) << 6) | (byte(i + 1) & 0x3F);
    return i += 2, c;
  }
  if (b >= 0xE0 && b < 0xF0 && tail(i + 1) && tail(i + 2)) {
    const char32_t c = ((b & 0x0F) << 12) | ((byte(i + 1) & 0x3F) << 6) | (byte(i + 2) & 0x3F);
    if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF)) return i += 3, c;
  }
  if (b >= 0xF0 && b < 0xF5 && tail(i + 1) && tail(i + 2) && tail(i + 3)) {
    const char32_t c = ((b & 0x07) << 18) | ((byte(i + 1) & 0x3F) << 12) | ((byte(i + 2) & 0x3F) << 6) |
                       (byte(i + 3) & 0x3F);
    if (c >= 0x10000 && c <= 0x10FFFF) return i += 4, c;
  }
  valid = false;
  return ++i, 0xFFFD;
}

}  // namespace

bool is_han(char32_t c) {
  return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x323AF);
}

std::u32string to_u32(std::string_view s) {
  std::u32string out;
  out.reserve(s.size());
  bool valid = true;
  for (std::size_t i = 0; i < s.size();) out += decode(s, i, valid);
  return out;
}

std::string to_utf8(std::u32string_view s) {
  std::string out;
  out.reserve(s.size() * 3);
  for (const char32_t c : s) append_utf8(out, c);
  return out;
}

bool is_valid_utf8(std::string_view s) {
  bool valid = true;
  for (std::size_t i = 0; i < s.size() && valid;) decode(s, i, valid);
  return valid;
}

bool has_han(std::string_view s) {
  bool valid = true;
  for (std::size_t i = 0; i < s.size();)
    if (is_han(decode(s, i, valid))) return true;
  return false;
}

std::string_view prefix(std::string_view s, std::size_t characters) {
  std::size_t i = 0;
  bool valid = true;
  for (std::size_t n = 0; n < characters && i < s.size(); ++n) decode(s, i, valid);
  return s.substr(0, i);
}

std::string to_simplified(std::string_view s) {
  auto u = to_u32(s);
  for (auto& c : u)
    if (in_tables(c)) c = simplified(c);
  return to_utf8(u);
}

std::string normalise(std::string_view s) {
  UErrorCode status = U_ZERO_ERROR;
  const auto wide =
      nfkc().normalize(icu::UnicodeString::fromUTF8({s.data(), static_cast<std::int32_t>(s.size())}), status);
  ZK_CHECK(U_SUCCESS(status));  // only memory can fail here
  std::u32string u(static_cast<std::size_t>(wide.countChar32()), U'\0');
  wide.toUTF32(reinterpret_cast<UChar32*>(u.data()), static_cast<std::int32_t>(u.size()), status);
  bool han = false;
  for (auto& c : u) {
    if (in_tables(c))
      c = simplified(c);
    else
      c = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
    han = han || is_han(c);
  }
  std::u32string out;
  out.reserve(u.size());
  int repeated = 0;
  for (const char32_t c : u) {
    if (u_isUWhiteSpace(static_cast<UChar32>(c)) || u_iscntrl(static_cast<UChar32>(c))) {
      if (!han && !out.empty() && out.back() != U' ') out += U' ';
      continue;
    }
    repeated = !out.empty() && out.back() == c ? repeated + 1 : 1;
    if (repeated <= 3 || u_isdigit(static_cast<UChar32>(c))) out += c;
  }
  if (!out.empty() && out.back() == U' ') out.pop_back();
  return to_utf8(out);
}

std::vector<std::string> char_grams(std::string_view s, int min_n, int max_n) {
  std::u32string kept;
  for (const char32_t c : to_u32(s))
    if (word_character(c)) kept += c;
  std::vector<std::string> out;
  for (std::size_t n = static_cast<std::size_t>(min_n); n <= static_cast<std::size_t>(max_n); ++n)
    for (std::size_t i = 0; i + n <= kept.size(); ++i)
      out.push_back(to_utf8(std::u32string_view(kept).substr(i, n)));
  return out;
}

std::vector<std::string> words(std::string_view s) {
  std::vector<std::string> out;
  auto u = icu::UnicodeString::fromUTF8({s.data(), static_cast<std::int32_t>(s.size())});
  u.toLower();
  auto& it = word_breaks();
  it.setText(u);
  for (std::int32_t from = it.first(), to = it.next(); to != icu::BreakIterator::DONE;
       from = to, to = it.next()) {
    if (it.getRuleStatus() < UBRK_WORD_NONE_LIMIT) continue;
    std::string w;
    u.tempSubStringBetween(from, to).toUTF8String(w);
    out.push_back(std::move(w));
  }
  return out;
}

bool is_general_word(std::string_view s) {
  const auto u = icu::UnicodeString::fromUTF8({s.data(), static_cast<std::int32_t>(s.size())});
  if (u.countChar32() < 2) return false;
  auto& it = word_breaks();
  it.setText(u);
  return it.first() == 0 && it.next() == u.length();
}

std::vector<std::string> pinyin(std::string_view s) { return spell(s, syllable); }
std::vector<std::string> sounds(std::string_view s) { return spell(s, sound); }

std::string_view sound(char32_t c) {
  if (!in_tables(c)) return {};
  return folded_syllables()[kSyllableOf[c - kFirst]];
}

}  // namespace zk::text
