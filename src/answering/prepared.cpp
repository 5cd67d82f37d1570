#include "answering/prepared.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::answering {
namespace {

Prepared texts_of(const Article& article) {
  Prepared p;
  p.article = article;
  p.texts.push_back(text::normalise(article.question));
  for (const auto& s : article.similar) p.texts.push_back(text::normalise(s));
  p.questions = p.texts.size();
  const auto answer = plain_text(article.answer);
  for (const auto& s : sentences(answer)) p.texts.push_back(text::normalise(s));
  std::string all;
  for (std::size_t i = 0; i < p.texts.size(); ++i) {
    p.characters.push_back(text::to_u32(p.texts[i]));
    all.append(p.texts[i]).push_back(' ');
    if (i >= p.questions) continue;
    p.grams.push_back(char_terms(p.texts[i], 1, 2));
    p.sounds.push_back(sound_terms(p.texts[i], 2, 3));
    p.words.push_back(word_terms(p.texts[i]));
  }
  p.all_grams = char_terms(all, 1, 2);
  p.all_sounds = sound_terms(all, 2, 3);
  p.all_words = word_terms(all);
  std::sort(p.all_words.begin(), p.all_words.end());
  p.all_words.erase(std::unique(p.all_words.begin(), p.all_words.end()), p.all_words.end());
  p.latin = latin_tokens(all);
  std::sort(p.latin.begin(), p.latin.end());
  p.latin.erase(std::unique(p.latin.begin(), p.latin.end()), p.latin.end());
  return p;
}

}  // namespace

Result<std::vector<std::shared_ptr<const Prepared>>> prepare(std::span<const Article> articles,
                                                             const Encoders& encoders) {
  std::vector<Prepared> prepared;
  std::vector<std::string> texts;
  for (const auto& a : articles) {
    prepared.push_back(texts_of(a));
    texts.insert(texts.end(), prepared.back().texts.begin(), prepared.back().texts.end());
  }
  for (const auto& reader : encoders) {
    ZK_TRY(const auto read, reader->articles(texts));
    std::size_t row = 0;
    for (auto& p : prepared) {
      p.readings.push_back(read.part(row, row + p.texts.size()));
      row += p.texts.size();
    }
  }
  std::vector<std::shared_ptr<const Prepared>> out;
  for (auto& p : prepared) out.push_back(std::make_shared<const Prepared>(std::move(p)));
  return out;
}

}  // namespace zk::answering
