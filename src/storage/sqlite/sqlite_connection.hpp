// A Connection to a SQLite file: WAL, synchronous=FULL, foreign keys enforced, prepared statements kept.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/connection.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace zk::storage {

class SqliteConnection final : public Connection {
 public:
  // kWriter makes the file when it is not there. kFile only reads and changes nothing, not even the journal
  // mode.
  enum class Mode { kWriter, kReader, kFile };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Mode mode);
  ~SqliteConnection() override;

  Status execute(const char* script) override;
  Status control(const char* statement) override;
  Result<std::int64_t> query(const Query& q, Params params, const Sink& sink) override;
  Status stream(const std::string& select, const Sink& sink) override;
  Status begin_read(Deadline deadline) override;
  Status begin_write() override;
  Status commit(bool appended) override;
  void rollback() override;
  bool in_transaction() const override;
  bool should_retry() const override { return false; }
  bool alive() const override { return true; }

  sqlite3* handle() { return db_; }
  // The last error of the handle as an Error; `what` names the query or step, for the detail.
  Error last_error(std::string_view what) const;

 private:
  struct Statement {
    sqlite3_stmt* stmt = nullptr;
    std::vector<int> params;  // params[i]: the n of the $n at SQLite's index i + 1
    std::size_t wanted = 0;   // how many parameters the text speaks of
    std::string sql;
    bool busy = false;
    std::uint64_t used = 0;
    Statement() = default;
    Statement(const Statement&) = delete;
    ~Statement();
  };
  SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  Result<std::shared_ptr<Statement>> prepare(const Query& q);
  Result<std::shared_ptr<Statement>> compile(const Query& q);
  Status bind(Statement& s, Params params, const Query& q);
  Result<std::int64_t> step_all(Statement& s, const Query& q, const Sink& sink);

  sqlite3* db_;
  std::string path_;
  Deadline deadline_ = Deadline::max();
  std::unordered_map<const char*, std::shared_ptr<Statement>> cache_;
  std::uint64_t uses_ = 0;
};

}  // namespace zk::storage
