#include "answering/reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace zk::answering {
namespace {

// Read by the thousand, so that a stop half-way through a large import keeps what was done.
constexpr std::size_t kChunk = 1000;

}  // namespace

Readings Readings::part(std::size_t first, std::size_t last) const {
  Readings out{PackedRows(sentences.columns), {}};
  for (std::size_t i = first; i < last; ++i) {
    out.sentences.add({sentences.row(i), sentences.columns}, sentences.scales[i]);
    if (tokens.texts() > 0) out.tokens.add(tokens.bytes(i));
  }
  return out;
}

Reader::Reader(std::string name, std::shared_ptr<nlu::Encoder> encoder, TokenReader tokens)
    : name_(std::move(name)), encoder_(std::move(encoder)), tokens_(std::move(tokens)) {}

Status Reader::keep_in(const std::filesystem::path& directory, bool questions_too) {
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  const auto owner = std::string(model_id()) + (tokens_ ? " readings" : " sentences");
  ZK_TRY(file_, nlu::BlobCache::open(directory / ("readings-" + name_ + ".cache"), owner, kMostKept));
  questions_too_ = questions_too;
  return {};
}

Result<Readings> Reader::articles(std::span<const std::string> texts) { return read(texts, true); }
Result<Readings> Reader::questions(std::span<const std::string> texts) { return read(texts, questions_too_); }

// A record: scale, bytes of the sentence, tokens as TokenRows::bytes().
bool Reader::fits(std::string_view record) const {
  const std::size_t sentence = sizeof(float) + dimension();
  if (record.size() < sentence) return false;
  return tokens_ ? TokenRows::fits(record.substr(sentence)) : record.size() == sentence;
}

void Reader::add(std::string_view record, Readings& out) const {
  float scale = 0;
  std::memcpy(&scale, record.data(), sizeof scale);
  const auto* bytes = reinterpret_cast<const std::int8_t*>(record.data() + sizeof scale);
  out.sentences.add({bytes, dimension()}, scale);
  if (tokens_) out.tokens.add(record.substr(sizeof scale + dimension()));
}

Result<std::vector<std::string>> Reader::run(std::span<const std::string> texts) {
  const std::size_t d = dimension();
  std::vector<float> sentences;
  TokenRows tokens;
  if (tokens_) {
    ZK_TRY(auto read, tokens_(texts));
    tokens = token_rows(read, 0, texts.size());
    sentences = std::move(read.sentences);
  } else {
    ZK_TRY(sentences, encoder_->encode(texts));
  }
  ZK_CHECK(sentences.size() == texts.size() * d);
  std::vector<std::string> records;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    PackedRows one(d);
    one.add(std::span(sentences).subspan(i * d, d));
    std::string record(sizeof(float) + d, '\0');
    std::memcpy(record.data(), one.scales.data(), sizeof(float));
    std::memcpy(record.data() + sizeof(float), one.values.data(), d);
    if (tokens_) record += tokens.bytes(i);
    records.push_back(std::move(record));
  }
  return records;
}

std::optional<std::string> Reader::find(const std::string& text, bool file) {
  if (auto known = recent_.find(text)) {
    if (file && file_) file_->put(nlu::text_key(text), *known);
    return known;
  }
  if (!file_) return std::nullopt;
  auto kept = file_->find(nlu::text_key(text));
  if (kept && !fits(*kept)) kept.reset();
  if (kept && !file) recent_.put(text, *kept);
  return kept;
}

void Reader::keep(const std::string& text, const std::string& record, bool file) {
  if (!file) recent_.put(text, record);
  if (file && file_) file_->put(nlu::text_key(text), record);
}

Result<Readings> Reader::read(std::span<const std::string> texts, bool file) {
  Readings out{PackedRows(dimension()), {}};
  for (std::size_t begin = 0; begin < texts.size(); begin += kChunk) {
    const auto chunk = texts.subspan(begin, std::min(kChunk, texts.size() - begin));
    std::vector<std::optional<std::string>> known;
    std::vector<std::string> missing;
    std::vector<std::size_t> place;  // in `missing`, of what is not known
    for (const auto& t : chunk) {
      known.push_back(find(t, file));
      const auto at = known.back() ? missing.end() : std::find(missing.begin(), missing.end(), t);
      place.push_back(static_cast<std::size_t>(at - missing.begin()));
      if (!known.back() && at == missing.end()) missing.push_back(t);
    }
    std::vector<std::string> fresh;
    if (!missing.empty()) {
      ZK_TRY(fresh, run(missing));
    }
    for (std::size_t i = 0; i < chunk.size(); ++i) {
      if (!known[i]) keep(chunk[i], fresh[place[i]], file);
      add(known[i] ? *known[i] : fresh[place[i]], out);
    }
  }
  return out;
}

nlu::SentenceRows sentence_rows(const Readings& readings) {
  const auto& s = readings.sentences;
  nlu::SentenceRows out{s.columns, std::vector<float>(s.rows() * s.columns)};
  for (std::size_t i = 0; i < s.rows(); ++i)
    s.unpack(i, std::span(out.values).subspan(i * s.columns, s.columns));
  return out;
}

}  // namespace zk::answering
