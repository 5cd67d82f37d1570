// Db on a SQLite file. The file belongs to one process at a time: FILE.lock is held with flock.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "storage/database.hpp"
#include "storage/migration.hpp"
#include "storage/sqlite/sqlite_backup.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace zk::storage {
namespace {

constexpr mode_t kPrivateFile = 0600;
using Mode = SqliteConnection::Mode;

class Lock {
 public:
  Lock() = default;
  explicit Lock(int fd) : fd_(fd) {}
  Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Lock& operator=(Lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Lock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  int fd_ = -1;
};

Error cannot(std::string_view what, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return Error{
      full ? ErrorCode::kUnavailable : ErrorCode::kPermissionDenied,
      full ? fmt::format("the disk of {} is full; free some space", path)
           : fmt::format("cannot {} {}: {}; check that its folder exists and is writable for this user", what,
                         path, std::strerror(error)),
      "database",
      {}};
}

Result<Lock> lock_exclusively(const std::string& path) {
  const std::string file = path + ".lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivateFile);
  if (fd < 0) return tl::unexpected(cannot("make", file, errno));
  Lock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string folder = std::filesystem::absolute(path).parent_path().string();
    return fail(ErrorCode::kUnavailable,
                fmt::format("another zhike uses the data folder {}; stop it, or give this one another folder",
                            folder),
                "database");
  }
  return lock;
}

// SQLite gives its side files the mode of the main one, so it is made here, readable by its owner alone.
Status make_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivateFile);
  if (fd < 0) return tl::unexpected(cannot("open", path, errno));
  ::close(fd);
  return {};
}

Connect opener(std::string path, Mode mode) {
  return [path = std::move(path), mode]() -> Result<std::unique_ptr<Connection>> {
    ZK_TRY(auto connection, SqliteConnection::open(path, mode));
    return std::unique_ptr<Connection>(std::move(connection));
  };
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const Options& options, std::string path, Lock lock, std::unique_ptr<Connection> writer)
      : Database(options, std::move(writer), opener(path, Mode::kWriter), opener(path, Mode::kReader)),
        path_(std::move(path)),
        lock_(std::move(lock)) {}
  ~SqliteDatabase() override { SqliteDatabase::close(); }

  Status backup(const std::string& file, const std::function<void(double)>& progress) override;
  Status integrity_check() override;
  std::string_view engine() const override { return "sqlite"; }
  void close() override {
    Database::close();
    lock_ = Lock();
  }

 private:
  std::string path_;
  Lock lock_;
};

Status SqliteDatabase::backup(const std::string& file, const std::function<void(double)>& progress) {
  return sqlite_backup(path_, file, progress);
}

Status SqliteDatabase::integrity_check() {
  ZK_TRY(auto connection, SqliteConnection::open(path_, Mode::kFile));
  return sqlite_integrity_check(*connection);
}

}  // namespace

Result<std::unique_ptr<Db>> open_sqlite(const Options& options, const std::string& path) {
  ZK_TRY(auto lock, lock_exclusively(path));
  ZK_TRY_STATUS(make_private(path));
  ZK_TRY(auto writer, SqliteConnection::open(path, Mode::kWriter));
  ZK_TRY_STATUS(migrate(*writer, kSqliteDialect, embedded_migrations(), options.migrate));
  return std::make_unique<SqliteDatabase>(options, path, std::move(lock), std::move(writer));
}

}  // namespace zk::storage
