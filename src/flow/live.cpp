#include "flow/live.hpp"

#include "base/log.hpp"
#include "flow/store.hpp"

namespace zk::flow {

LiveBook::LiveBook(storage::Db& db) : db_(db) {
  listening_ = db_.listen([this](std::span<const storage::Event> events) {
    for (const auto& e : events)
      if (e.kind == "flow.published") {
        const std::lock_guard lock(mutex_);
        book_ = nullptr;
        ++changes_;
        return;
      }
  });
}

Result<std::shared_ptr<const Book>> LiveBook::current(Deadline deadline) const {
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    if (book_) return book_;
    changes = changes_;
  }
  ZK_TRY(const auto texts, db_.read(deadline, running));
  auto book = std::make_shared<Book>();
  for (const auto& t : texts) {
    auto flow = parse(t.source);
    if (flow)
      book->flows.push_back(*std::move(flow));
    else  // published by another version of this program; its article answers instead
      log::warn("flow", "published flow does not parse and is left out flow={}", t.name);
  }
  const std::lock_guard lock(mutex_);
  if (changes == changes_) book_ = book;
  return book;
}

}  // namespace zk::flow
