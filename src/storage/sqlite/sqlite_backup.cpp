#include "storage/sqlite/sqlite_backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "storage/sqlite/sqlite_connection.hpp"
#include "storage/transaction.hpp"

namespace zk::storage {
namespace {

constexpr int kPagesAStep = 2048;  // 8 MiB
constexpr Query kIntegrity{"sqlite.integrity", "SELECT integrity_check FROM pragma_integrity_check(20)"};
constexpr Query kForeignKeys{"sqlite.foreign_keys",
                             "SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 20"};

Status copy_pages(SqliteConnection& from, SqliteConnection& to, const std::function<void(double)>& progress) {
  // A read transaction held over all steps: the copy is of one moment and writers do not make it start again.
  ZK_TRY_STATUS(from.begin_read(Deadline::max()));
  ZK_TRY_STATUS(
      from.query({"sqlite.pin", "SELECT COUNT(*) FROM sqlite_schema"}, {}, [](Row&&) { return true; }));
  sqlite3_backup* copy = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (!copy) return tl::unexpected(to.last_error("backup"));
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK) {
    rc = sqlite3_backup_step(copy, kPagesAStep);
    const int total = sqlite3_backup_pagecount(copy);
    if (progress && total > 0) progress(1.0 - static_cast<double>(sqlite3_backup_remaining(copy)) / total);
  }
  sqlite3_backup_finish(copy);
  from.rollback();
  if (rc != SQLITE_DONE) return tl::unexpected(to.last_error("backup"));
  return {};
}

Status make_new(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST)
    return fail(ErrorCode::kConflict, fmt::format("{} exists; give a new file name", file), "file");
  if (fd < 0)
    return fail(ErrorCode::kPermissionDenied, fmt::format("cannot make {}: {}", file, std::strerror(errno)),
                "file");
  ::close(fd);
  return {};
}

Status sync_file(const std::string& file) {
  for (const std::string& path : {file, std::filesystem::absolute(file).parent_path().string()}) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    if (!synced)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("cannot write {} to disk: {}", path, std::strerror(errno)), "file");
  }
  return {};
}

Status copy_to(const std::string& from, const std::string& to, const std::function<void(double)>& progress) {
  ZK_TRY(auto source, SqliteConnection::open(from, SqliteConnection::Mode::kFile));
  ZK_TRY(auto target, SqliteConnection::open(to, SqliteConnection::Mode::kWriter));
  ZK_TRY_STATUS(copy_pages(*source, *target, progress));
  return target->execute(kOneFile);
}

}  // namespace

Status sqlite_new_file(const std::string& file, const std::function<Status()>& write) {
  ZK_TRY_STATUS(make_new(file));
  auto written = write();
  if (written) written = sync_file(file);
  if (!written) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((file + suffix).c_str());
  }
  return written;
}

Status sqlite_backup(const std::string& from, const std::string& to,
                     const std::function<void(double)>& progress) {
  return sqlite_new_file(to, [&] { return copy_to(from, to, progress); });
}

Status sqlite_integrity_check(SqliteConnection& connection) {
  std::string faults;
  ZK_TRY_STATUS(connection.query(kIntegrity, {}, [&](Row&& row) {
    if (row.text(0) != "ok") faults += row.text(0) + "; ";
    return true;
  }));
  ZK_TRY_STATUS(connection.query(kForeignKeys, {}, [&](Row&& row) {
    faults +=
        fmt::format("row {} of {} refers to nothing; ", row.is_null(1) ? 0 : row.integer(1), row.text(0));
    return true;
  }));
  if (faults.empty()) return {};
  return fail(ErrorCode::kDataLoss, "the database is damaged; restore a backup with `zhike restore`", {},
              faults);
}

}  // namespace zk::storage
