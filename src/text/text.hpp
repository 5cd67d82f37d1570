// The face of `text`: what a question becomes before anything looks at it. Pure functions, no I/O;
// thread-safe. All strings are UTF-8; invalid bytes become U+FFFD. Cost: normalise and the n-grams are
// linear, under 1 µs a character.
//
//   text::normalise("ＡＰＰ裡的  訂單！！！！！")  ->  "app里的订单!!!"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zk::text {

// Form for matching: NFKC (UAX #15), lower case, traditional → simplified, white space dropped when the text
// has Han characters (else collapsed to one blank, trimmed), a character repeated more than thrice cut to
// three; digits are not cut. Emoji are kept.
std::string normalise(std::string_view s);

// Characters of the CJK Unified Ideographs blocks that texts are made of (U+3400–9FFF and the supplementary
// planes).
bool is_han(char32_t c);
bool has_han(std::string_view s);
bool is_valid_utf8(std::string_view s);
std::u32string to_u32(std::string_view s);
std::string to_utf8(std::u32string_view s);
// The first n characters, never cutting one in half.
std::string_view prefix(std::string_view s, std::size_t characters);

// Traditional to simplified, character by character; everything else untouched.
std::string to_simplified(std::string_view s);

// Character n-grams of letters and digits only (punctuation, blanks and emoji are skipped over), sizes min_n
// … max_n, in the order of the text, shorter ones first.
std::vector<std::string> char_grams(std::string_view s, int min_n, int max_n);

// Words by ICU's word break (UAX #29, with its dictionary for Han): lower case, punctuation and blanks
// dropped.
std::vector<std::string> words(std::string_view s);
// One word of ICU's general Chinese dictionary, as a whole (2 characters or more).
bool is_general_word(std::string_view s);

// One pinyin syllable per Han character, without tone (ü as u); each run of other letters or digits stands
// for itself.
std::vector<std::string> pinyin(std::string_view s);
// The same with the usual confusions folded: zh/z, ch/c, sh/s, -ng/-n, l/n.
std::vector<std::string> sounds(std::string_view s);
// Folded syllable of one character; empty when it has none.
std::string_view sound(char32_t c);

// BCP 47 guess by script, then CLD2 for longer Latin text: "zh", "en", "ja", "ko", "fr" …; Latin text too
// short to tell is "en"; "und" when there are no letters (digits, emoji).
std::string language(std::string_view s);

}  // namespace zk::text
