// A bounded map that forgets what was used longest ago. Thread-safe; values are copied out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace zk {

template <class Value>
class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}

  std::optional<Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto it = index_.find(key);
    if (it == index_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, it->second);
    return it->second->second;
  }
  void put(const std::string& key, Value value) {
    const std::lock_guard lock(mutex_);
    put_locked(key, std::move(value));
  }
  // What may be put back only if nothing was erased since (see put_if).
  std::uint64_t generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
  }
  // Keeps value unless something was erased after `generation` was taken: a value read before cannot come
  // back stale.
  void put_if(std::uint64_t generation, const std::string& key, Value value) {
    const std::lock_guard lock(mutex_);
    if (generation == generation_) put_locked(key, std::move(value));
  }
  // Changes the value in place, made by default first if absent and `create`; returns what f returns, or R{}
  // when absent.
  template <class F>
  auto change(const std::string& key, bool create, F&& f) -> decltype(f(std::declval<Value&>())) {
    const std::lock_guard lock(mutex_);
    auto it = index_.find(key);
    if (it == index_.end()) {
      if (!create) return {};
      put_locked(key, Value{});
      it = index_.find(key);
    }
    order_.splice(order_.begin(), order_, it->second);
    return f(it->second->second);
  }
  template <class Predicate>
  void erase_if(Predicate&& p) {
    const std::lock_guard lock(mutex_);
    ++generation_;
    for (auto it = order_.begin(); it != order_.end();) {
      if (p(it->first, it->second)) {
        index_.erase(it->first);
        it = order_.erase(it);
      } else {
        ++it;
      }
    }
  }
  template <class F>
  void each(F&& f) {
    const std::lock_guard lock(mutex_);
    for (auto& [key, value] : order_) f(key, value);
  }

 private:
  void put_locked(const std::string& key, Value value) {
    if (const auto it = index_.find(key); it != index_.end()) {
      it->second->second = std::move(value);
      order_.splice(order_.begin(), order_, it->second);
      return;
    }
    order_.emplace_front(key, std::move(value));
    index_[key] = order_.begin();
    if (order_.size() > capacity_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  std::list<std::pair<std::string, Value>> order_;  // newest use first
  std::unordered_map<std::string, typename std::list<std::pair<std::string, Value>>::iterator> index_;
};

}  // namespace zk
