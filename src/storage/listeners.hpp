// Who is told of committed events. Thread-safe. A listener must not add or drop listeners while it is called.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "storage/storage.hpp"

namespace zk::storage {

class Listeners {
 public:
  // The handle may outlive this object. Once it is destroyed the listener is not running and never runs
  // again.
  std::shared_ptr<void> add(Listener listener);
  // Calls are made one at a time, in the order of publish.
  void publish(std::span<const Event> events);

 private:
  struct State {
    std::mutex mutex;
    std::map<std::uint64_t, Listener> listeners;
    std::uint64_t next = 1;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace zk::storage
