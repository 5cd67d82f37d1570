// One article made ready for matching: normalised texts, terms, vectors. Immutable and shared between the
// snapshots of a knowledge base, so that an edit prepares one article and no other.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "answering/reader.hpp"
#include "answering/terms.hpp"
#include "domain/article.hpp"

namespace zk::answering {

struct Prepared {
  Article article;
  std::size_t questions =
      0;  // texts[0, questions): standard and similar questions; the rest: answer sentences
  std::vector<std::string> texts;                      // normalised
  std::vector<std::u32string> characters;              // of texts
  std::vector<std::vector<Term>> grams;                // characters 1–2, of the questions
  std::vector<std::vector<Term>> sounds;               // syllables 2–3, of the questions
  std::vector<std::vector<Term>> words;                // of the questions
  std::vector<Term> all_grams, all_sounds, all_words;  // of the whole article, words ascending and unique
  std::vector<std::string> latin;  // Latin and digit tokens of the whole article, ascending and unique
  std::vector<Readings> readings;  // of texts, by encoder
};

// Prepares the articles, all their texts in one call per encoder; the first encoder is the cheap one that
// also reads clauses of questions. Errors: what the encoders say.
Result<std::vector<std::shared_ptr<const Prepared>>> prepare(std::span<const Article> articles,
                                                             const Encoders& encoders);

}  // namespace zk::answering
