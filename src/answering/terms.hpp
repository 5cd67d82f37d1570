// Hashed terms of a normalised text (text::normalise): what BM25, the classifier and the repair count.
// Pure functions; thread-safe. A term is a 64-bit FNV-1a hash: among a million terms a collision is a
// 1-in-37-million event.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zk::answering {

using Term = std::uint64_t;

Term term_of(std::string_view bytes);
std::vector<Term> char_terms(std::string_view normalised, int min_n, int max_n);  // character n-grams
std::vector<Term> sound_terms(std::string_view normalised, int min_n,
                              int max_n);                   // n-grams of folded syllables
std::vector<Term> word_terms(std::string_view normalised);  // dictionary words

// What is said without what stands between it (spaces, punctuation): equal for texts that are word for word
// the same.
std::string letters(std::string_view text);
// Runs of Latin letters and digits: model names, amounts, periods ("s5", "30", "pro"). In order, with
// repeats.
std::vector<std::string> latin_tokens(std::string_view normalised);

// The text without what a speaker says while thinking (嗯, 那个, 就是…) and without a greeting at its head.
std::string without_fillers(std::string_view normalised);

// Parts of a long question, cut at punctuation of the raw text: 2 to `max_clauses` of at least 4 characters
// each, the longest ones in their order; empty when the question has fewer than two such parts.
std::vector<std::string> clauses(std::string_view raw, std::size_t max_clauses);

// An answer cut into sentences of more than three characters.
std::vector<std::string> sentences(std::string_view answer);

// Says that something does not work or must not be: 不能, 没有, 无法, not, can't…
bool has_negation(std::string_view normalised);

// Length in code points of the longest common run of characters.
int longest_common_run(std::u32string_view a, std::u32string_view b);

}  // namespace zk::answering
