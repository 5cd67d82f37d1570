// Private, throw-away databases for tests: a SQLite file in a temporary folder, or a PostgreSQL cluster of its own
// (Unix socket only, no TCP port), stopped and removed at the end. Other modules' tests may include this too.
//
//   auto engine = zk::storage::make_engine("postgresql");
//   auto db = zk::storage::Db::open({.url = engine->url()});
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "storage/storage.hpp"

namespace zk::storage {

// A folder of mode 0700 that is removed with everything in it.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "zhike-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) ? name : std::string();
  }
  TempDir(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class TestEngine {
 public:
  virtual ~TestEngine() = default;
  virtual std::string url() const = 0;  // of one empty database, the same at every call
};

class SqliteEngine final : public TestEngine {
 public:
  std::string url() const override { return "sqlite:" + file(); }
  std::string file() const { return dir_.file("zhike.db"); }
  const TempDir& dir() const { return dir_; }

 private:
  TempDir dir_;
};

inline const std::string kEngines[] = {"sqlite"};

// nullptr when the engine cannot be started.
inline std::unique_ptr<TestEngine> make_engine(const std::string& engine) {
  if (engine == "sqlite") return std::make_unique<SqliteEngine>();
  return nullptr;
}

}  // namespace zk::storage
