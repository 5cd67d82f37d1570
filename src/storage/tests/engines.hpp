// Private, throw-away databases for tests: a SQLite file in a temporary folder, or a database in a PostgreSQL
// cluster of this process's own. Other modules' tests may include this too.
//
//   auto engine = zk::storage::make_engine("postgresql");
//   auto db = zk::storage::Db::open({.url = engine->url()});
#pragma once

#include <memory>
#include <string>

#include "storage/storage.hpp"
#include "storage/tests/postgres_cluster.hpp"
#include "storage/tests/temp_dir.hpp"

namespace zk::storage {

class TestEngine {
 public:
  virtual ~TestEngine() = default;
  virtual std::string url() const = 0;  // of one database, empty at first
  virtual std::string other_url() = 0;  // of another one
};

class SqliteEngine final : public TestEngine {
 public:
  std::string url() const override { return "sqlite:" + file(); }
  std::string other_url() override { return "sqlite:" + dir_.file("other.db"); }
  std::string file() const { return dir_.file("zhike.db"); }

 private:
  TempDir dir_;
};

class PostgresEngine final : public TestEngine {
 public:
  // Started at the first use and ended with the process.
  static PostgresCluster& cluster() {
    static PostgresCluster instance(false);
    return instance;
  }
  PostgresEngine() {
    static std::atomic<int> count = 0;
    name_ = "zhike" + std::to_string(++count);
    made_ = cluster().running() && cluster().create(name_);
  }
  ~PostgresEngine() override {
    cluster().drop(name_);
    if (other_made_) cluster().drop(name_ + "other");
  }
  bool made() const { return made_; }
  const std::string& database() const { return name_; }
  std::string url() const override { return cluster().url(name_); }
  std::string other_url() override {
    if (!other_made_) other_made_ = cluster().create(name_ + "other");
    return cluster().url(name_ + "other");
  }

 private:
  std::string name_;
  bool made_ = false, other_made_ = false;
};

inline const std::string kEngines[] = {"sqlite", "postgresql"};

// nullptr when the engine cannot be started: a fault of the machine, and of the test.
inline std::unique_ptr<TestEngine> make_engine(const std::string& engine) {
  if (engine == "sqlite") return std::make_unique<SqliteEngine>();
  auto postgres = std::make_unique<PostgresEngine>();
  if (!postgres->made()) return nullptr;
  return postgres;
}

}  // namespace zk::storage
