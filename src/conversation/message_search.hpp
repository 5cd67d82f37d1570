// Finds messages by what stands in them, newest first: the archive proposes, the text decides. The archive is
// derived: it follows the message table by id and can be thrown away at any time. Thread-safe.
//
//   ZK_TRY(auto search, MessageSearch::start(db, std::move(archive)));
//   ZK_TRY(auto found, search->find("退款", 0, 50, deadline));
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/record.hpp"
#include "exec/periodic.hpp"
#include "search/archive.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

struct FoundMessage {
  StoredMessage message;
  ConversationRecord conversation;
  std::string snippet;  // ≤ 80 characters around the first match
};
struct FoundMessages {
  std::vector<FoundMessage> items;
  std::int64_t next = 0;  // `before` of the next page; 0: no more
};

class MessageSearch {
 public:
  // Adds what the archive does not have yet, which may take a while on its own thread; find() sees what is
  // in.
  static Result<std::unique_ptr<MessageSearch>> start(storage::Db& db,
                                                      std::unique_ptr<search::MessageArchive> archive);
  ~MessageSearch();

  // Notes included: only agents search. before: 0 for the newest; limit 1–100.
  Result<FoundMessages> find(std::string_view phrase, std::int64_t before, int limit,
                             Deadline deadline) const;
  // Takes in everything committed before the call.
  Status catch_up(Deadline deadline);
  const search::MessageArchive& archive() const { return *archive_; }

 private:
  MessageSearch(storage::Db& db, std::unique_ptr<search::MessageArchive> archive)
      : db_(db), archive_(std::move(archive)) {}

  storage::Db& db_;
  std::unique_ptr<search::MessageArchive> archive_;
  std::mutex adding_;  // one reader of the table at a time: ids must ascend
  std::unique_ptr<exec::Periodic> follower_;
  std::shared_ptr<void> listening_;
};

// At most `characters` of the text around where the phrase stands, on one line.
std::string snippet(std::string_view text, std::string_view phrase, std::size_t characters);

}  // namespace zk::conversation
