// Backup and restore, within an engine and across.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <thread>

#include "storage/tests/engines.hpp"

namespace zk::storage {
namespace {

constexpr Query kPut{"test.put",
                     "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value "
                     "= excluded.value"};
constexpr Query kSettings{"test.settings", "SELECT key, value, updated_at FROM setting ORDER BY key"};
constexpr Query kAttach{
    "test.attach",
    "INSERT INTO attachment (uploader, name, mime, size, sha256, created_at, bytes, conversation_id) "
    "VALUES ('system', $1, '', 0, '', 0, $2, $3)"};
constexpr Query kAttachments{"test.attachments",
                             "SELECT id, name, bytes, conversation_id FROM attachment ORDER BY id"};
constexpr Query kInbox{"test.inbox",
                       "INSERT INTO inbox (name, website_token) VALUES ('商店', 't') RETURNING id"};
constexpr Query kContact{"test.contact", "INSERT INTO contact (name) VALUES ('') RETURNING id"};
constexpr Query kConversation{"test.conversation",
                              "INSERT INTO conversation (inbox_id, contact_id) VALUES ($1, $2) RETURNING id"};
constexpr Query kMessage{"test.message",
                         "INSERT INTO message (conversation_id, sender, blocks, probability, created_at) "
                         "VALUES ($1, 'bot', $2, $3, $4)"};
constexpr Query kMessages{
    "test.messages", "SELECT id, conversation_id, blocks, probability, created_at FROM message ORDER BY id"};

Deadline soon() { return after(std::chrono::seconds(60)); }

NewEvent event() {
  return {.at = from_micros(1),
          .kind = "k",
          .actor = "system",
          .audience = "agents",
          .payload = R"({"问":"答"})"};
}

Status fill(Db& db) {
  auto done = db.write(soon(), [](Tx& tx) -> Result<int> {
    ZK_TRY(auto inbox, tx.one(kInbox));
    ZK_TRY(auto contact, tx.one(kContact));
    ZK_TRY(auto conversation, tx.one(kConversation, {inbox.integer(0), contact.integer(0)}));
    for (int i = 0; i < 250; ++i) {
      ZK_TRY(auto a, tx.run(kMessage,
                            {conversation.integer(0), "[\"消息" + std::to_string(i) + "\"]", i / 250.0, i}));
      ZK_TRY(auto b, tx.append(event()));
      (void)a, (void)b;
    }
    const std::string bytes("\0\xff\x01 bytes", 9);
    ZK_TRY(auto a, tx.run(kAttach, {"name", Blob{bytes}, conversation.integer(0)}));
    ZK_TRY(auto b, tx.run(kAttach, {"无", Blob{""}, Null{}}));
    ZK_TRY(auto c, tx.run(kPut, {"a", "1"}));
    (void)a, (void)b, (void)c;
    return 0;
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

std::string content(Db& db) {
  std::string out;
  auto read = db.read(soon(), [&](Tx& tx) -> Result<int> {
    for (const Query& q : {kSettings, kAttachments, kMessages}) {
      ZK_TRY_STATUS(tx.each(q, {}, [&](const Row& row) {
        for (int i = 0; i < row.size(); ++i) {
          const auto& v = row.value(i);
          out += std::to_string(v.index());
          if (std::holds_alternative<std::int64_t>(v)) out += std::to_string(row.integer(i));
          if (std::holds_alternative<double>(v)) out += std::to_string(row.real(i));
          if (std::holds_alternative<std::string>(v)) out += row.text(i);
          out += '|';
        }
        out += '\n';
        return true;
      }));
    }
    return 0;
  });
  EXPECT_TRUE(read) << read.error().detail;
  auto events = db.events_after(0, 10'000);
  EXPECT_TRUE(events);
  for (const Event& e : *events) out += std::to_string(e.seq) + e.kind + e.payload + "\n";
  return out;
}

std::unique_ptr<Db> open(const std::string& url) {
  auto db = Db::open({.url = url});
  EXPECT_TRUE(db) << db.error().message << db.error().detail;
  return db ? *std::move(db) : nullptr;
}

class Backup : public testing::TestWithParam<std::pair<std::string, std::string>> {
 protected:
  void SetUp() override {
    from_ = make_engine(GetParam().first);
    to_ = make_engine(GetParam().second);
    ASSERT_TRUE(from_ && to_);
  }
  std::unique_ptr<TestEngine> from_, to_;
  TempDir dir_;
};

TEST_P(Backup, ARestoredCopyEqualsTheOriginalAndGoesOn) {
  auto db = open(from_->url());
  ASSERT_TRUE(db);
  auto filled = fill(*db);
  ASSERT_TRUE(filled) << filled.error().detail;
  double last = 0;
  auto copied = db->backup(dir_.file("copy"), [&](double done) {
    EXPECT_GE(done, last);
    last = done;
  });
  ASSERT_TRUE(copied) << copied.error().message << copied.error().detail;
  EXPECT_EQ(last, 1.0);
  struct stat s {};
  ASSERT_EQ(::stat(dir_.file("copy").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);

  auto restored = restore(to_->other_url(), dir_.file("copy"), {});
  ASSERT_TRUE(restored) << restored.error().message << restored.error().detail;
  auto other = open(to_->other_url());
  ASSERT_TRUE(other);
  EXPECT_EQ(content(*other), content(*db));
  EXPECT_TRUE(other->integrity_check());
  const std::int64_t before = *db->last_seq();
  auto seq = other->write(soon(), [](Tx& tx) { return tx.append(event()); });
  ASSERT_TRUE(seq);
  EXPECT_GT(*seq, before);
}

TEST_P(Backup, ACopyMadeUnderWritesIsOfOneMoment) {
  auto db = open(from_->url());
  ASSERT_TRUE(db && fill(*db));
  {
    std::jthread writer([&](std::stop_token stop) {
      for (int i = 0; !stop.stop_requested(); ++i) {
        const std::string value = std::to_string(i);
        (void)db->write(soon(), [&](Tx& tx) -> Result<int> {
          ZK_TRY(auto a, tx.run(kPut, {"left", value}));
          ZK_TRY(auto b, tx.run(kPut, {"right", value}));
          (void)a, (void)b;
          return 0;
        });
      }
    });
    const std::int64_t start = db->stats().writes;
    while (db->stats().writes < start + 5) std::this_thread::yield();
    // By address: from another process, while the server runs.
    auto copied = backup(from_->url(), dir_.file("copy"), {});
    ASSERT_TRUE(copied) << copied.error().message << copied.error().detail;
  }
  ASSERT_TRUE(restore(to_->other_url(), dir_.file("copy"), {}));
  auto other = open(to_->other_url());
  auto rows = other->read(soon(), [](Tx& tx) { return tx.all(kSettings); });
  ASSERT_TRUE(rows && rows->size() == 3);
  EXPECT_EQ((*rows)[1].text(1), (*rows)[2].text(1));
}

TEST_P(Backup, NeitherAFileNorADatabaseIsOverwritten) {
  auto db = open(from_->url());
  ASSERT_TRUE(db && fill(*db));
  std::ofstream(dir_.file("taken")) << "mine";
  auto taken = db->backup(dir_.file("taken"), {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  EXPECT_EQ(std::filesystem::file_size(dir_.file("taken")), 4u);
  ASSERT_TRUE(db->backup(dir_.file("copy"), {}));
  const std::string before = content(*db);
  auto over = restore(from_->url(), dir_.file("copy"), {});
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::kConflict);
  EXPECT_EQ(content(*db), before);
}

TEST_P(Backup, AFileThatIsNoCopyIsRefused) {
  std::ofstream(dir_.file("notes")) << std::string(5000, 'x');
  auto notes = restore(to_->other_url(), dir_.file("notes"), {});
  ASSERT_FALSE(notes);
  EXPECT_EQ(notes.error().code, ErrorCode::kDataLoss);
  auto absent = restore(to_->other_url(), dir_.file("absent"), {});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

const std::pair<std::string, std::string> kWays[] = {
    {"sqlite", "sqlite"}, {"sqlite", "postgresql"}, {"postgresql", "sqlite"}, {"postgresql", "postgresql"}};
INSTANTIATE_TEST_SUITE_P(Ways, Backup, testing::ValuesIn(kWays),
                         [](const auto& i) { return i.param.first + "_to_" + i.param.second; });

}  // namespace
}  // namespace zk::storage
