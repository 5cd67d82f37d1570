#include "auth/auth.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "auth/password.hpp"
#include "storage/tests/engines.hpp"

namespace zk::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr storage::Query kAddAgent{"test.agent",
                                   "INSERT INTO agent (email, name, role) VALUES ($1, 'A', $2) RETURNING id"};
constexpr storage::Query kAddKey{
    "test.key",
    "INSERT INTO api_key (name, key_hash, role, created_at) VALUES ('k', $1, 'viewer', 1) RETURNING id"};
constexpr storage::Query kDisable{"test.disable", "UPDATE agent SET disabled = 1 WHERE id = $1"};
constexpr storage::Query kRevoke{"test.revoke", "UPDATE api_key SET revoked_at = 1"};
constexpr storage::Query kSeen{"test.seen", "SELECT last_seen_at FROM session"};

Key key_of(unsigned char fill) {
  Key key;
  key.fill(fill);
  return key;
}

class AuthTest : public testing::Test {
 protected:
  AuthTest()
      : db(storage::Db::open({.url = engine.url()}).value()), auth(*db, clock, Keys::from(key_of(7))) {}
  Deadline soon() { return after(seconds(20)); }
  AgentId add_agent(const std::string& email, const std::string& role) {
    return db->write(soon(),
                     [&](storage::Tx& tx) {
                       return tx.one(kAddAgent, {email, role});
                     })
        ->id<AgentId>(0);
  }
  std::string open_session(AgentId agent) {
    return db->write(soon(), [&](storage::Tx& tx) { return auth.open_session(tx, agent, clock.now()); })
        .value();
  }
  Caller by_cookie(const std::string& token) { return auth.identify("", token, soon()).value(); }
  std::int64_t reads() { return db->stats().reads; }

  storage::SqliteEngine engine;
  std::unique_ptr<storage::Db> db;
  ManualClock clock{from_micros(1'800'000'000'000'000)};
  Auth auth;
};

TEST_F(AuthTest, SessionEndsWhenIdleAndAfterItsWholeTime) {
  const auto agent = add_agent("a@example.com", "agent");
  const auto token = open_session(agent);
  EXPECT_EQ(token.size(), 43u);
  EXPECT_EQ(by_cookie(token).agent_id, agent);
  EXPECT_EQ(by_cookie(token + "x").kind, Caller::Kind::kNobody);
  clock.advance(hours(23));
  EXPECT_EQ(by_cookie(token).agent_id, agent);
  clock.advance(hours(23));  // not idle: seen 23 hours ago, though the database still has the first time
  EXPECT_EQ(by_cookie(token).agent_id, agent);
  clock.advance(hours(25));
  EXPECT_EQ(by_cookie(token).kind, Caller::Kind::kNobody);

  const auto busy = open_session(agent);
  for (int hour = 0; hour < 14 * 24 - 1; ++hour) {
    clock.advance(hours(1));
    ASSERT_EQ(by_cookie(busy).agent_id, agent) << hour;
  }
  clock.advance(hours(1));
  EXPECT_EQ(by_cookie(busy).kind, Caller::Kind::kNobody);
}

TEST_F(AuthTest, ASessionIsReadOnceAndForgottenAtOnce) {
  const auto agent = add_agent("a@example.com", "supervisor");
  const auto token = open_session(agent);
  const auto before = reads();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(by_cookie(token).role, Role::kSupervisor);
  EXPECT_EQ(reads() - before, 1);
  ASSERT_TRUE(db->write(soon(), [&](storage::Tx& tx) { return tx.run(kDisable, {agent}); }));
  auth.forget_agent(agent);
  EXPECT_EQ(by_cookie(token).kind, Caller::Kind::kNobody);
}

TEST_F(AuthTest, AChangeByAnotherProcessCountsWithinHalfAMinute) {
  const auto agent = add_agent("a@example.com", "agent");
  const auto token = open_session(agent);
  EXPECT_EQ(by_cookie(token).agent_id, agent);
  ASSERT_TRUE(db->write(soon(), [&](storage::Tx& tx) { return tx.run(kDisable, {agent}); }));
  clock.advance(seconds(31));
  EXPECT_EQ(by_cookie(token).kind, Caller::Kind::kNobody);
}

TEST_F(AuthTest, LastSeenIsWrittenInOneGo) {
  const auto token = open_session(add_agent("a@example.com", "agent"));
  clock.advance(minutes(5));
  by_cookie(token);
  ASSERT_TRUE(auth.write_seen(soon()));
  auto row = db->read(soon(), [](storage::Tx& tx) { return tx.one(kSeen); });
  EXPECT_EQ(row->time(0), clock.now());
  const auto writes = db->stats().writes;
  ASSERT_TRUE(auth.write_seen(soon()));  // nothing new: no transaction
  EXPECT_EQ(db->stats().writes, writes);
}

TEST_F(AuthTest, ApiKeyIsFoundByItsHashCachedAndRevoked) {
  const auto key = "zk_" + random_token();
  const auto hash = sha256_hex(key);
  const auto id =
      db->write(soon(), [&](storage::Tx& tx) { return tx.one(kAddKey, {hash}); })->id<ApiKeyId>(0);
  const auto before = reads();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(auth.identify("Bearer " + key, "", soon())->actor(), "key:1");
  EXPECT_EQ(reads() - before, 1);
  EXPECT_EQ(auth.identify("Bearer zk_wrong", "", soon()).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(auth.identify("Basic " + key, "", soon()).error().code, ErrorCode::kUnauthenticated);
  ASSERT_TRUE(db->write(soon(), [&](storage::Tx& tx) { return tx.run(kRevoke); }));
  auth.forget_api_key(id);
  EXPECT_EQ(auth.identify("Bearer " + key, "", soon()).error().code, ErrorCode::kUnauthenticated);
}

TEST_F(AuthTest, CsrfTokenBelongsToItsSession) {
  const auto agent = add_agent("a@example.com", "agent");
  const auto one = by_cookie(open_session(agent)), two = by_cookie(open_session(agent));
  EXPECT_TRUE(auth.csrf_matches(one, auth.csrf_token(one)));
  EXPECT_FALSE(auth.csrf_matches(one, auth.csrf_token(two)));
  EXPECT_FALSE(auth.csrf_matches(one, ""));
}

TEST_F(AuthTest, VisitorTokenIsSignedAndEnds) {
  const auto token = auth.visitors().issue(ContactId{12}, InboxId{3}, clock.now());
  const auto caller = auth.identify("Bearer " + token, "", soon());
  EXPECT_EQ(caller->contact_id, ContactId{12});
  EXPECT_EQ(caller->inbox_id, InboxId{3});
  for (std::size_t i = 3; i < token.size(); ++i) {
    auto forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    ASSERT_FALSE(auth.visitors().verify(forged, clock.now())) << i;
  }
  EXPECT_FALSE(VisitorTokens(key_of(9), hours(1)).verify(token, clock.now()));
  clock.advance(hours(24 * 181));
  EXPECT_FALSE(auth.visitors().verify(token, clock.now()));
}

TEST_F(AuthTest, AuditChainShowsEveryTampering) {
  const auto append = [&](const std::string& action) {
    return db->write(soon(), [&](storage::Tx& tx) {
      return auth.audit().append(tx, {clock.now(), "agent:1", action, "agent:2", "{}"});
    });
  };
  const auto verify = [&] {
    return db->read(soon(), [&](storage::Tx& tx) { return auth.audit().verify(tx); }).value();
  };
  EXPECT_EQ(verify().broken_at, 0);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append("a" + std::to_string(i)));
  EXPECT_EQ(verify().rows, 5);
  EXPECT_EQ(verify().broken_at, 0);

  // Each is undone by the failure it ends with, so that the next starts from the sound chain.
  const auto tampered = [&](const storage::Query& q) {
    std::int64_t at = 0;
    const auto undone = db->write(soon(), [&](storage::Tx& tx) -> Status {
      EXPECT_GT(tx.run(q).value_or(0), 0);
      at = auth.audit().verify(tx)->broken_at;
      return fail(ErrorCode::kConflict, "undo");
    });
    EXPECT_FALSE(undone);
    return at;
  };
  static constexpr storage::Query kChange{"test.change", "UPDATE audit SET action = 'x' WHERE seq = 3"};
  static constexpr storage::Query kRemove{"test.remove", "DELETE FROM audit WHERE seq = 3"};
  static constexpr storage::Query kCut{"test.cut", "DELETE FROM audit WHERE seq = 5"};
  static constexpr storage::Query kEmpty{"test.empty", "DELETE FROM audit"};
  EXPECT_EQ(tampered(kChange), 3);
  EXPECT_EQ(tampered(kRemove), 4);
  EXPECT_EQ(tampered(kCut), -1);
  EXPECT_EQ(tampered(kEmpty), -1);
  EXPECT_EQ(verify().broken_at, 0);
}

TEST(Throttle, WaitDoublesIsCappedAndForgotten) {
  ManualClock clock{from_micros(1'800'000'000'000'000)};
  Throttle throttle;
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(throttle.attempt("a", "ip" + std::to_string(i), clock.now()), seconds(0));
  EXPECT_EQ(throttle.attempt("a", "ip9", clock.now()), seconds(1));
  clock.advance(seconds(1));
  EXPECT_EQ(throttle.attempt("a", "ip9", clock.now()), seconds(0));
  EXPECT_EQ(throttle.attempt("a", "ip9", clock.now()), seconds(2));
  for (int i = 0; i < 15; ++i) {
    clock.advance(minutes(15));
    EXPECT_EQ(throttle.attempt("a", "ip" + std::to_string(i), clock.now()), seconds(0));
  }
  EXPECT_EQ(throttle.attempt("a", "ip", clock.now()), minutes(15));
  EXPECT_EQ(throttle.attempt("b", "ip", clock.now()), seconds(0));  // another account is not held up
  clock.advance(minutes(61));
  EXPECT_EQ(throttle.attempt("a", "ip", clock.now()), seconds(0));
  EXPECT_EQ(throttle.attempt("a", "ip", clock.now()), seconds(0));
}

TEST(Throttle, OneAddressTryingManyAccountsIsSlowedDown) {
  ManualClock clock{from_micros(1'800'000'000'000'000)};
  Throttle throttle;
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(throttle.attempt("a" + std::to_string(i), "ip", clock.now()), seconds(0));
  EXPECT_GT(throttle.attempt("other", "ip", clock.now()), seconds(0));
  EXPECT_EQ(throttle.attempt("other", "elsewhere", clock.now()), seconds(0));
}

TEST(Password, HashesAndStrength) {
  const auto hash = hash_password("correct horse battery").value();
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(password_matches(hash, "correct horse battery"));
  EXPECT_FALSE(password_matches(hash, "correct horse batterz"));
  EXPECT_FALSE(password_matches("", "correct horse battery"));
  EXPECT_FALSE(password_hash_outdated(hash));
  EXPECT_NE(hash, hash_password("correct horse battery").value());
  for (const char* weak : {"short", "1234567890", "password1234", "lina@example.com", "aaaaaaaaaaaaaa"})
    EXPECT_FALSE(check_password_strength(weak, {"lina@example.com", "Li Na"})) << weak;
  EXPECT_TRUE(check_password_strength("quiet-otter-plays-violin", {"lina@example.com"}));
}

TEST(Secret, SealOpensOnlyWithTheSameKey) {
  const Sealer sealer(key_of(1));
  const auto sealed = sealer.seal("secret");
  EXPECT_EQ(sealer.open(sealed).value(), "secret");
  EXPECT_NE(sealed, sealer.seal("secret"));
  EXPECT_EQ(Sealer(key_of(2)).open(sealed).error().code, ErrorCode::kDataLoss);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ASSERT_FALSE(sealer.open(changed)) << i;
  }
  EXPECT_FALSE(sealer.open(""));
}

TEST(Secret, HmacIsThatOfRfc4231) {
  constexpr std::string_view kText = "what do ya want for nothing?";
  constexpr std::string_view kMac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  EXPECT_EQ(hex(hmac_sha256("Jefe", kText)), kMac);
  EXPECT_TRUE(identity_hash_matches("Jefe", kText, kMac));
  EXPECT_FALSE(identity_hash_matches("", "", hex(hmac_sha256("", ""))));
}

TEST(Secret, MasterKeyIsMadeOnceAndLooseModesAreRefused) {
  const storage::TempDir dir;
  const auto folder = dir.file("keys"), file = folder + "/master.key";
  const auto first = Keys::open(dir.path());
  ASSERT_TRUE(first) << first.error().message;
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(info.st_size, 32);
  EXPECT_EQ(Keys::open(dir.path())->sealer().open(first->sealer().seal("x")).value(), "x");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  ::chmod(file.c_str(), 0640);
  EXPECT_EQ(Keys::open(dir.path()).error().code, ErrorCode::kPermissionDenied);
  ::chmod(file.c_str(), 0600);
  std::ofstream(file) << "short";
  EXPECT_EQ(Keys::open(dir.path()).error().code, ErrorCode::kDataLoss);
}

TEST(Secret, TokensDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random_token()).second);
}

}  // namespace
}  // namespace zk::auth
