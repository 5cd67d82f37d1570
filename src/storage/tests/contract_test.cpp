// What storage.hpp promises, on every engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <map>
#include <random>
#include <thread>

#include "base/random.hpp"
#include "storage/tests/engines.hpp"

namespace zk::storage {
namespace {

using testing::ElementsAre;

constexpr Query kPut{
    "test.put",
    "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"};
constexpr Query kInsert{"test.insert", "INSERT INTO setting (key, value) VALUES ($1, $2)"};
constexpr Query kGet{"test.get", "SELECT value FROM setting WHERE key = $1"};
constexpr Query kKeys{"test.keys", "SELECT key, value FROM setting ORDER BY key"};
constexpr Query kDelete{"test.delete", "DELETE FROM setting WHERE key = $1"};
constexpr Query kBroken{"test.broken", "SELECT nothing FROM nowhere"};

Deadline soon() { return after(std::chrono::seconds(30)); }

NewEvent event(std::string kind) {
  return {.at = from_micros(1),
          .kind = std::move(kind),
          .actor = "system",
          .audience = "agents",
          .payload = "{}"};
}

Result<std::int64_t> put(Db& db, std::string key, std::string value) {
  return db.write(soon(), [&](Tx& tx) { return tx.run(kPut, {key, value, 0}); });
}

Result<std::int64_t> append(Db& db, std::string kind) {
  return db.write(soon(), [&](Tx& tx) { return tx.append(event(kind)); });
}

std::map<std::string, std::string> settings(Db& db) {
  std::map<std::string, std::string> out;
  auto rows = db.read(soon(), [](Tx& tx) { return tx.all(kKeys); });
  EXPECT_TRUE(rows) << rows.error().detail;
  if (rows) {
    for (const Row& r : *rows) out[r.text(0)] = r.text(1);
  }
  return out;
}

class Contract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    engine_ = make_engine(GetParam());
    ASSERT_TRUE(engine_) << "engine " << GetParam() << " could not be started";
    reopen({});
  }
  void reopen(Options options) {
    db_.reset();
    options.url = engine_->url();
    auto opened = Db::open(options);
    ASSERT_TRUE(opened) << opened.error().message << " / " << opened.error().detail;
    db_ = *std::move(opened);
  }
  Db& db() { return *db_; }

  std::unique_ptr<TestEngine> engine_;
  std::unique_ptr<Db> db_;
};

TEST_P(Contract, ValuesOfEveryTypeComeBackAsTheyWere) {
  static constexpr Query kIn{"test.in",
                             "INSERT INTO attachment (uploader, name, mime, size, sha256, created_at, bytes) "
                             "VALUES ('system', $1, $2, $3, $4, $5, $6) RETURNING id"};
  static constexpr Query kOut{
      "test.out",
      "SELECT name, mime, size, sha256, created_at, bytes, conversation_id FROM attachment WHERE id = $1"};
  const std::string bytes("\0\xff'\"\\x00 \n", 10);
  const std::string text = "退款多久到账？ 🙂 'quoted' \\ line\nbreak";
  const std::int64_t big = std::numeric_limits<std::int64_t>::min();
  const Timestamp at = from_micros(1'700'000'000'123'456);
  auto id = db().write(soon(), [&](Tx& tx) -> Result<std::int64_t> {
    ZK_TRY(auto row, tx.one(kIn, {text, "", big, std::string(100'000, 'x'), at, Blob{bytes}}));
    return row.integer(0);
  });
  ASSERT_TRUE(id) << id.error().detail;
  auto row = db().read(soon(), [&](Tx& tx) { return tx.one(kOut, {*id}); });
  ASSERT_TRUE(row) << row.error().detail;
  EXPECT_EQ(row->text(0), text);
  EXPECT_EQ(row->text(1), "");
  EXPECT_FALSE(row->is_null(1));
  EXPECT_EQ(row->integer(2), big);
  EXPECT_EQ(row->text(3).size(), 100'000u);
  EXPECT_EQ(row->time(4), at);
  EXPECT_EQ(row->text(5), bytes);
  EXPECT_TRUE(row->is_null(6));
  EXPECT_EQ(row->integer(6), 0);
}

TEST_P(Contract, ComputedColumnsHaveTheSameTypesOnBothEngines) {
  ASSERT_TRUE(put(db(), "a", "1") && put(db(), "b", "2"));
  static constexpr Query kComputed{
      "test.computed",
      "SELECT COUNT(*), SUM(updated_at + 7), AVG(updated_at + $1), key || $2, $3 + 1, $4, "
      "COUNT(*) > 0, MAX(CASE WHEN key = 'a' THEN $5 ELSE 0.25 END) FROM setting WHERE key = 'a' GROUP BY "
      "key"};
  auto row = db().read(soon(), [&](Tx& tx) { return tx.one(kComputed, {3, "!", 1LL << 40, "text", 0.5}); });
  ASSERT_TRUE(row) << row.error().detail;
  EXPECT_EQ(row->integer(0), 1);
  EXPECT_EQ(row->integer(1), 7);
  EXPECT_DOUBLE_EQ(row->real(2), 3.0);
  EXPECT_EQ(row->text(3), "a!");
  EXPECT_EQ(row->integer(4), (1LL << 40) + 1);
  EXPECT_EQ(row->text(5), "text");
  EXPECT_TRUE(row->boolean(6));
  EXPECT_DOUBLE_EQ(row->real(7), 0.5);
}

TEST_P(Contract, OneStatementTakesNullAndValuesInTurn) {
  static constexpr Query kEither{
      "test.either",
      "SELECT COUNT(*) FROM setting WHERE ($1 IS NULL OR key = $1) AND ($2 IS NULL OR updated_at = $2)"};
  ASSERT_TRUE(put(db(), "a", "1") && put(db(), "b", "2"));
  const std::optional<std::int64_t> none;
  const auto count = [&](Param key, Param at) {
    auto row = db().read(soon(), [&](Tx& tx) { return tx.one(kEither, {key, at}); });
    EXPECT_TRUE(row) << row.error().detail;
    return row ? row->integer(0) : -1;
  };
  EXPECT_EQ(count(Null{}, none), 2);
  EXPECT_EQ(count("a", none), 1);
  EXPECT_EQ(count("a", 5), 0);
  EXPECT_EQ(count(Null{}, 0), 2);
  EXPECT_EQ(count(Null{}, none), 2);
}

TEST_P(Contract, TextSortsByCodePointAndLikeKnowsCase) {
  for (const char* key : {"b", "B", "a", "中", "é", "_"}) ASSERT_TRUE(put(db(), key, "v"));
  static constexpr Query kLike{"test.like", "SELECT COUNT(*) FROM setting WHERE key LIKE $1"};
  std::vector<std::string> keys;
  for (const auto& [key, value] : settings(db())) keys.push_back(key);
  auto rows = db().read(soon(), [](Tx& tx) { return tx.all(kKeys); });
  ASSERT_TRUE(rows);
  for (std::size_t i = 0; i < rows->size(); ++i) EXPECT_EQ((*rows)[i].text(0), keys[i]);
  auto row = db().read(soon(), [](Tx& tx) { return tx.one(kLike, {"B%"}); });
  ASSERT_TRUE(row);
  EXPECT_EQ(row->integer(0), 1);
}

TEST_P(Contract, TextThatIsNoUtf8IsRefused) {
  for (const std::string& bad : {std::string("a\xff"), std::string("a\0b", 3), std::string("\xed\xa0\x80")}) {
    auto done = put(db(), "k", bad);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(settings(db()).empty());
}

TEST_P(Contract, MaybeAndOneTellWhenThereIsNoRow) {
  auto none = db().read(soon(), [](Tx& tx) { return tx.maybe(kGet, {"absent"}); });
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  auto one = db().read(soon(), [](Tx& tx) { return tx.one(kGet, {"absent"}); });
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, ErrorCode::kNotFound);
}

TEST_P(Contract, RunCountsTheRowsChanged) {
  ASSERT_TRUE(put(db(), "a", "1") && put(db(), "b", "2"));
  static constexpr Query kAll{"test.all", "UPDATE setting SET value = 'x' WHERE key <> $1"};
  auto two = db().write(soon(), [](Tx& tx) { return tx.run(kAll, {""}); });
  auto none = db().write(soon(), [](Tx& tx) { return tx.run(kDelete, {"absent"}); });
  ASSERT_TRUE(two && none);
  EXPECT_EQ(*two, 2);
  EXPECT_EQ(*none, 0);
}

TEST_P(Contract, BrokenUniqueOrForeignKeyIsAConflict) {
  ASSERT_TRUE(put(db(), "a", "1"));
  auto twice = db().write(soon(), [](Tx& tx) { return tx.run(kInsert, {"a", "2"}); });
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::kConflict);
  static constexpr Query kOrphan{
      "test.orphan",
      "INSERT INTO message (conversation_id, sender, blocks, created_at) VALUES (99, 'bot', '[]', 0)"};
  auto orphan = db().write(soon(), [](Tx& tx) { return tx.run(kOrphan); });
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().code, ErrorCode::kConflict);
  static constexpr Query kNull{"test.null", "INSERT INTO setting (key, value) VALUES ('n', NULL)"};
  auto null = db().write(soon(), [](Tx& tx) { return tx.run(kNull); });
  ASSERT_FALSE(null);
  EXPECT_EQ(null.error().code, ErrorCode::kInvalidArgument);
}

TEST_P(Contract, AStatementThatFailedUndoesTheWriteWhateverTheFunctionReturns) {
  auto done = db().write(soon(), [](Tx& tx) -> Result<int> {
    ZK_TRY(auto first, tx.run(kPut, {"a", "1", 0}));
    (void)first;
    EXPECT_FALSE(tx.all(kBroken));
    EXPECT_FALSE(tx.run(kPut, {"b", "2", 0}));
    return 1;
  });
  EXPECT_FALSE(done);
  EXPECT_TRUE(settings(db()).empty());
}

TEST_P(Contract, AReadThatFailedLeavesItsConnectionUsable) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(db().read(soon(), [](Tx& tx) { return tx.all(kBroken); }));
  EXPECT_TRUE(db().read(soon(), [](Tx& tx) { return tx.all(kKeys); }));
}

TEST_P(Contract, ReadsCannotWrite) {
  EXPECT_FALSE(db().read(soon(), [](Tx& tx) { return tx.run(kPut, {"a", "1", 0}); }));
  EXPECT_TRUE(settings(db()).empty());
}

TEST_P(Contract, ExceptionsStayInsideTheirOwnWrite) {
  auto thrown = db().write(soon(), [](Tx& tx) -> Result<int> {
    (void)tx.run(kPut, {"a", "1", 0});
    throw std::runtime_error("from a library");
  });
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().code, ErrorCode::kInternal);
  EXPECT_TRUE(put(db(), "b", "2"));
  EXPECT_THAT(settings(db()), ElementsAre(std::pair("b", "2")));
}

TEST_P(Contract, AcknowledgedIsThereAfterReopening) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(put(db(), std::to_string(i), "v"));
  reopen({});
  EXPECT_EQ(settings(db()).size(), 50u);
}

TEST_P(Contract, AFailingWriteUndoesOnlyItselfInItsGroup) {
  std::latch inside(1), queued(1);
  std::vector<std::jthread> callers;
  // The first write holds the writer until the others are queued, so that those become one group.
  callers.emplace_back([&] {
    (void)db().write(soon(), [&](Tx& tx) {
      inside.count_down();
      queued.wait();
      return tx.run(kPut, {"first", "v", 0});
    });
  });
  inside.wait();
  std::atomic<int> good = 0, bad = 0;
  for (int i = 0; i < 20; ++i) {
    callers.emplace_back([&, i] {
      auto done = db().write(soon(), [&](Tx& tx) -> Result<std::int64_t> {
        ZK_TRY(auto seq, tx.append(event("k" + std::to_string(i))));
        ZK_TRY(auto rows, tx.run(kPut, {std::to_string(i), "v", 0}));
        (void)rows;
        if (i % 2 == 1) return fail(ErrorCode::kConflict, "changed my mind");
        return seq;
      });
      ++(done ? good : bad);
    });
  }
  while (db().stats().queue_depth < 20) std::this_thread::yield();
  const std::int64_t commits = db().stats().commits;
  queued.count_down();
  callers.clear();
  EXPECT_EQ(good, 10);
  EXPECT_EQ(bad, 10);
  EXPECT_EQ(db().stats().commits, commits + 2);
  EXPECT_EQ(settings(db()).size(), 11u);
  auto events = db().events_after(0, 100);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->size(), 10u);
}

TEST_P(Contract, AFullQueueIsSaidAtOnceAndALateWriteIsNotRun) {
  Options options;
  options.write_queue = 2;
  reopen(options);
  std::latch inside(1), go(1);
  auto holder = std::async(std::launch::async, [&] {
    return db().write(soon(), [&](Tx& tx) {
      inside.count_down();
      go.wait();
      return tx.run(kPut, {"holder", "v", 0});
    });
  });
  inside.wait();
  std::atomic<bool> ran = false;
  auto late = std::async(std::launch::async, [&] {
    return db().write(std::chrono::steady_clock::now(), [&](Tx& tx) {
      ran = true;
      return tx.run(kPut, {"late", "v", 0});
    });
  });
  auto waiting = std::async(std::launch::async, [&] { return put(db(), "waiting", "v"); });
  while (db().stats().queue_depth < 2) std::this_thread::yield();
  auto refused = put(db(), "refused", "v");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  go.count_down();
  EXPECT_TRUE(holder.get());
  EXPECT_TRUE(waiting.get());
  auto too_late = late.get();
  ASSERT_FALSE(too_late);
  EXPECT_EQ(too_late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(ran);
  EXPECT_EQ(settings(db()).size(), 2u);
  EXPECT_EQ(db().stats().rejected, 2);
}

TEST_P(Contract, AWriteThatIsNotWaitedForTellsItsEndOnce) {
  Options options;
  options.write_queue = 1;
  reopen(options);
  std::latch inside(1), go(1);
  auto holder = std::async(std::launch::async, [&] {
    return db().write(soon(), [&](Tx& tx) {
      inside.count_down();
      go.wait();
      return tx.run(kPut, {"holder", "v", 0});
    });
  });
  inside.wait();
  std::promise<Result<std::int64_t>> kept, refused;
  const auto later = [&](const char* key, auto& end) {
    db().write_later(
        soon(),
        [key](Tx& tx) {
          return tx.run(kPut, {key, "v", 0});
        },
        [&end](Result<std::int64_t> r) { end.set_value(std::move(r)); });
  };
  later("later", kept);
  later("refused", refused);
  const auto no = refused.get_future().get();
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error().code, ErrorCode::kUnavailable);
  go.count_down();
  ASSERT_TRUE(holder.get());
  EXPECT_EQ(kept.get_future().get().value(), 1);
  std::promise<Result<std::int64_t>> undone;
  db().write_later(
      soon(),
      [](Tx& tx) -> Result<std::int64_t> {
        ZK_TRY_STATUS(tx.run(kPut, {"undone", "v", 0}).map([](auto) {}));
        return fail(ErrorCode::kNotFound, "changed its mind");
      },
      [&undone](Result<std::int64_t> r) { undone.set_value(std::move(r)); });
  EXPECT_EQ(undone.get_future().get().error().code, ErrorCode::kNotFound);
  reopen(options);
  EXPECT_THAT(settings(db()),
              testing::ElementsAre(testing::Pair("holder", "v"), testing::Pair("later", "v")));
}

TEST_P(Contract, ListenersSeeEveryCommittedEventInOrderBeforeTheWriterIsAnswered) {
  std::vector<std::int64_t> seen;  // touched by the writer thread; read when no write runs
  std::atomic<std::int64_t> newest = 0;
  auto handle = db().listen([&](std::span<const Event> events) {
    for (const Event& e : events) seen.push_back(e.seq);
    newest = seen.back();
  });
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          auto seq = append(db(), "k");
          ASSERT_TRUE(seq);
          EXPECT_GE(newest, *seq);
        }
      });
    }
  }
  ASSERT_EQ(seen.size(), 200u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  auto last = db().last_seq();
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, seen.back());
  handle.reset();
  ASSERT_TRUE(append(db(), "unheard"));
  EXPECT_EQ(seen.size(), 200u);
}

TEST_P(Contract, TheLedgerIsReadInPages) {
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(append(db(), "k" + std::to_string(i)));
  std::vector<std::string> kinds;
  std::int64_t after_seq = 0;
  while (true) {
    auto page = db().events_after(after_seq, 10);
    ASSERT_TRUE(page);
    EXPECT_LE(page->size(), 10u);
    if (page->empty()) break;
    for (const Event& e : *page) {
      EXPECT_GT(e.seq, after_seq);
      after_seq = e.seq;
      kinds.push_back(e.kind);
    }
  }
  ASSERT_EQ(kinds.size(), 25u);
  EXPECT_EQ(kinds.front(), "k0");
  EXPECT_EQ(kinds.back(), "k24");
}

TEST_P(Contract, AnEventComesBackWhole) {
  NewEvent in{.at = from_micros(42),
              .kind = "message.created",
              .inbox_id = 1,
              .conversation_id = 2,
              .contact_id = 3,
              .actor = "agent:7",
              .audience = "all",
              .payload = R"({"text":"你好"})"};
  ASSERT_TRUE(db().write(soon(), [&](Tx& tx) { return tx.append(in); }));
  auto out = db().events_after(0, 10);
  ASSERT_TRUE(out && out->size() == 1);
  const Event& e = out->front();
  EXPECT_EQ(
      std::tie(e.at, e.kind, e.inbox_id, e.conversation_id, e.contact_id, e.actor, e.audience, e.payload),
      std::tie(in.at, in.kind, in.inbox_id, in.conversation_id, in.contact_id, in.actor, in.audience,
               in.payload));
}

TEST_P(Contract, AReadSeesOneMomentWhileWritersGoOn) {
  ASSERT_TRUE(put(db(), "a", "1"));
  auto same = db().read(soon(), [&](Tx& tx) -> Result<bool> {
    ZK_TRY(auto before, tx.one(kGet, {"a"}));
    auto written = std::async(std::launch::async, [&] { return put(db(), "a", "2"); });
    EXPECT_TRUE(written.get());
    ZK_TRY(auto later, tx.one(kGet, {"a"}));
    return before.text(0) == later.text(0);
  });
  ASSERT_TRUE(same) << same.error().detail;
  EXPECT_TRUE(*same);
  EXPECT_EQ(settings(db())["a"], "2");
}

TEST_P(Contract, AReadWaitsForAConnectionOnlyUntilItsDeadline) {
  Options options;
  options.readers = 1;
  reopen(options);
  auto outer = db().read(soon(), [&](Tx&) -> Result<bool> {
    auto inner = std::async(std::launch::async, [&] {
      return db().read(std::chrono::steady_clock::now(), [](Tx& tx) { return tx.all(kKeys); });
    });
    auto got = inner.get();
    EXPECT_FALSE(got);
    return !got && got.error().code == ErrorCode::kDeadlineExceeded;
  });
  ASSERT_TRUE(outer);
  EXPECT_TRUE(*outer);
}

TEST_P(Contract, AnEndlessQueryStopsAtItsDeadline) {
  static constexpr Query kEndless{
      "test.endless",
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"};
  auto done = db().read(after(std::chrono::milliseconds(50)), [](Tx& tx) { return tx.one(kEndless); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kDeadlineExceeded) << done.error().detail;
  EXPECT_TRUE(settings(db()).empty());
}

TEST_P(Contract, AfterCloseEverythingSaysUnavailable) {
  db().close();
  auto write = put(db(), "a", "1");
  auto read = db().read(soon(), [](Tx& tx) { return tx.all(kKeys); });
  ASSERT_FALSE(write || read);
  EXPECT_EQ(write.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
}

// Random writes of several threads on disjoint keys, some of them failing, against std::map.
TEST_P(Contract, RandomOperationsEqualAModel) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int kThreads = 4;
  std::array<std::map<std::string, std::string>, kThreads> models;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Random random(seed + static_cast<std::uint64_t>(t));
        for (int i = 0; i < 150; ++i) {
          auto next = models[t];
          const bool fails = random.below(4) == 0;
          std::vector<std::pair<std::string, std::optional<std::string>>> steps;
          for (std::uint64_t n = random.below(4); n < 4; ++n) {
            const std::string key = std::to_string(t) + "-" + std::to_string(random.below(20));
            if (random.below(3) == 0) {
              steps.emplace_back(key, std::nullopt);
              next.erase(key);
            } else {
              steps.emplace_back(key, std::to_string(random.next()));
              next[key] = *steps.back().second;
            }
          }
          auto done = db().write(soon(), [&](Tx& tx) -> Result<int> {
            for (const auto& [key, value] : steps) {
              ZK_TRY(auto rows, value ? tx.run(kPut, {key, *value, 0}) : tx.run(kDelete, {key}));
              (void)rows;
            }
            if (fails) return fail(ErrorCode::kConflict, "undone");
            return 0;
          });
          ASSERT_EQ(done.has_value(), !fails);
          if (!fails) models[t] = std::move(next);
        }
      });
    }
  }
  std::map<std::string, std::string> expected;
  for (const auto& m : models) expected.insert(m.begin(), m.end());
  EXPECT_EQ(settings(db()), expected);
  reopen({});
  EXPECT_EQ(settings(db()), expected);
}

INSTANTIATE_TEST_SUITE_P(Engines, Contract, testing::ValuesIn(kEngines),
                         [](const auto& i) { return i.param; });

}  // namespace
}  // namespace zk::storage
