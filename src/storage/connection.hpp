// One connection to either engine: the only thing the rest of the module knows of SQLite and PostgreSQL.
// Used by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "storage/storage.hpp"

namespace zk::storage {

class Connection {
 public:
  using Sink = std::function<bool(Row&&)>;
  virtual ~Connection() = default;

  // SQL without parameters, possibly many statements.
  virtual Status execute(const char* script) = 0;
  // One statement without parameters and rows that is run again and again: an engine may keep it prepared.
  // `statement` is a literal.
  virtual Status control(const char* statement) { return execute(statement); }
  // Hands every row to sink until it returns false. Returns the number of rows changed.
  virtual Result<std::int64_t> query(const Query& q, Params params, const Sink& sink) = 0;
  // A SELECT without parameters of any length, never held whole in memory. Inside a transaction.
  virtual Status stream(const std::string& select, const Sink& sink) = 0;

  // A snapshot that writes nothing; its statements stop with kDeadlineExceeded after the deadline.
  virtual Status begin_read(Deadline deadline) = 0;
  // Waits for its turn: write transactions never overlap, over all connections and all nodes.
  virtual Status begin_write() = 0;
  // appended: the transaction added to the ledger, so other nodes are to be told.
  virtual Status commit(bool appended) = 0;
  virtual void rollback() = 0;

  // False after an error that made the engine give up the whole transaction.
  virtual bool in_transaction() const = 0;
  // The last error was of the kind where the whole transaction is to be run again.
  virtual bool should_retry() const = 0;
  // False once the link to the server is lost.
  virtual bool alive() const = 0;
};

using Connect = std::function<Result<std::unique_ptr<Connection>>()>;

}  // namespace zk::storage
