// What an operator does to an installation without serving it: copies, migration, the first user, a check-up.
// Each takes the configuration in force; all are called from one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "domain/people.hpp"
#include "knowledge/import.hpp"

namespace zk::app {

using Progress = std::function<void(double done)>;  // 0 … 1

// "sqlite:DATA/zhike.db" or the PostgreSQL URL.
std::string database_url(const config::Storage& storage);

// Also while a server runs. The master key (DATA/keys) is not in the copy: keep it apart from the backups.
Status backup(const config::Config& config, const std::string& file, const Progress& progress);
// Into a new or empty database; kUnavailable while a server runs on the data folder.
Status restore(const config::Config& config, const std::string& file, const Progress& progress);
// Applies pending migrations; kUnavailable while a server runs.
Status migrate(const config::Config& config);

struct NewUser {
  std::string email, name, password;
  Role role = Role::kAdmin;
};
// kInvalidArgument: the password is too easy to guess; kConflict: the address is taken; kUnavailable: a
// server runs (add users in the console then).
Status add_user(const config::Config& config, const NewUser& user);

// A file of articles (by its ending) into the knowledge base. kUnavailable: a server runs on the data folder (import in the
// console then).
Result<knowledge::ImportReport> import_articles(const config::Config& config, const std::string& file, bool dry_run,
                                                const std::function<void(int done, int rows)>& progress);

// A file of a flow, or a folder of them, into the database and live; the names. kInvalidArgument names file and line.
Result<std::vector<std::string>> import_flows(const config::Config& config, const std::string& path);

struct Finding {
  enum class Level { kOk, kWarning, kFault };
  Level level = Level::kOk;
  std::string what;    // "database", "key file", …
  std::string detail;  // what was found, and what to do about it
};
// Folder and file modes, disk space, clock, models, TLS files, database, audit chain.
std::vector<Finding> doctor(const config::Config& config, const std::string& program);

}  // namespace zk::app
