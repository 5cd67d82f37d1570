#include <cstdio>  // CLD2 1.0 uses FILE without it

#include <cld2/public/compact_lang_det.h>
#include <unicode/uscript.h>

#include "text/text.hpp"

namespace zk::text {
namespace {
// Fewer letters than this and CLD2 guesses more than it knows: Latin is then taken for English.
constexpr int kEnoughLatin = 24;
}  // namespace

std::string language(std::string_view s) {
  int han = 0, kana = 0, hangul = 0, latin = 0, other = 0;
  UScriptCode other_script = USCRIPT_COMMON;
  for (const char32_t c : to_u32(s)) {
    UErrorCode status = U_ZERO_ERROR;
    switch (const auto script = uscript_getScript(static_cast<UChar32>(c), &status)) {
      case USCRIPT_HAN:
        ++han;
        break;
      case USCRIPT_HIRAGANA:
      case USCRIPT_KATAKANA:
        ++kana;
        break;
      case USCRIPT_HANGUL:
        ++hangul;
        break;
      case USCRIPT_LATIN:
        ++latin;
        break;
      case USCRIPT_COMMON:
      case USCRIPT_INHERITED:
      case USCRIPT_UNKNOWN:
        break;
      default:
        ++other, other_script = script;
    }
  }
  if (kana > 0 && kana * 4 >= han) return "ja";
  if (hangul > han) return "ko";
  // One Han character says as much as a word of about four letters: 我的iphone是什么型号 is Chinese.
  if (han > 0 && han * 4 >= latin) return "zh";
  if (latin == 0 && other == 0) return han > 0 ? "zh" : "und";
  if (latin + other < kEnoughLatin && latin >= other) return "en";
  bool reliable = false;
  const std::string valid = to_utf8(to_u32(s));  // CLD2 reads beyond broken sequences
  const auto guess = CLD2::DetectLanguage(valid.data(), static_cast<int>(valid.size()), true, &reliable);
  if (reliable && guess != CLD2::UNKNOWN_LANGUAGE) {
    const std::string code = CLD2::LanguageCode(guess);
    return code.starts_with("zh") ? "zh" : code;
  }
  return latin >= other ? "en" : (other_script == USCRIPT_CYRILLIC ? "ru" : "und");
}

}  // namespace zk::text
