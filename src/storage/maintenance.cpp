// What is done to a database as a whole, while a server may be using it or before one does.
#include <fmt/format.h>

#include <filesystem>

#include "storage/database.hpp"
#include "storage/migration.hpp"
#include "storage/portable.hpp"
#include "storage/postgres/postgres_database.hpp"
#include "storage/sqlite/sqlite_backup.hpp"
#include "storage/sqlite/sqlite_connection.hpp"

namespace zk::storage {
namespace {

Result<std::string> sqlite_path(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "the database URL must be sqlite:/path/to/file.db or postgresql://…", "database");
  }
  return url.substr(kSqlite.size());
}

Status need_file(const std::string& file, const char* field) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) return {};
  return fail(ErrorCode::kNotFound, fmt::format("{} is not there", file), field);
}

Status restore_postgres(const std::string& url, const std::string& file, const Progress& progress) {
  ZK_TRY(auto target, PostgresConnection::open(url, "restore"));
  ZK_TRY_STATUS(migrate(*target, kPostgresDialect, embedded_migrations(), true));
  return import_from_file(*target, file, progress);
}

}  // namespace

Status backup(const std::string& url, const std::string& file, const Progress& progress) {
  if (is_postgres(url)) return export_to_file(postgres_opener(url, "backup"), file, progress);
  ZK_TRY(auto path, sqlite_path(url));
  ZK_TRY_STATUS(need_file(path, "database"));
  return sqlite_backup(path, file, progress);
}

Status restore(const std::string& url, const std::string& file, const Progress& progress) {
  ZK_TRY_STATUS(need_file(file, "file"));
  ZK_TRY_STATUS(check_file(file));
  if (is_postgres(url)) return restore_postgres(url, file, progress);
  ZK_TRY(auto path, sqlite_path(url));
  return sqlite_backup(file, path, progress);
}

Status check(const std::string& url) {
  if (is_postgres(url)) return postgres_integrity_check(url);
  ZK_TRY(auto path, sqlite_path(url));
  ZK_TRY_STATUS(need_file(path, "database"));
  return check_file(path);
}

}  // namespace zk::storage
