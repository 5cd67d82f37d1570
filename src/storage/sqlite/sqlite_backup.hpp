// Copies of a SQLite database, made while it is in use.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"

namespace zk::storage {

class SqliteConnection;

// Copies `from` to the new file `to` (mode 0600) page by page; one consistent state. kConflict when `to`
// exists. progress: 0 … 1, may be empty. A copy that failed leaves no file.
Status sqlite_backup(const std::string& from, const std::string& to,
                     const std::function<void(double done)>& progress);

// Makes `file` (mode 0600; kConflict when it exists), calls write to fill it, syncs it to disk; removes it on
// failure.
Status sqlite_new_file(const std::string& file, const std::function<Status()>& write);

// Leaves a database as one file, without a log beside it.
inline constexpr const char* kOneFile = "PRAGMA journal_mode = DELETE";

// Every page, index and reference; kDataLoss names the first faults in its detail.
Status sqlite_integrity_check(SqliteConnection& connection);

}  // namespace zk::storage
