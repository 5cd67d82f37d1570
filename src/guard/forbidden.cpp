#include "guard/forbidden.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "text/text.hpp"

namespace zk::guard {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

#define ZK_WORD "SELECT id, word, exceptions, applies, author, created_at FROM forbidden_word "
constexpr Query kAll{"forbidden.all", ZK_WORD "ORDER BY word"};
constexpr Query kOne{"forbidden.one", ZK_WORD "WHERE id = $1"};
constexpr Query kSame{"forbidden.same", "SELECT 1 FROM forbidden_word WHERE word = $1 AND id <> $2"};
#undef ZK_WORD
constexpr Query kCount{"forbidden.count", "SELECT COUNT(*) FROM forbidden_word"};
constexpr Query kInsert{"forbidden.insert",
                        "INSERT INTO forbidden_word (word, exceptions, applies, author, created_at) VALUES "
                        "($1, $2, $3, $4, $5) RETURNING id"};
constexpr Query kUpdate{"forbidden.update",
                        "UPDATE forbidden_word SET word = $2, exceptions = $3, applies = $4 WHERE id = $1"};
constexpr Query kDelete{"forbidden.delete", "DELETE FROM forbidden_word WHERE id = $1"};

constexpr std::array<std::string_view, 3> kApplies{"all", "bot", "agent"};

// Letters and digits in normal form; what stands between them is left out when a Chinese character is on
// either side.
std::u32string folded(std::string_view text) {
  const auto all = text::to_u32(text::normalise(text));
  std::u32string out;
  const auto counts = [](char32_t c) {
    return text::is_han(c) || (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || c >= 0xC0;
  };
  const auto punctuation = [](char32_t c) {
    return (c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x303F) || (c >= 0xFE30 && c <= 0xFE4F) ||
           c == 0xFFFD;
  };
  char32_t last = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (counts(all[i]) && !punctuation(all[i])) {
      out += last = all[i];
      continue;
    }
    std::size_t next = i;
    while (next < all.size() && (!counts(all[next]) || punctuation(all[next]))) ++next;
    if (!text::is_han(last) && (next == all.size() || !text::is_han(all[next]))) out += U' ';
    i = next - 1;
  }
  return out;
}

std::string list_json(const std::vector<std::string>& v) {
  return json::serialize(json::array(v.begin(), v.end()));
}

ForbiddenWord word_of(const Row& r) {
  ForbiddenWord w{.id = r.integer(0),
                  .word = r.text(1),
                  .applies = applies(r.text(3)).value_or(Applies::kAll),
                  .author = r.text(4),
                  .created_at = r.time(5)};
  json::error_code ec;
  const auto list = json::parse(r.text(2), ec);
  if (!ec && list.is_array())
    for (const auto& e : list.get_array())
      if (e.is_string()) w.exceptions.emplace_back(e.get_string());
  return w;
}

Status check(Tx& tx, const ForbiddenWord& w) {
  const auto bad = [](std::string message, const char* field) {
    return fail(ErrorCode::kInvalidArgument, std::move(message), field);
  };
  const auto plain = folded(w.word);
  if (plain.find_first_not_of(U' ') == std::u32string::npos)
    return bad("word is empty; write at least one letter or character", "/word");
  if (w.word.size() > kMaxWordBytes)
    return bad(fmt::format("word is longer than {} bytes; shorten it", kMaxWordBytes), "/word");
  if (w.exceptions.size() > kMostExceptions)
    return bad(fmt::format("at most {} exceptions", kMostExceptions), "/exceptions");
  for (const auto& e : w.exceptions) {
    if (e.size() > kMaxWordBytes)
      return bad(fmt::format("an exception is longer than {} bytes", kMaxWordBytes), "/exceptions");
    const auto phrase = folded(e);
    if (phrase == plain || phrase.find(plain) == std::u32string::npos)
      return bad(fmt::format("the exception {} must be a longer phrase that holds the word", e),
                 "/exceptions");
  }
  ZK_TRY(const auto same, tx.maybe(kSame, {w.word, w.id}));
  if (same) return fail(ErrorCode::kConflict, "this word is on the list already", "/word");
  return {};
}

}  // namespace

std::string_view to_string(Applies a) { return kApplies[static_cast<std::size_t>(a)]; }
std::optional<Applies> applies(std::string_view text) {
  const auto it = std::find(kApplies.begin(), kApplies.end(), text);
  if (it == kApplies.end()) return std::nullopt;
  return static_cast<Applies>(it - kApplies.begin());
}

Result<ForbiddenWord> add(Tx& tx, ForbiddenWord w) {
  ZK_TRY_STATUS(check(tx, w));
  ZK_TRY(const auto count, tx.one(kCount));
  if (count.integer(0) >= static_cast<std::int64_t>(kMostWords))
    return fail(ErrorCode::kTooLarge,
                fmt::format("the list has {} words already; delete some first", kMostWords));
  ZK_TRY(const auto row,
         tx.one(kInsert, {w.word, list_json(w.exceptions), to_string(w.applies), w.author, w.created_at}));
  w.id = row.integer(0);
  return w;
}

Result<ForbiddenWord> change(Tx& tx, ForbiddenWord w) {
  ZK_TRY_STATUS(check(tx, w));
  ZK_TRY(const auto rows, tx.run(kUpdate, {w.id, w.word, list_json(w.exceptions), to_string(w.applies)}));
  if (rows == 0) return fail(ErrorCode::kNotFound, "there is no such forbidden word");
  ZK_TRY(const auto row, tx.one(kOne, {w.id}));
  return word_of(row);
}

Status remove(Tx& tx, std::int64_t id) {
  ZK_TRY(const auto rows, tx.run(kDelete, {id}));
  if (rows == 0) return fail(ErrorCode::kNotFound, "there is no such forbidden word");
  return {};
}

Result<std::vector<ForbiddenWord>> forbidden_words(Tx& tx) {
  ZK_TRY(const auto rows, tx.all(kAll));
  std::vector<ForbiddenWord> out;
  for (const auto& r : rows) out.push_back(word_of(r));
  return out;
}

WordList::WordList(const std::vector<ForbiddenWord>& words) {
  for (const auto& w : words) {
    Entry e{w.word, folded(w.word), {}, w.applies};
    for (const auto& x : w.exceptions) e.exceptions.push_back(folded(x));
    entries_.push_back(std::move(e));
  }
}

std::optional<std::string> WordList::find(std::string_view text, Speaker speaker) const {
  if (entries_.empty()) return std::nullopt;
  const auto said = folded(text);
  const auto letter = [](char32_t c) { return c >= U'a' && c <= U'z'; };
  const auto inside_a_word = [&](const Entry& e, std::size_t at) {
    const auto end = at + e.folded.size();
    return (letter(e.folded.front()) && at > 0 && letter(said[at - 1])) ||
           (letter(e.folded.back()) && end < said.size() && letter(said[end]));
  };
  const auto excused = [&](const Entry& e, std::size_t at) {
    return std::any_of(e.exceptions.begin(), e.exceptions.end(), [&](const auto& phrase) {
      const auto from = at + e.folded.size() > phrase.size() ? at + e.folded.size() - phrase.size() : 0;
      const auto found = said.find(phrase, from);
      return found != std::u32string::npos && found <= at && found + phrase.size() >= at + e.folded.size();
    });
  };
  for (const auto& e : entries_) {
    if ((e.applies == Applies::kBot && speaker != Speaker::kBot) ||
        (e.applies == Applies::kAgent && speaker != Speaker::kAgent))
      continue;
    for (auto at = said.find(e.folded); at != std::u32string::npos; at = said.find(e.folded, at + 1))
      if (!inside_a_word(e, at) && !excused(e, at)) return e.word;
  }
  return std::nullopt;
}

ForbiddenWords::ForbiddenWords(storage::Db& db) : db_(db) {
  listening_ = db_.listen([this](std::span<const storage::Event> events) {
    for (const auto& e : events)
      if (e.kind == "forbidden_words.updated") {
        const std::lock_guard lock(mutex_);
        list_ = nullptr;
        ++version_;
        return;
      }
  });
}

Result<std::shared_ptr<const WordList>> ForbiddenWords::list(Deadline deadline) const {
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    if (list_) return list_;
    version = version_;
  }
  ZK_TRY(const auto words, db_.read(deadline, forbidden_words));
  auto made = std::make_shared<const WordList>(words);
  const std::lock_guard lock(mutex_);
  if (version == version_) list_ = made;
  return made;
}

Result<std::optional<std::string>> ForbiddenWords::find(const Blocks& blocks, Speaker speaker,
                                                        Deadline deadline) const {
  ZK_TRY(const auto words, list(deadline));
  return words->find(plain_text(blocks), speaker);
}

}  // namespace zk::guard
