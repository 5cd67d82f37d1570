// Writes the character tables of `text` as C++ source: for each of U+4E00 … U+9FFF its pinyin syllable
// without tone and its simplified form, from ICU's Han-Latin, Latin-ASCII and Traditional-Simplified
// transliterators (CLDR).
#include <unicode/translit.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> latin(
      icu::Transliterator::createInstance("Han-Latin; Latin-ASCII; Lower", UTRANS_FORWARD, status));
  std::unique_ptr<icu::Transliterator> simple(
      icu::Transliterator::createInstance("Traditional-Simplified", UTRANS_FORWARD, status));
  if (U_FAILURE(status)) {
    std::fprintf(stderr, "ICU transliterators are missing: %s\n", u_errorName(status));
    return 70;
  }
  constexpr int kFirst = 0x4E00, kLast = 0x9FFF;
  std::map<std::string, int> index{{"", 0}};
  std::vector<std::string> names{""};
  std::vector<int> syllable, simplified;
  for (int c = kFirst; c <= kLast; ++c) {
    icu::UnicodeString s(static_cast<UChar32>(c)), t(static_cast<UChar32>(c));
    latin->transliterate(s);
    for (int round = 0; round < 4; ++round)
      simple->transliterate(t);  // 薴 → 苧 → 苎: to the end of the chain
    std::string utf8;
    s.toUTF8String(utf8);
    std::string letters;
    for (const char ch : utf8)
      if (ch >= 'a' && ch <= 'z') letters += ch;
    if (letters.size() != utf8.size() || letters.size() > 6) letters.clear();  // unknown characters stay Han
    const auto [it, fresh] = index.try_emplace(letters, static_cast<int>(names.size()));
    if (fresh) names.push_back(letters);
    syllable.push_back(it->second);
    const UChar32 one = t.char32At(0);
    simplified.push_back(t.countChar32() == 1 && one >= kFirst && one <= kLast ? static_cast<int>(one) : c);
  }
  std::FILE* out = std::fopen(argv[1], "w");
  if (!out) return 73;
  std::fprintf(out, "constexpr std::string_view kSyllables[] = {");
  for (const auto& n : names) std::fprintf(out, "\"%s\",", n.c_str());
  std::fprintf(out, "};\nconstexpr std::uint16_t kSyllableOf[] = {");
  for (const int s : syllable) std::fprintf(out, "%d,", s);
  std::fprintf(out, "};\nconstexpr char16_t kSimplifiedOf[] = {");
  for (const int s : simplified) std::fprintf(out, "%d,", s);
  std::fprintf(out, "};\n");
  return std::fclose(out) == 0 ? 0 : 73;
}
