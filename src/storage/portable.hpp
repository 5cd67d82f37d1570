// The tables of one engine carried over to the other. A backup of PostgreSQL is a SQLite file with the same
// schema and rows as a backup of SQLite, so either can be restored into either engine.
#pragma once

#include <functional>
#include <string>

#include "storage/connection.hpp"

namespace zk::storage {

using Progress = std::function<void(double done)>;  // 0 … 1; may be empty

// Writes every row that `source` sees at one moment to the new SQLite file.
Status export_to_file(const Connect& source, const std::string& file, const Progress& progress);
// Fills an empty database that has been migrated. kConflict when a table holds rows.
Status import_from_file(Connection& target, const std::string& file, const Progress& progress);
// kDataLoss: no intact database; kPreconditionFailed: made by a newer or another schema.
Status check_file(const std::string& file);

}  // namespace zk::storage
