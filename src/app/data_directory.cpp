#include "app/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace zk::app {

Result<DataDirectory> DataDirectory::open(const std::string& path) {
  std::error_code ec;
  const std::filesystem::path folder(path);
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), ec);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(ErrorCode::kPermissionDenied,
                "cannot make the data folder " + path + ": " + std::strerror(errno), "storage.data");
  }
  const std::string file = path + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return fail(ErrorCode::kPermissionDenied,
                "cannot write to the data folder " + path + ": " + std::strerror(errno), "storage.data");
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(ErrorCode::kUnavailable,
                "another server uses the data folder " + path + ": stop it, or give --data another folder",
                "storage.data");
  }
  return DataDirectory(path, lock);
}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace zk::app
