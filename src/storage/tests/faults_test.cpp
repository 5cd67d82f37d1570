// What goes wrong around a SQLite file: each is a clear error and loses nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "storage/tests/engines.hpp"

namespace zk::storage {
namespace {

using testing::HasSubstr;

constexpr Query kInsert{"test.insert", "INSERT INTO setting (key, value) VALUES ($1, $2)"};
constexpr Query kCount{"test.count", "SELECT COUNT(*) FROM setting"};
constexpr Query kSmallDisk{"test.small",
                           "PRAGMA max_page_count = 1"};  // SQLite takes the present size at least
constexpr Query kLargeDisk{"test.large", "PRAGMA max_page_count = 1000000"};

Deadline soon() { return after(std::chrono::seconds(30)); }

Result<std::int64_t> insert(Db& db, std::string key, std::string value = "v") {
  return db.write(soon(), [&](Tx& tx) { return tx.run(kInsert, {key, value}); });
}

std::int64_t count(Db& db) {
  auto row = db.read(soon(), [](Tx& tx) { return tx.one(kCount); });
  return row ? row->integer(0) : -1;
}

class Faults : public testing::Test {
 protected:
  Result<std::unique_ptr<Db>> open() { return Db::open({.url = engine_.url()}); }
  void sqlite(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(engine_.file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  SqliteEngine engine_;
};

TEST_F(Faults, ASecondServerOnTheSameFileIsRefused) {
  auto first = open();
  ASSERT_TRUE(first);
  auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message,
              HasSubstr(std::filesystem::path(engine_.file()).parent_path().string()));
  EXPECT_TRUE(insert(**first, "a"));
  (*first)->close();
  EXPECT_TRUE(open());
}

TEST_F(Faults, TheFilesAreReadableByTheirOwnerAlone) {
  auto db = open();
  ASSERT_TRUE(db && insert(**db, "a"));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat s {};
    ASSERT_EQ(::stat((engine_.file() + suffix).c_str(), &s), 0) << suffix;
    EXPECT_EQ(s.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(Faults, AFullDiskRefusesWritesAndKeepsWhatWasAcknowledged) {
  auto db = open();
  ASSERT_TRUE(db && insert(**db, "before"));
  ASSERT_TRUE((*db)->write(soon(), [](Tx& tx) { return tx.all(kSmallDisk); }));
  auto full = insert(**db, "large", std::string(1 << 20, 'x'));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(full.error().message, HasSubstr("full"));
  EXPECT_EQ(count(**db), 1);
  ASSERT_TRUE((*db)->write(soon(), [](Tx& tx) { return tx.all(kLargeDisk); }));
  EXPECT_TRUE(insert(**db, "large", std::string(1 << 20, 'x')));
  EXPECT_EQ(count(**db), 2);
}

TEST_F(Faults, WithAFullDiskUnderLoadExactlyTheAcknowledgedIsThere) {
  auto db = open();
  ASSERT_TRUE(db);
  ASSERT_TRUE((*db)->write(soon(), [](Tx& tx) { return tx.all(kSmallDisk); }));
  std::atomic<std::int64_t> acknowledged = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 40; ++i) {
          const std::size_t size = i % 4 == 0 ? 20'000 : 20;
          auto done = insert(**db, std::to_string(t) + "-" + std::to_string(i), std::string(size, 'x'));
          ++(done ? acknowledged : refused);
        }
      });
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(count(**db), acknowledged);
  db->reset();
  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(count(**again), acknowledged);
}

TEST_F(Faults, AFileThatIsNoDatabaseIsNotTouched) {
  const std::string text = "these are somebody's notes, not a database; " + std::string(5000, '.');
  std::ofstream(engine_.file()) << text;
  auto db = open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, ErrorCode::kDataLoss);
  std::ifstream in(engine_.file());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text);
}

TEST_F(Faults, ADamagedPageIsFoundByTheCheck) {
  {
    auto db = open();
    ASSERT_TRUE(db);
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(insert(**db, std::to_string(i), std::string(500, 'x')));
    EXPECT_TRUE((*db)->integrity_check());
  }
  EXPECT_TRUE(check(engine_.url()));
  const auto pages = static_cast<std::int64_t>(std::filesystem::file_size(engine_.file())) / 4096;
  std::fstream file(engine_.file(), std::ios::in | std::ios::out | std::ios::binary);
  for (std::int64_t page = pages / 2; page < pages; ++page) {
    file.seekp(page * 4096);
    file << std::string(64, '\x7f');
  }
  file.close();
  auto checked = check(engine_.url());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kDataLoss);
}

TEST_F(Faults, ASchemaNewerThanTheProgramIsRefused) {
  ASSERT_TRUE(open());
  sqlite("INSERT INTO schema_migration VALUES (9999, '9999_future', 'x', 0)");
  auto db = open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(db.error().message, HasSubstr("9999_future"));
}

TEST_F(Faults, ASchemaMadeByAnotherTextIsRefused) {
  ASSERT_TRUE(open());
  sqlite("UPDATE schema_migration SET checksum = 'other'");
  auto db = open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, ErrorCode::kPreconditionFailed);
}

TEST_F(Faults, AnOlderSchemaIsLeftAloneWhenMigrationIsOff) {
  auto db = Db::open({.url = engine_.url(), .migrate = false});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(db.error().message, HasSubstr("zhike migrate"));
}

// Whoever runs the tests may be root, to whom every folder is writable: a child gives that up first.
ErrorCode open_as_nobody(const std::string& url) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(99);
    auto db = Db::open({.url = url});
    ::_exit(db ? 98 : static_cast<int>(db.error().code));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return static_cast<ErrorCode>(WEXITSTATUS(status));
}

TEST_F(Faults, AReadOnlyFolderOrFileIsSaid) {
  const auto folder = std::filesystem::path(engine_.file()).parent_path();
  ASSERT_EQ(::chmod(folder.c_str(), 0555), 0);
  EXPECT_EQ(open_as_nobody(engine_.url()), ErrorCode::kPermissionDenied);
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  ASSERT_TRUE(open());
  ASSERT_EQ(::chmod(engine_.file().c_str(), 0444), 0);
  ASSERT_EQ(::chmod((engine_.file() + ".lock").c_str(), 0666), 0);
  EXPECT_EQ(open_as_nobody(engine_.url()), ErrorCode::kPermissionDenied);
  ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
}

TEST_F(Faults, AFolderThatIsNotThereIsSaid) {
  auto db = Db::open({.url = engine_.url() + ".d/zhike.db"});
  ASSERT_FALSE(db);
  EXPECT_THAT(db.error().message, HasSubstr("folder"));
}

TEST_F(Faults, AUrlOfNoKnownEngineIsRefused) {
  for (const char* url : {"", "sqlite:", "mysql://localhost/zhike", "/var/lib/zhike.db"}) {
    auto db = Db::open({.url = url});
    ASSERT_FALSE(db) << url;
    EXPECT_EQ(db.error().code, ErrorCode::kInvalidArgument) << url;
  }
}

#if !__has_feature(thread_sanitizer)  // which cannot follow threads made in a forked child
// The child says each number it was acknowledged, and is killed while it goes on writing.
void write_until_killed(const std::string& url, int said) {
  auto db = Db::open({.url = url});
  if (!db) ::_exit(1);
  std::atomic<int> next = static_cast<int>(count(**db)) * 2;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (true) {
        const int n = ++next;
        if (!insert(**db, std::to_string(n))) ::_exit(2);
        if (::write(said, &n, sizeof(n)) != sizeof(n)) ::_exit(3);
      }
    });
  }
}

TEST_F(Faults, WhatWasAcknowledgedBeforeAKillIsThere) {
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 5; ++round) {
    int said[2];
    ASSERT_EQ(::pipe(said), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(engine_.url(), said[1]);
    ::close(said[1]);
    int n = 0;
    for (int i = 0; ::read(said[0], &n, sizeof(n)) == sizeof(n); ++i) {
      acknowledged.push_back(std::to_string(n));
      if (i == 100 + round * 37) ::kill(child, SIGKILL);
    }
    ::close(said[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended by itself with " << WEXITSTATUS(status);
    auto db = open();
    ASSERT_TRUE(db) << db.error().message;
    static constexpr Query kHas{"test.has", "SELECT 1 FROM setting WHERE key = $1"};
    auto all_there = (*db)->read(soon(), [&](Tx& tx) -> Result<bool> {
      for (const std::string& key : acknowledged) ZK_TRY_STATUS(tx.one(kHas, {key}).map([](const Row&) {}));
      return true;
    });
    EXPECT_TRUE(all_there) << "an acknowledged write is lost";
    EXPECT_TRUE((*db)->integrity_check());
  }
}
#endif

}  // namespace
}  // namespace zk::storage
