#include "storage/portable.hpp"

#include <fmt/format.h>

#include <utility>

#include "storage/migration.hpp"
#include "storage/sqlite/sqlite_backup.hpp"
#include "storage/sqlite/sqlite_connection.hpp"
#include "storage/transaction.hpp"

namespace zk::storage {
namespace {

constexpr std::size_t kRowsAStatement = 100;
constexpr const char* kTables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "AND name <> 'schema_migration' ORDER BY rowid";
constexpr Query kColumns{"portable.columns",
                         "SELECT name, type = 'BLOB' FROM pragma_table_info($1) ORDER BY cid"};
// Identity columns of the current schema go on after the greatest id that was brought in.
constexpr Query kIdentities{"portable.identities",
                            "SELECT table_name, column_name FROM information_schema.columns "
                            "WHERE is_identity = 'YES' AND table_schema = current_schema()"};

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<bool> is_bytes;  // a column each: text and bytes look alike in a Row
};

// In the order of their creation: what a row refers to comes first.
Result<std::vector<Table>> tables_of(SqliteConnection& file) {
  std::vector<Table> tables;
  ZK_TRY_STATUS(file.stream(kTables, [&](Row&& row) {
    tables.push_back({row.text(0), {}, {}});
    return true;
  }));
  for (Table& t : tables) {
    const Param name(t.name);
    ZK_TRY(auto n, file.query(kColumns, Params(&name, 1), [&](Row&& row) {
      t.columns.push_back(row.text(0));
      t.is_bytes.push_back(row.boolean(1));
      return true;
    }));
    (void)n;
  }
  return tables;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

std::string select_of(const Table& t) { return fmt::format("SELECT {} FROM {}", joined(t.columns), t.name); }

std::string insert_of(const Table& t, std::size_t rows) {
  std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ", t.name, joined(t.columns));
  std::size_t n = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    sql += r == 0 ? "(" : ", (";
    for (std::size_t c = 0; c < t.columns.size(); ++c) sql += fmt::format("{}${}", c == 0 ? "" : ", ", ++n);
    sql += ")";
  }
  return sql;
}

// Inserts rows into one table, many in a statement.
class Inserter {
 public:
  Inserter(Connection& target, const Table& table)
      : target_(target), table_(table), many_(insert_of(table, kRowsAStatement)), one_(insert_of(table, 1)) {}
  Status add(Row&& row) {
    rows_.push_back(std::move(row));
    return rows_.size() == kRowsAStatement ? send(many_) : Status{};
  }
  Status finish() {
    std::vector<Row> rest = std::exchange(rows_, {});
    for (Row& row : rest) {
      rows_.clear();
      rows_.push_back(std::move(row));
      ZK_TRY_STATUS(send(one_));
    }
    return {};
  }

 private:
  Status send(const std::string& sql) {
    std::vector<Param> params;
    params.reserve(rows_.size() * table_.columns.size());
    for (const Row& row : rows_) {
      for (int c = 0; c < row.size(); ++c) params.push_back(param(row, c));
    }
    ZK_TRY(auto n, target_.query({"portable.insert", sql.c_str()}, params, [](Row&&) { return true; }));
    (void)n;
    rows_.clear();
    return {};
  }
  Param param(const Row& row, int c) const {
    const auto& v = row.value(c);
    if (const auto* i = std::get_if<std::int64_t>(&v)) return *i;
    if (const auto* d = std::get_if<double>(&v)) return *d;
    if (const auto* s = std::get_if<std::string>(&v))
      return table_.is_bytes[static_cast<std::size_t>(c)] ? Param(Blob{*s}) : Param(*s);
    return Null{};
  }

  Connection& target_;
  const Table& table_;
  const std::string many_, one_;
  std::vector<Row> rows_;
};

Result<std::int64_t> count_rows(Connection& connection, const Table& table) {
  std::int64_t n = 0;
  ZK_TRY_STATUS(connection.stream(fmt::format("SELECT COUNT(*) FROM {}", table.name), [&](Row&& row) {
    n = row.integer(0);
    return true;
  }));
  return n;
}

Status copy_tables(Connection& from, Connection& to, const std::vector<Table>& tables,
                   const Progress& progress) {
  std::int64_t total = 0, done = 0;
  for (const Table& t : tables) {
    ZK_TRY(auto n, count_rows(from, t));
    total += n;
  }
  for (const Table& t : tables) {
    Inserter inserter(to, t);
    Status inserted;
    ZK_TRY_STATUS(from.stream(select_of(t), [&](Row&& row) {
      inserted = inserter.add(std::move(row));
      if (++done % 1000 == 0 && progress) progress(static_cast<double>(done) / static_cast<double>(total));
      return inserted.has_value();
    }));
    ZK_TRY_STATUS(std::move(inserted));
    ZK_TRY_STATUS(inserter.finish());
  }
  if (progress) progress(1.0);
  return {};
}

Status restart_identities(Connection& target) {
  std::vector<std::string> statements;
  ZK_TRY(auto n, target.query(kIdentities, {}, [&](Row&& row) {
    statements.push_back(
        fmt::format("SELECT setval(pg_get_serial_sequence('{0}', '{1}'), COALESCE(MAX({1}), 1), MAX({1}) IS "
                    "NOT NULL) FROM {0}",
                    row.text(0), row.text(1)));
    return true;
  }));
  (void)n;
  for (const std::string& s : statements) ZK_TRY_STATUS(target.execute(s.c_str()));
  return {};
}

// A migration may have put rows into a new database; in the copy they come with the others.
Status remove_rows(Connection& target, const std::vector<Table>& tables) {
  for (auto t = tables.rbegin(); t != tables.rend(); ++t) {
    ZK_TRY_STATUS(target.execute(fmt::format("DELETE FROM {}", t->name).c_str()));
  }
  return {};
}

// No table holds more rows than in a database that was just made.
Status check_new(Connection& target, const std::vector<Table>& tables) {
  ZK_TRY(auto fresh, SqliteConnection::open(":memory:", SqliteConnection::Mode::kWriter));
  ZK_TRY_STATUS(migrate(*fresh, kSqliteDialect, embedded_migrations(), true));
  for (const Table& t : tables) {
    ZK_TRY(auto rows, count_rows(target, t));
    ZK_TRY(auto rows_when_new, count_rows(*fresh, t));
    if (rows > rows_when_new) {
      return fail(ErrorCode::kConflict, "the database is not empty; restore into a new one", "database",
                  t.name);
    }
  }
  return {};
}

Status fill(Connection& target, SqliteConnection& file, const Progress& progress) {
  ZK_TRY(auto tables, tables_of(file));
  ZK_TRY_STATUS(check_new(target, tables));
  ZK_TRY_STATUS(remove_rows(target, tables));
  ZK_TRY_STATUS(copy_tables(file, target, tables, progress));
  return restart_identities(target);
}

Status write_file(Connection& source, const std::string& file, const Progress& progress) {
  ZK_TRY(auto target, SqliteConnection::open(file, SqliteConnection::Mode::kWriter));
  ZK_TRY_STATUS(migrate(*target, kSqliteDialect, embedded_migrations(), true));
  ZK_TRY(auto tables, tables_of(*target));
  ZK_TRY_STATUS(target->begin_write());
  ZK_TRY_STATUS(remove_rows(*target, tables));
  ZK_TRY_STATUS(copy_tables(source, *target, tables, progress));
  ZK_TRY_STATUS(target->commit(false));
  ZK_TRY_STATUS(sqlite_integrity_check(*target));
  return target->execute(kOneFile);
}

}  // namespace

Status export_to_file(const Connect& source, const std::string& file, const Progress& progress) {
  ZK_TRY(auto connection, source());
  ZK_TRY_STATUS(connection->begin_read(Deadline::max()));
  return sqlite_new_file(file, [&] { return write_file(*connection, file, progress); });
}

Status import_from_file(Connection& target, const std::string& file, const Progress& progress) {
  ZK_TRY(auto source, SqliteConnection::open(file, SqliteConnection::Mode::kFile));
  ZK_TRY_STATUS(source->begin_read(Deadline::max()));
  ZK_TRY_STATUS(target.begin_write());
  auto filled = fill(target, *source, progress);
  if (filled) filled = target.commit(false);
  if (!filled) target.rollback();
  return filled;
}

Status check_file(const std::string& file) {
  ZK_TRY(auto connection, SqliteConnection::open(file, SqliteConnection::Mode::kFile));
  ZK_TRY_STATUS(sqlite_integrity_check(*connection));
  return check_schema(*connection, embedded_migrations());
}

}  // namespace zk::storage
