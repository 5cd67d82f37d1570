// One article made ready for matching: normalised texts, terms, vectors. Immutable and shared between the
// snapshots of a knowledge base, so that an edit prepares one article and no other.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "answering/late.hpp"
#include "answering/terms.hpp"
#include "domain/article.hpp"
#include "nlu/blob_cache.hpp"
#include "nlu/encoder.hpp"

namespace zk::answering {

// An encoder and the name its features carry ("bge", "e5"). The first one is the cheap one that also reads
// clauses.
struct EncoderSlot {
  std::string name;
  std::shared_ptr<nlu::Encoder> encoder;   // for what is asked
  std::shared_ptr<nlu::Encoder> stored{};  // for article texts: the same behind a cache; empty: `encoder`
  std::shared_ptr<nlu::BlobCache> stored_tokens{};  // TokenRows of article texts; empty: read anew each time
  TokenReader tokens{};  // where it can: vectors of sentences and tokens in one pass
};
using Encoders = std::vector<EncoderSlot>;

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
  std::vector<std::vector<float>> vectors;  // by encoder: texts.size() × dimension, length 1 each
};

// Prepares the articles, all their texts in one call per encoder. Errors: what the encoders say.
Result<std::vector<std::shared_ptr<const Prepared>>> prepare(std::span<const Article> articles,
                                                             const Encoders& encoders);

}  // namespace zk::answering
