// The face of `text`: what a question becomes before anything looks at it. Pure functions, no I/O; thread-safe.
// All strings are UTF-8; invalid bytes become U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zk::text {

// Form for matching: NFKC, lower case, traditional → simplified, full → half width, white space dropped when the text has
// Han characters (else collapsed to one blank), characters repeated more than thrice cut to three. Emoji are kept.
std::string normalise(std::string_view s);

bool has_han(std::string_view s);
bool is_valid_utf8(std::string_view s);
std::u32string to_u32(std::string_view s);
std::string to_utf8(std::u32string_view s);

// Character n-grams of letters and digits only (punctuation and blanks skipped), each min_n … max_n code points.
std::vector<std::string> char_grams(std::string_view s, int min_n, int max_n);

// Words: dictionary-free ICU word break for Latin, ICU's dictionary for Han. Lower case, punctuation dropped.
std::vector<std::string> words(std::string_view s);

// One pinyin syllable per Han character, without tone; other letters and digits stand for themselves.
std::vector<std::string> pinyin(std::string_view s);
// The same with the usual confusions folded: zh/z, ch/c, sh/s, -ng/-n, l/n.
std::vector<std::string> sounds(std::string_view s);

// BCP 47 guess: "zh", "en", "ja", "ko", …; "und" for nothing to go by (digits, emoji).
std::string language(std::string_view s);

}  // namespace zk::text
