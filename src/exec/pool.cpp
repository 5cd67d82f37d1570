#include "exec/pool.hpp"

#include <pthread.h>

#include <exception>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"

namespace zk::exec {

Pool::Pool(PoolOptions options) : options_(std::move(options)) {
  ZK_CHECK(options_.threads >= 1 && options_.threads <= 256);
  ZK_CHECK(options_.queue >= 1 && options_.queue <= 1'000'000);
  threads_.reserve(static_cast<std::size_t>(options_.threads));
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), options_.name.substr(0, 15).c_str());
  }
}

Pool::~Pool() { stop(); }

Status Pool::post(std::function<void()> task) {
  return enqueue({std::move(task), nullptr, Deadline::max(), std::chrono::steady_clock::now()});
}

Status Pool::post(Deadline deadline, std::function<void()> task, std::function<void()> late) {
  return enqueue({std::move(task), std::move(late), deadline, std::chrono::steady_clock::now()});
}

Status Pool::enqueue(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= options_.queue) {
      ++rejected_;
      return fail(ErrorCode::kUnavailable,
                  stopping_ ? "the server is stopping" : "too busy: try again in a second", {},
                  "pool " + options_.name);
    }
    queue_.push_back(std::move(task));
  }
  ready_.notify_one();
  return {};
}

void Pool::work() {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    execute(task);
  }
}

void Pool::execute(Task& task) {
  const auto now = std::chrono::steady_clock::now();
  waiting_.observe(now - task.posted);
  const bool late = now > task.deadline;
  {
    const std::lock_guard lock(mutex_);
    ++(late ? expired_ : executed_);
  }
  try {
    if (!late) {
      task.run();
    } else if (task.late) {
      task.late();
    }
  } catch (const std::exception& e) {
    log::error("exec", "task failed pool={} what={}", options_.name, e.what());
  }
}

void Pool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

PoolStats Pool::stats() const {
  const std::lock_guard lock(mutex_);
  return {options_.name, queue_.size(), options_.threads,   executed_,
          rejected_,     expired_,      waiting_.snapshot()};
}

}  // namespace zk::exec
