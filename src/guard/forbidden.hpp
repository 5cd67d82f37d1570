// Words that may not be said: a list with exceptions, managed by the company, looked at before a message goes
// out. Matching ignores width, case, traditional characters, and blanks or punctuation put between Chinese
// characters (保 证、治-愈). An exception excuses the word where it stands inside that phrase (最 in 最近).
//
//   ForbiddenWords words(db);                                   // follows forbidden_words.updated
//   ZK_TRY(const auto hit, words.find("绝对有效", Speaker::kAgent, deadline));
//   if (hit) … hit->word …
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/block.hpp"
#include "storage/storage.hpp"

namespace zk::guard {

inline constexpr std::size_t kMostWords = 2'000;
inline constexpr std::size_t kMaxWordBytes = 100, kMostExceptions = 50;

enum class Speaker { kBot, kAgent };
enum class Applies { kAll, kBot, kAgent };
std::string_view to_string(Applies applies);  // all | bot | agent
std::optional<Applies> applies(std::string_view text);

struct ForbiddenWord {
  std::int64_t id = 0;
  std::string word;
  std::vector<std::string> exceptions = {};
  Applies applies = Applies::kAll;
  std::string author = {};
  Timestamp created_at{};
};
// kInvalidArgument names the field; kConflict: the word is there already; kTooLarge: kMostWords are there.
Result<ForbiddenWord> add(storage::Tx& tx, ForbiddenWord word);
Result<ForbiddenWord> change(storage::Tx& tx, ForbiddenWord word);  // by id; kNotFound
Status remove(storage::Tx& tx, std::int64_t id);
Result<std::vector<ForbiddenWord>> forbidden_words(storage::Tx& tx);  // by word

// The list made ready; immutable.
class WordList {
 public:
  explicit WordList(const std::vector<ForbiddenWord>& words);
  // The first word that `speaker` may not say; cost: text × words.
  std::optional<std::string> find(std::string_view text, Speaker speaker) const;

 private:
  struct Entry {
    std::string word;  // as written
    std::u32string folded;
    std::vector<std::u32string> exceptions;
    Applies applies;
  };
  std::vector<Entry> entries_;
};

class ForbiddenWords {
 public:
  explicit ForbiddenWords(storage::Db& db);
  Result<std::optional<std::string>> find(const Blocks& blocks, Speaker speaker, Deadline deadline) const;
  Result<std::shared_ptr<const WordList>> list(Deadline deadline) const;

 private:
  storage::Db& db_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const WordList> list_;  // under mutex_; null: must be read
  mutable std::uint64_t version_ = 0;             // under mutex_; a list read before a change is not kept
  std::shared_ptr<void> listening_;
};

}  // namespace zk::guard
