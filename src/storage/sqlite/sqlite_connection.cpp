#include "storage/sqlite/sqlite_connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.hpp"

namespace zk::storage {
namespace {

constexpr std::size_t kMaxStatements = 256;  // kept prepared, a connection
constexpr int kOpsBetweenDeadlineChecks = 4000;

// SQLite's defaults are for compatibility, these for durability and one behaviour on both engines (LIKE). The
// map is moderate: what is mapped counts as resident. Deleted rows are overwritten: what was erased is in no
// backup. 4,000 pages: one checkpoint every 16 MB of log.
constexpr const char* kPragmas =
    "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA "
    "cell_size_check = ON; PRAGMA secure_delete = ON;"
    "PRAGMA case_sensitive_like = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 67108864;";
constexpr const char* kLogPragmas =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA "
    "journal_size_limit = 67108864;";

int past_deadline(void* deadline) {
  return std::chrono::steady_clock::now() > *static_cast<Deadline*>(deadline) ? 1 : 0;
}

Row::Value column(sqlite3_stmt* stmt, int i) {
  switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(stmt, i));
    case SQLITE_FLOAT:
      return sqlite3_column_double(stmt, i);
    case SQLITE_NULL:
      return Null{};
    default: {
      const auto* p = static_cast<const char*>(sqlite3_column_blob(stmt, i));  // null for an empty one
      return p ? std::string(p, static_cast<std::size_t>(sqlite3_column_bytes(stmt, i))) : std::string();
    }
  }
}

struct Binder {
  sqlite3_stmt* stmt;
  int index;
  int operator()(Null) const { return sqlite3_bind_null(stmt, index); }
  int operator()(std::int64_t v) const { return sqlite3_bind_int64(stmt, index, v); }
  int operator()(double v) const { return sqlite3_bind_double(stmt, index, v); }
  int operator()(std::string_view v) const {
    return sqlite3_bind_text64(stmt, index, v.data() ? v.data() : "", v.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(Blob v) const {
    return sqlite3_bind_blob64(stmt, index, v.bytes.data() ? v.bytes.data() : "", v.bytes.size(),
                               SQLITE_STATIC);
  }
};

ErrorCode constraint_code(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return ErrorCode::kConflict;
    default:
      return ErrorCode::kInvalidArgument;
  }
}

}  // namespace

SqliteConnection::Statement::~Statement() { sqlite3_finalize(stmt); }

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Mode mode) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::kFile ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    (mode == Mode::kWriter ? SQLITE_OPEN_CREATE : 0);
  sqlite3* db = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db, path));
  if (rc != SQLITE_OK) return tl::unexpected(connection->last_error("open"));
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // SQLite opens a file it may only read without an error: say so here, not at the first write.
  if (mode != Mode::kFile && sqlite3_db_readonly(db, "main") == 1) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} is read-only; make it writable for this user", path));
  }
  ZK_TRY_STATUS(connection->execute(kPragmas));
  if (mode != Mode::kFile) ZK_TRY_STATUS(connection->execute(kLogPragmas));
  if (mode == Mode::kReader) ZK_TRY_STATUS(connection->execute("PRAGMA query_only = ON"));
  sqlite3_progress_handler(db, kOpsBetweenDeadlineChecks, past_deadline, &connection->deadline_);
  return connection;
}

SqliteConnection::~SqliteConnection() {
  cache_.clear();
  sqlite3_close(db_);
}

Error SqliteConnection::last_error(std::string_view what) const {
  const int extended = db_ ? sqlite3_extended_errcode(db_) : SQLITE_NOMEM;
  const std::string detail =
      fmt::format("{}: {} ({})", what, db_ ? sqlite3_errmsg(db_) : "out of memory", extended);
  const auto error = [&](ErrorCode code, std::string message) {
    return Error{code, std::move(message), {}, detail};
  };
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      return error(constraint_code(extended), constraint_code(extended) == ErrorCode::kConflict
                                                  ? "already there, or refers to something that is not"
                                                  : "a value that the database does not take");
    case SQLITE_FULL:
      return error(ErrorCode::kUnavailable, fmt::format("the disk of {} is full; free some space", path_));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return error(ErrorCode::kPermissionDenied,
                   fmt::format("{} cannot be written; make it and its folder writable for this user", path_));
    case SQLITE_CANTOPEN:
      return error(
          ErrorCode::kPermissionDenied,
          fmt::format("{} cannot be opened; check that its folder exists and is writable for this user",
                      path_));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return error(ErrorCode::kDataLoss,
                   fmt::format("{} is damaged or no database; restore a backup with `zhike restore`", path_));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return error(ErrorCode::kUnavailable,
                   fmt::format("another program holds {}; end it, then try again", path_));
    case SQLITE_IOERR:
      return error(ErrorCode::kUnavailable, fmt::format("the disk of {} fails; check it", path_));
    case SQLITE_INTERRUPT:
      return error(ErrorCode::kDeadlineExceeded, "the query took too long; ask for less");
    case SQLITE_TOOBIG:
      return error(ErrorCode::kTooLarge, "a value too large for the database");
    default:
      return error(ErrorCode::kInternal, "the database refused a statement");
  }
}

Status SqliteConnection::execute(const char* script) {
  if (sqlite3_exec(db_, script, nullptr, nullptr, nullptr) != SQLITE_OK)
    return tl::unexpected(last_error(script));
  return {};
}

Result<std::shared_ptr<SqliteConnection::Statement>> SqliteConnection::compile(const Query& q) {
  auto s = std::make_shared<Statement>();
  s->sql = q.sql;
  const char* tail = nullptr;
  if (sqlite3_prepare_v3(db_, q.sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, &tail) != SQLITE_OK) {
    return tl::unexpected(last_error(q.name));
  }
  ZK_CHECK(s->stmt != nullptr && tail != nullptr && *tail == '\0');  // one statement a Query
  for (int i = 1; i <= sqlite3_bind_parameter_count(s->stmt); ++i) {
    const char* name = sqlite3_bind_parameter_name(s->stmt, i);
    int n = 0;
    if (name && *name == '$') std::from_chars(name + 1, name + std::strlen(name), n);
    ZK_CHECK(n > 0);  // placeholders are $1 … $n
    s->params.push_back(n);
    s->wanted = std::max(s->wanted, static_cast<std::size_t>(n));
  }
  return s;
}

Result<std::shared_ptr<SqliteConnection::Statement>> SqliteConnection::prepare(const Query& q) {
  auto& kept = cache_[q.sql];
  // The text is compared too: a Query built at an address that was used before must not run the old
  // statement.
  if (kept && kept->sql == q.sql && !kept->busy) {
    kept->used = ++uses_;
    return kept;
  }
  const bool keep = !kept || !kept->busy;
  auto compiled = compile(q);
  if (!compiled) {
    if (!kept) cache_.erase(q.sql);
    return compiled;
  }
  if (!keep) return compiled;
  (*compiled)->used = ++uses_;
  kept = *compiled;
  if (cache_.size() > kMaxStatements) {
    const auto oldest = std::min_element(cache_.begin(), cache_.end(), [](const auto& a, const auto& b) {
      return a.second->used < b.second->used;
    });
    cache_.erase(oldest);
  }
  return compiled;
}

Status SqliteConnection::bind(Statement& s, Params params, const Query& q) {
  ZK_CHECK(params.size() == s.wanted);
  for (std::size_t i = 0; i < s.params.size(); ++i) {
    const auto n = static_cast<std::size_t>(s.params[i]);
    const Param& p = params[n - 1];
    if (std::visit(Binder{s.stmt, static_cast<int>(i) + 1}, p.value()) != SQLITE_OK)
      return tl::unexpected(last_error(q.name));
  }
  return {};
}

Result<std::int64_t> SqliteConnection::step_all(Statement& s, const Query& q, const Sink& sink) {
  const int columns = sqlite3_column_count(s.stmt);
  while (true) {
    const int rc = sqlite3_step(s.stmt);
    if (rc == SQLITE_DONE) break;
    if (rc != SQLITE_ROW) return tl::unexpected(last_error(q.name));
    std::vector<Row::Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) values.push_back(column(s.stmt, i));
    if (!sink(Row(std::move(values)))) break;
  }
  return sqlite3_stmt_readonly(s.stmt) ? 0 : sqlite3_changes64(db_);
}

Result<std::int64_t> SqliteConnection::query(const Query& q, Params params, const Sink& sink) {
  ZK_TRY(auto statement, prepare(q));
  struct Use {
    Statement& s;
    explicit Use(Statement& statement_in_use) : s(statement_in_use) { s.busy = true; }
    ~Use() {
      sqlite3_reset(s.stmt);
      sqlite3_clear_bindings(s.stmt);
      s.busy = false;
    }
  } use(*statement);
  ZK_TRY_STATUS(bind(*statement, params, q));
  return step_all(*statement, q, sink);
}

Status SqliteConnection::control(const char* statement) {
  return query({statement, statement}, {}, [](Row&&) { return true; }).map([](auto) {});
}

Status SqliteConnection::stream(const std::string& select, const Sink& sink) {
  const Query q{"stream", select.c_str()};
  ZK_TRY(auto statement, compile(q));
  ZK_TRY(auto changed, step_all(*statement, q, sink));
  (void)changed;
  return {};
}

Status SqliteConnection::begin_read(Deadline deadline) {
  deadline_ = deadline;
  return control("BEGIN DEFERRED");
}

Status SqliteConnection::begin_write() { return control("BEGIN IMMEDIATE"); }

Status SqliteConnection::commit(bool) { return control("COMMIT"); }

void SqliteConnection::rollback() {
  deadline_ = Deadline::max();
  if (in_transaction()) (void)control("ROLLBACK");
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

}  // namespace zk::storage
