// The folder of everything a server keeps, held by one process at a time (flock on DIR/lock, released by the
// kernel even after SIGKILL). Not thread-safe; held by the composition root.
#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"

namespace zk::app {

class DataDirectory {
 public:
  // Makes the folder (mode 0700) when absent. kUnavailable: another server holds it; kPermissionDenied:
  // cannot be made or written.
  static Result<DataDirectory> open(const std::string& path);
  DataDirectory(DataDirectory&& other) noexcept
      : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  const std::string& path() const { return path_; }

 private:
  DataDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

}  // namespace zk::app
