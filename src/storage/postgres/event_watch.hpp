// Waits on a connection of its own for other nodes' notice that they committed events (LISTEN/NOTIFY).
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"

namespace zk::storage {

class PostgresConnection;

class EventWatch {
 public:
  // news is called on the watch's thread: after every notice of another node, after every (re)connect, and a
  // second after try_later.
  EventWatch(std::string url, std::string node, std::function<void()> news);
  ~EventWatch() { close(); }
  void try_later();
  void close();

 private:
  void loop();
  Result<std::unique_ptr<PostgresConnection>> connect();
  // True when another node has committed events.
  bool take_notices(PostgresConnection& connection);
  // Waits for the socket (-1: none) or a wake-up; at most a second when something is to be tried again.
  void wait(int socket, bool retry);

  const std::string url_, node_;
  const std::function<void()> news_;
  int wake_;
  std::atomic<bool> closing_{false}, again_{false};
  std::once_flag joined_;
  std::thread thread_;
};

}  // namespace zk::storage
