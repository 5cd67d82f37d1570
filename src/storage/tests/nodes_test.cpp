// Several processes on one PostgreSQL, and a server that drops its links.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/tests/engines.hpp"

namespace zk::storage {
namespace {

constexpr Query kInsert{"test.insert", "INSERT INTO setting (key, value) VALUES ($1, 'v')"};
constexpr Query kCount{"test.count", "SELECT COUNT(*) FROM setting"};
constexpr Query kRead{"test.read", "SELECT value FROM setting WHERE key = 'n'"};
constexpr Query kPut{"test.put",
                     "INSERT INTO setting (key, value) VALUES ('n', $1) ON CONFLICT (key) DO UPDATE SET "
                     "value = excluded.value"};

Deadline soon() { return after(std::chrono::seconds(60)); }

NewEvent event() {
  return {.at = from_micros(1), .kind = "k", .actor = "system", .audience = "agents", .payload = "{}"};
}

class Heard {
 public:
  explicit Heard(Db& db) {
    handle_ = db.listen([this](std::span<const Event> events) {
      const std::scoped_lock lock(mutex_);
      for (const Event& e : events) seqs_.push_back(e.seq);
      changed_.notify_all();
    });
  }
  bool wait_for(std::size_t n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return seqs_.size() >= n; });
  }
  std::vector<std::int64_t> seqs() {
    const std::scoped_lock lock(mutex_);
    return seqs_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> seqs_;
  std::shared_ptr<void> handle_;
};

class Nodes : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = std::make_unique<PostgresEngine>();
    ASSERT_TRUE(engine_->made());
  }
  std::unique_ptr<Db> open() {
    auto db = Db::open({.url = engine_->url()});
    EXPECT_TRUE(db) << db.error().message << db.error().detail;
    return db ? *std::move(db) : nullptr;
  }
  void drop_links() {
    ASSERT_TRUE(engine_->cluster().sql(
        "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                        engine_->database() + "'"));
  }
  std::unique_ptr<PostgresEngine> engine_;
};

TEST_F(Nodes, EveryNodeHearsEveryEventOnceInOneOrder) {
  auto a = open(), b = open();
  ASSERT_TRUE(a && b);
  Heard at_a(*a), at_b(*b);
  {
    std::vector<std::jthread> threads;
    for (Db* db : {a.get(), a.get(), b.get(), b.get()}) {
      threads.emplace_back([db] {
        for (int i = 0; i < 50; ++i)
          ASSERT_TRUE(db->write(soon(), [](Tx& tx) { return tx.append(event()); }));
      });
    }
  }
  ASSERT_TRUE(at_a.wait_for(200) && at_b.wait_for(200));
  EXPECT_EQ(at_a.seqs().size(), 200u);
  EXPECT_EQ(at_a.seqs(), at_b.seqs());
  const auto seqs = at_a.seqs();
  EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end(), std::less_equal<>()));
}

TEST_F(Nodes, ReadModifyWriteOfTwoNodesLosesNothing) {
  auto a = open(), b = open();
  ASSERT_TRUE(a && b);
  ASSERT_TRUE(a->write(soon(), [](Tx& tx) { return tx.run(kPut, {"0"}); }));
  {
    std::vector<std::jthread> threads;
    for (Db* db : {a.get(), b.get()}) {
      threads.emplace_back([db] {
        for (int i = 0; i < 50; ++i) {
          auto done = db->write(soon(), [](Tx& tx) -> Result<std::int64_t> {
            ZK_TRY(auto row, tx.one(kRead));
            return tx.run(kPut, {std::to_string(std::stoi(row.text(0)) + 1)});
          });
          ASSERT_TRUE(done);
        }
      });
    }
  }
  auto row = a->read(soon(), [](Tx& tx) { return tx.one(kRead); });
  ASSERT_TRUE(row);
  EXPECT_EQ(row->text(0), "100");
}

TEST_F(Nodes, DroppedLinksAreMadeAnewAndNothingAcknowledgedIsLost) {
  auto a = open();
  ASSERT_TRUE(a);
  Heard heard(*a);
  ASSERT_TRUE(a->write(soon(), [](Tx& tx) { return tx.run(kInsert, {"before"}); }));
  ASSERT_TRUE(a->read(soon(), [](Tx& tx) { return tx.one(kCount); }));
  drop_links();
  auto after_drop = a->write(soon(), [](Tx& tx) { return tx.run(kInsert, {"after"}); });
  EXPECT_TRUE(after_drop) << after_drop.error().detail;
  auto row = a->read(soon(), [](Tx& tx) { return tx.one(kCount); });
  ASSERT_TRUE(row) << row.error().detail;
  EXPECT_EQ(row->integer(0), 2);
  // The link on which notices of other nodes come is back too.
  auto b = open();
  ASSERT_TRUE(b && b->write(soon(), [](Tx& tx) { return tx.append(event()); }));
  EXPECT_TRUE(heard.wait_for(1));
}

TEST_F(Nodes, AServerThatIsNotThereIsSaid) {
  auto db = Db::open({.url = "postgresql://zhike@/none?host=/nowhere"});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace zk::storage
