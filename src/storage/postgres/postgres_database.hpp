#pragma once

#include <mutex>

#include "storage/database.hpp"
#include "storage/postgres/event_watch.hpp"
#include "storage/postgres/postgres_connection.hpp"

namespace zk::storage {

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const Options& options, const std::string& node, std::unique_ptr<Connection> writer,
                   std::int64_t last_seq);
  ~PostgresDatabase() override;
  Status backup(const std::string& file, const std::function<void(double)>& progress) override;
  Status integrity_check() override;
  std::string_view engine() const override { return "postgresql"; }
  void close() override;

 private:
  void committed(std::span<const Event> events) override;
  // Publishes what was committed by any node and not published here yet. Commit order is seq order, so what
  // is visible is complete up to its last seq.
  void catch_up();

  std::string url_;
  ReadPool ledger_;  // of its own: delivery never waits for a caller's read
  std::mutex delivery_;
  std::int64_t delivered_;  // guarded by delivery_
  EventWatch watch_;
};

Connect postgres_opener(std::string url, std::string node);

// Reads every row of every table: the server checks its pages as they are read.
Status postgres_integrity_check(const std::string& url);

}  // namespace zk::storage
