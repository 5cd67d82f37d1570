// What the finders of names share. Internal to `text`.
#pragma once

#include <cstddef>

#include "text/pii/scan.hpp"

namespace zk::text::pii {

// Characters of the surname at i (2 for 欧阳), or 0.
std::size_t surname(const Scan& s, std::size_t i);
// The surname at i is hardly ever another word.
bool sure_surname(const Scan& s, std::size_t i);
// May stand in a given name: no function word, no title, not taken.
bool given(const Scan& s, std::size_t i);
// [from, to) is one word of the general dictionary.
bool general_word(const Scan& s, std::size_t from, std::size_t to);
// End of two or three capitalised words at i, or i.
std::size_t latin_name(const Scan& s, std::size_t i);

void names_in_context(Scan& s);

}  // namespace zk::text::pii
