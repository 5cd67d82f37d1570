// A Connection to a PostgreSQL server over libpq: prepared statements, values in binary form.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/connection.hpp"

struct pg_conn;
struct pg_result;

namespace zk::storage {

// Other nodes are told of new events on this channel; the payload is the sender's node name.
inline constexpr const char* kEventChannel = "zhike_event";

class PostgresConnection final : public Connection {
 public:
  // node: letters and digits, names this process among those that share the database.
  // kUnavailable: not reachable; kPreconditionFailed: the database is not UTF-8.
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& url, const std::string& node);
  ~PostgresConnection() override;

  Status execute(const char* script) override;
  Result<std::int64_t> query(const Query& q, Params params, const Sink& sink) override;
  Status stream(const std::string& select, const Sink& sink) override;
  Status begin_read(Deadline deadline) override;
  Status begin_write() override;
  Status commit(bool appended) override;
  void rollback() override;
  bool in_transaction() const override;
  bool should_retry() const override { return retry_; }
  bool alive() const override;

  pg_conn* handle() { return db_; }

 private:
  // A Query is prepared once for each combination of parameter types that it is called with.
  struct Statement {
    std::string name, sql;
    std::vector<unsigned> types;
  };
  PostgresConnection(pg_conn* db, std::string node) : db_(db), node_(std::move(node)) {}
  Result<const Statement*> prepare(const Query& q, Params params);
  Status prepare_as(const Statement& s, const Query& q);
  Status prepare_with_nulls(Statement& s, const Query& q);
  Status describe_unknown(Statement& s, const Query& q);
  Error error_of(const pg_result* result, std::string_view what);

  pg_conn* db_;
  std::string node_;
  std::unordered_map<const char*, std::vector<Statement>> cache_;
  std::int64_t prepared_ = 0;
  bool retry_ = false;
};

}  // namespace zk::storage
