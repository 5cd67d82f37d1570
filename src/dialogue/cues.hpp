// Small steps shared by the files that read a message. Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace zk::dialogue {

using Cues = std::span<const std::string_view>;

bool has(std::string_view s, std::string_view cue);
bool has_any(std::string_view s, Cues cues);
std::size_t length_of(std::string_view s);  // in characters
// Letters, digits and Han only: punctuation, blanks and emoji carry nothing here.
std::string bare(std::string_view s);
// Takes `lead` off the front of `s`; false: it does not stand there.
bool take(std::string_view& s, std::string_view lead);
// Takes the longest of `leads` that stands there.
bool take_any(std::string_view& s, Cues leads);

}  // namespace zk::dialogue
