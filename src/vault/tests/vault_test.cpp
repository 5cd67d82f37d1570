#include "vault/vault.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "storage/tests/engines.hpp"

namespace zk::vault {
namespace {
using storage::Query;
using storage::Tx;
using text::PiiType;

constexpr Query kContact{"test.contact", "INSERT INTO contact (name) VALUES ('周*') RETURNING id"};
constexpr Query kWrapped{"test.wrapped", "SELECT wrapped FROM vault_key WHERE contact_id = $1"};
constexpr Query kSealed{"test.sealed", "SELECT sealed FROM vault_entry WHERE id = $1"};
constexpr Query kSwap{"test.swap", "UPDATE vault_entry SET sealed = $2 WHERE id = $1"};
constexpr Query kEntries{"test.entries", "SELECT COUNT(*) FROM vault_entry"};

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class VaultTest : public testing::TestWithParam<const char*> {
 protected:
  VaultTest() : engine(storage::make_engine(GetParam())), db(storage::Db::open({.url = engine->url()}).value()) {}

  template <class F>
  auto write(F f) {
    return db->write(after(std::chrono::seconds(20)), f);
  }
  ContactId contact() {
    return write([](Tx& tx) -> Result<ContactId> {
             ZK_TRY(auto row, tx.one(kContact));
             return row.id<ContactId>(0);
           })
        .value();
  }
  std::vector<Mark> seal(const Vault& vault, ContactId who, const std::vector<Original>& originals,
                         ConversationId conversation = ConversationId{5}) {
    return write([&](Tx& tx) { return vault.seal(tx, who, conversation, originals, now); }).value();
  }
  Result<Revealed> reveal(const Vault& vault, std::int64_t entry) {
    return write([&](Tx& tx) { return vault.reveal(tx, entry, now); });
  }
  std::vector<ContactId> find(const Vault& vault, std::string_view value) {
    return write([&](Tx& tx) { return vault.find(tx, value, 10); }).value();
  }
  std::string column(const Query& q, std::int64_t id) {
    return write([&](Tx& tx) { return tx.one(q, {id}); })->text(0);
  }

  std::unique_ptr<storage::TestEngine> engine;
  std::unique_ptr<storage::Db> db;
  storage::TempDir dir;
  const Timestamp now = from_micros(1'800'000'000'000'000);
  const KeyFile keys = KeyFile::fresh();
};
INSTANTIATE_TEST_SUITE_P(Engines, VaultTest, testing::Values("sqlite", "postgresql"));

TEST_P(VaultTest, WhatIsSealedIsRevealedAndNothingElseShowsIt) {
  const Vault vault(keys, {});
  const auto who = contact();
  const auto marks = seal(vault, who, {{PiiType::kPhone, "138 1234 5678", "/blocks/0/text", 3, 14},
                                       {PiiType::kAddress, "锦绣路1688弄27号", "/blocks/0/text", 15, 22}});
  ASSERT_EQ(marks.size(), 2u);
  const auto shown = reveal(vault, marks[0].entry).value();
  EXPECT_EQ(shown.value, "138 1234 5678");
  EXPECT_EQ(shown.kind, PiiType::kPhone);
  EXPECT_EQ(shown.contact_id, who);
  EXPECT_EQ(shown.conversation_id, ConversationId{5});
  EXPECT_EQ(reveal(vault, marks[1].entry)->value, "锦绣路1688弄27号");
  EXPECT_EQ(column(kSealed, marks[0].entry).find("138"), std::string::npos);
  EXPECT_EQ(reveal(vault, 999).error().code, ErrorCode::kNotFound);

  const auto back = marks_from_json(to_json(marks));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[1].entry, marks[1].entry);
  EXPECT_EQ(back[1].path, "/blocks/0/text");
  EXPECT_EQ(back[1].start, 15u);
  EXPECT_TRUE(marks_from_json("[1,2]").empty());
  EXPECT_TRUE(marks_from_json("{").empty());
}

TEST_P(VaultTest, ARowCannotStandInForAnother) {
  const Vault vault(keys, {});
  const auto who = contact();
  const auto marks = seal(vault, who, {{PiiType::kPhone, "13812345678", "/a", 0, 1}, {PiiType::kName, "周敏", "/b", 0, 1}});
  const auto name = column(kSealed, marks[1].entry);
  write([&](Tx& tx) { return tx.run(kSwap, {marks[0].entry, storage::Blob{name}}); }).value();
  EXPECT_EQ(reveal(vault, marks[0].entry).error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(reveal(vault, marks[1].entry)->value, "周敏");
}

TEST_P(VaultTest, FoundHoweverItIsWritten) {
  const Vault vault(keys, {});
  const auto who = contact(), other = contact();
  seal(vault, who, {{PiiType::kPhone, "幺三八 1234-5678", "/a", 0, 1},
                    {PiiType::kEmail, "Li.Wei@Mail.example.cn", "/b", 0, 1},
                    {PiiType::kLandline, "(010)6234 5678", "/c", 0, 1},
                    {PiiType::kIdCard, "11010519491231002X", "/d", 0, 1}});
  seal(vault, other, {{PiiType::kPhone, "13912345678", "/a", 0, 1}});
  for (const auto* q : {"13812345678", "+86 138 1234 5678", "0086-13812345678", "１３８１２３４５６７８", "一三八一二三四五六七八",
                        "li.wei@mail.example.cn", "ＬＩ.wei@mail.example.cn", "010-62345678", "+86 10 62345678",
                        "11010519491231002x"})
    EXPECT_EQ(find(vault, q), std::vector{who}) << q;
  EXPECT_EQ(find(vault, "13912345678"), std::vector{other});
  for (const auto* q : {"1381234567", "3812345678", "mail.example.cn", "", "周敏"}) EXPECT_TRUE(find(vault, q).empty()) << q;
  // Without the key of look-ups the hashes say nothing.
  EXPECT_TRUE(find(Vault(KeyFile::fresh(), {}), "13812345678").empty());
}

TEST_P(VaultTest, AFieldKeepsItsEntryUntilItChanges) {
  const Vault vault(keys, {});
  const auto who = contact();
  const auto set = [&](const std::vector<Mark>& before, const std::string& phone) {
    return write([&](Tx& tx) {
             return vault.reseal(tx, who, before, {{PiiType::kPhone, phone, "/phone", 0, 11}},
                                 [](const std::string& path) { return path == "/phone"; }, now);
           })
        .value();
  };
  const Mark name = seal(vault, who, {{PiiType::kName, "周敏", "/name", 0, 2}}, {}).front();
  const auto first = set({name}, "13812345678");
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].entry, name.entry);
  EXPECT_EQ(set(first, "138-1234-5678")[1].entry, first[1].entry);
  const auto second = set(first, "13900001111");
  ASSERT_EQ(second.size(), 2u);
  EXPECT_NE(second[1].entry, first[1].entry);
  EXPECT_EQ(reveal(vault, first[1].entry).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(reveal(vault, second[1].entry)->value, "13900001111");
  EXPECT_EQ(write([&](Tx& tx) { return tx.one(kEntries); })->integer(0), 2);
}

TEST_P(VaultTest, ExpiredIsNotShownAndThenSwept) {
  const Vault vault(keys, {std::chrono::days(30)});
  const auto who = contact();
  const auto marks = seal(vault, who, {{PiiType::kPhone, "13812345678", "/a", 0, 1}});
  const auto later = now + std::chrono::days(30);
  EXPECT_TRUE(write([&](Tx& tx) { return vault.reveal(tx, marks[0].entry, later - Micros(1)); }).has_value());
  EXPECT_EQ(write([&](Tx& tx) { return vault.reveal(tx, marks[0].entry, later); }).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(write([&](Tx& tx) { return vault.sweep(tx, later - Micros(1), 10); }).value(), 0);
  EXPECT_EQ(write([&](Tx& tx) { return vault.sweep(tx, later, 10); }).value(), 1);
  EXPECT_TRUE(find(vault, "13812345678").empty());
}

TEST_P(VaultTest, ErasedIsGoneAlsoFromTheNextBackup) {
  const Vault vault(keys, {});
  const auto who = contact(), other = contact();
  const auto marks = seal(vault, who, {{PiiType::kPhone, "13812345678", "/a", 0, 1}});
  const auto kept = seal(vault, other, {{PiiType::kPhone, "13812345678", "/a", 0, 1}});
  const auto key = column(kWrapped, who.value), sealed = column(kSealed, marks[0].entry);
  const auto copy = [&](const char* name) {
    EXPECT_TRUE(db->backup(dir.file(name), {}));
    return bytes_of(dir.file(name));
  };
  const auto before = copy("before");
  EXPECT_NE(before.find(key), std::string::npos);
  EXPECT_NE(before.find(sealed), std::string::npos);
  EXPECT_EQ(write([&](Tx& tx) { return vault.erase(tx, who); }).value(), 1);
  const auto after_it = copy("after");
  EXPECT_EQ(after_it.find(key), std::string::npos);
  EXPECT_EQ(after_it.find(sealed), std::string::npos);
  EXPECT_EQ(reveal(vault, marks[0].entry).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(reveal(vault, kept[0].entry)->value, "13812345678");
  EXPECT_EQ(find(vault, "13812345678"), std::vector{other});
  // Who comes back is sealed under another key.
  const auto again = seal(vault, who, {{PiiType::kPhone, "13812345678", "/a", 0, 1}});
  EXPECT_EQ(reveal(vault, again[0].entry)->value, "13812345678");
  EXPECT_NE(column(kWrapped, who.value), key);
  if (GetParam() == std::string("sqlite")) {
    db->close();
    const auto file = bytes_of(static_cast<storage::SqliteEngine&>(*engine).file());
    EXPECT_EQ(file.find(key), std::string::npos);
    EXPECT_EQ(file.find(sealed), std::string::npos);
  }
}

TEST_P(VaultTest, RotationGoesOnWhereItWasInterrupted) {
  const auto path = dir.file("vault.keys");
  const auto first = KeyFile::open(path).value();
  std::vector<std::int64_t> entries;
  std::vector<ContactId> people;
  const auto made = write([&](Tx& tx) -> Result<int> {
    people.clear(), entries.clear();
    for (int i = 0; i < 700; ++i) {  // more than one step of the rotation
      ZK_TRY(const auto row, tx.one(kContact));
      people.push_back(row.id<ContactId>(0));
      ZK_TRY(const auto marks, Vault(first, {}).seal(tx, people.back(), {},
                                                     {{PiiType::kName, "周敏" + std::to_string(i), "/a", 0, 1}}, now));
      entries.push_back(marks[0].entry);
    }
    return 0;
  });
  ASSERT_TRUE(made);
  // Killed after the first step: both keys in the file, some contacts already under the new one.
  const auto both = first.with_new_key(path).value();
  EXPECT_EQ(KeyFile::open(path)->keys().size(), 2u);
  const auto newcomer = contact();
  const auto fresh = seal(Vault(both, {}), newcomer, {{PiiType::kName, "新人", "/a", 0, 1}})[0].entry;
  EXPECT_EQ(reveal(Vault(both, {}), entries[3])->value, "周敏3");
  EXPECT_EQ(write([&](Tx& tx) { return census(tx, both); })->under_earlier_keys, 700);

  double last = 0;
  ASSERT_TRUE(rotate(*db, path, [&](double done) { last = done; }));
  EXPECT_DOUBLE_EQ(last, 1);
  const auto second = KeyFile::open(path).value();
  ASSERT_EQ(second.keys().size(), 1u);
  EXPECT_EQ(second.current().id, both.current().id);
  const Vault vault(second, {});
  EXPECT_TRUE(write([&](Tx& tx) -> Result<int> { ZK_TRY_STATUS(vault.check(tx)); return 0; }).has_value());
  for (std::size_t i = 0; i < entries.size(); i += 23)
    EXPECT_EQ(reveal(vault, entries[i])->value, "周敏" + std::to_string(i));
  EXPECT_EQ(reveal(vault, fresh)->value, "新人");
  EXPECT_EQ(find(vault, "周敏7"), std::vector{people[7]});
  // The former key opens nothing any more, and is refused at the start.
  EXPECT_EQ(reveal(Vault(first, {}), entries[0]).error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(write([&](Tx& tx) -> Result<int> { ZK_TRY_STATUS(Vault(first, {}).check(tx)); return 0; }).error().code,
            ErrorCode::kPreconditionFailed);
  // Again: a whole new rotation.
  ASSERT_TRUE(rotate(*db, path, {}));
  EXPECT_NE(KeyFile::open(path)->current().id, second.current().id);
}

TEST(KeyFile, IsMadeOncePrivateAndReadBack) {
  const storage::TempDir dir;
  const auto path = dir.file("keys/vault.keys");
  const auto made = KeyFile::open(path).value();
  struct stat s {};
  ASSERT_EQ(::stat(path.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(dir.file("keys").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0700u);
  EXPECT_EQ(KeyFile::open(path)->text(), made.text());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.file("keys")), {}), 1);

  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(KeyFile::open(path).error().code, ErrorCode::kPermissionDenied);
  ::chmod(path.c_str(), 0600);
  std::ofstream(path) << "lookup nonsense\n";
  EXPECT_EQ(KeyFile::open(path).error().code, ErrorCode::kDataLoss);
}

TEST(KeyFile, RefusesWhatIsNoKeyFile) {
  const auto good = KeyFile::fresh().text();
  EXPECT_EQ(KeyFile::parse(good)->text(), good);
  const auto keys = good.substr(good.find("lookup"));
  const auto lookup = keys.substr(0, keys.find('\n') + 1), master = keys.substr(keys.find('\n') + 1);
  for (const auto& bad : {std::string(), lookup, master, lookup + lookup + master, lookup + master + master,
                          lookup + "x " + master.substr(master.find(' ') + 1), lookup + "-1 " + master.substr(master.find(' ') + 1),
                          lookup + "1 AAAA\n", lookup + master + "\x01"})
    EXPECT_FALSE(KeyFile::parse(bad)) << bad;
}

}  // namespace
}  // namespace zk::vault
