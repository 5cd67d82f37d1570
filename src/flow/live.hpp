// The book that runs: the published flows, read once and again after each flow.published of the ledger. The
// turn that asks first after a change reads it; a book in use stays as it is. Thread-safe.
//
//   LiveBook flows(db);
//   ZK_TRY(const auto book, flows.current(deadline));   // never null; hold it for the length of one turn
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "flow/book.hpp"
#include "storage/storage.hpp"

namespace zk::flow {

class LiveBook {
 public:
  explicit LiveBook(storage::Db& db);
  Result<std::shared_ptr<const Book>> current(Deadline deadline) const;

 private:
  storage::Db& db_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Book> book_;  // under mutex_; null: must be read
  std::uint64_t changes_ = 0;                 // under mutex_; a book read before a change is not kept
  std::shared_ptr<void> listening_;
};

}  // namespace zk::flow
