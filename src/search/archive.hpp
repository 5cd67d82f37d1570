// Which messages may contain a phrase: postings of character pairs over an append-only log, newest first,
// from one character on.
//
// A single-character phrase is every pair that begins with it. Latin words are found inside words too. Case,
// width, traditional and simplified forms are the same; blanks do not count. find() gives candidates that
// hold every pair of the phrase; the caller reads the message and decides with contains() — pairs may lie
// apart. Thread-safe: one writer, many readers.
//
// Memory: 2 bytes a character of the texts and 16 a message, plus 12 a distinct pair of each 32,768 messages;
// 1,000,000 messages of 15 characters hold about 70 MB. With a file, whole blocks of 32,768 messages are
// appended to it as they fill, each with its checksum; after a restart only messages after watermark() are
// added again.
//
//   ZK_TRY(auto archive, MessageArchive::open(data_dir / "messages.idx"));
//   for (auto& m : messages_after(archive->watermark())) archive->add(m.id, m.text);
//   auto ids = archive->find("退款", kNewest, 200);   // the next page: before = ids.back()
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"

namespace zk::search {

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

class MessageArchive {
 public:
  MessageArchive() = default;  // in memory only
  // A file that is absent is made; a torn or damaged end is cut off and is to be added again. kConflict when
  // another process holds it.
  static Result<std::unique_ptr<MessageArchive>> open(const std::filesystem::path& file);
  ~MessageArchive();
  MessageArchive(const MessageArchive&) = delete;

  // Ids ascend; one not above the last added is ignored. Searchable on return. kUnavailable when a full block
  // could not be written: the message is searchable all the same, and the block is tried again when the next
  // one fills.
  Status add(std::int64_t id, std::string_view text);

  // At most `limit` ids below `before`, newest first. A phrase without any letter, digit or sign finds
  // nothing.
  std::vector<std::int64_t> find(std::string_view phrase, std::int64_t before, std::size_t limit) const;
  // Whether a message found really holds the phrase.
  static bool contains(std::string_view text, std::string_view phrase);

  std::int64_t last_id() const;    // 0: none
  std::int64_t watermark() const;  // the last id in the file; 0: none
  std::size_t messages() const;
  std::size_t memory_bytes() const;

  static constexpr std::size_t kBlock = 32'768;

 private:
  // A pair of characters as one number: pairs with the same first character are neighbours. 0 stands for the
  // end of the text.
  using Pair = std::uint64_t;
  // kBlock messages, or fewer in the last one: numbers within the block by pair, ascending.
  struct Block {
    std::vector<std::int64_t> ids;
    std::vector<Pair> pairs;            // ascending
    std::vector<std::uint32_t> begins;  // of each pair in `numbers`; one more at the end
    std::vector<std::uint16_t> numbers;
  };

  static std::u32string fold(std::string_view text);
  static std::vector<Pair> pairs_of(std::u32string_view folded);
  static Block seal(std::vector<std::int64_t> ids,
                    const std::unordered_map<Pair, std::vector<std::uint16_t>>& open);
  static void find_in(const Block& block, std::u32string_view phrase, std::int64_t before, std::size_t limit,
                      std::vector<std::int64_t>& out);
  void find_in_open(std::u32string_view phrase, std::int64_t before, std::size_t limit,
                    std::vector<std::int64_t>& out) const;
  Status load();
  Status write_pending();

  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<const Block>> blocks_;
  std::size_t written_ = 0;  // blocks in the file
  std::vector<std::int64_t> open_ids_;
  std::unordered_map<Pair, std::vector<std::uint16_t>> open_;
  std::unordered_map<char32_t, std::vector<char32_t>> open_after_;  // characters that follow one, each once
  std::filesystem::path file_;
  int fd_ = -1;
  std::int64_t end_ = 0;  // bytes of the file in use
};

}  // namespace zk::search
