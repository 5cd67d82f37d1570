#include "exec/periodic.hpp"

#include <pthread.h>

#include <exception>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"

namespace zk::exec {

Periodic::Periodic(PeriodicOptions options, std::function<void()> run)
    : options_(std::move(options)), run_(std::move(run)) {
  ZK_CHECK(options_.period >= std::chrono::milliseconds(1));
  thread_ = std::thread([this] { loop(); });
  pthread_setname_np(thread_.native_handle(), options_.name.substr(0, 15).c_str());
}

Periodic::~Periodic() { stop(); }

void Periodic::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_one();
}

void Periodic::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Periodic::runs() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

void Periodic::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_for(lock, options_.period, [this] { return stopping_ || poked_; });
    if (stopping_) return;
    poked_ = false;
    lock.unlock();
    try {
      run_();
    } catch (const std::exception& e) {
      log::error("exec", "periodic job failed job={} what={}", options_.name, e.what());
    }
    lock.lock();
    ++runs_;
  }
}

}  // namespace zk::exec
