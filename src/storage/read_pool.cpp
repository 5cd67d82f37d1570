#include "storage/read_pool.hpp"

#include "storage/transaction.hpp"

namespace zk::storage {

Result<std::unique_ptr<Connection>> ReadPool::acquire(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, deadline, [&] { return closed_ || lent_ < size_; })) {
    return fail(ErrorCode::kDeadlineExceeded, "the database is busy; try again later", {},
                "all read connections in use");
  }
  if (closed_) return fail(ErrorCode::kUnavailable, "the database is closed");
  ++lent_;
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  lock.unlock();
  auto opened = connect_();
  if (!opened) release(nullptr);
  return opened;
}

void ReadPool::release(std::unique_ptr<Connection> connection) {
  bool closing = false;
  {
    const std::scoped_lock lock(mutex_);
    --lent_;
    closing = closed_;
    if (connection && connection->alive()) idle_.push_back(std::move(connection));
  }
  if (closing)
    changed_.notify_all();
  else
    changed_.notify_one();
}

Status ReadPool::run(Deadline deadline, const std::function<void(Tx&)>& f) {
  // An idle connection may have lost its server meanwhile: then the next one, at most all of them and a fresh
  // one.
  for (int attempt = 0;; ++attempt) {
    ZK_TRY(auto connection, acquire(deadline));
    if (auto begun = connection->begin_read(deadline); !begun) {
      const bool lost = !connection->alive();
      release(std::move(connection));
      if (lost && attempt < size_) continue;
      return begun;
    }
    Transaction tx(*connection, nullptr);
    try {
      f(tx);
    } catch (...) {
      connection->rollback();
      release(std::move(connection));
      throw;
    }
    connection->rollback();
    release(std::move(connection));
    return {};
  }
}

void ReadPool::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return lent_ == 0; });
  idle_.clear();
}

}  // namespace zk::storage
