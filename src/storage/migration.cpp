#include "storage/migration.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "storage/transaction.hpp"

namespace zk::storage {
namespace {

constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (version @int@ NOT NULL PRIMARY KEY, name @text@ NOT NULL, "
    "checksum @text@ NOT NULL, applied_at @int@ NOT NULL) @strict@";
constexpr Query kApplied{"schema_migration.list",
                         "SELECT version, name, checksum FROM schema_migration ORDER BY version"};
constexpr Query kRecord{
    "schema_migration.record",
    "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)"};

struct Applied {
  std::string name, checksum;
};

Result<std::map<int, Applied>> read_applied(Connection& connection) {
  std::map<int, Applied> applied;
  ZK_TRY(auto changed, connection.query(kApplied, {}, [&](Row&& row) {
    applied[static_cast<int>(row.integer(0))] = {row.text(1), row.text(2)};
    return true;
  }));
  (void)changed;
  return applied;
}

Status check_applied(const std::map<int, Applied>& applied, std::span<const Migration> migrations) {
  for (const auto& [number, was] : applied) {
    const Migration* mine = nullptr;
    for (const Migration& m : migrations) {
      if (version(m) == number) mine = &m;
    }
    if (!mine) {
      return fail(
          ErrorCode::kPreconditionFailed,
          fmt::format("the database has schema version {} ({}), newer than this program knows; run the newer "
                      "zhike, or restore a backup made by this one",
                      number, was.name));
    }
    if (checksum(*mine) != was.checksum) {
      return fail(
          ErrorCode::kPreconditionFailed,
          fmt::format(
              "schema version {} ({}) of the database was made by another text than this program's; use "
              "the zhike that made it, or start from an empty database and restore a backup",
              number, was.name));
    }
  }
  return {};
}

Status apply_one(Connection& connection, const Dialect& dialect, const Migration& m) {
  ZK_TRY_STATUS(connection.execute(in_dialect(m.sql, dialect).c_str()));
  std::vector<Event> none;
  Transaction tx(connection, &none);
  const auto now = SystemClock().now();
  auto done = tx.Tx::run(kRecord, {version(m), m.name, checksum(m), now});
  if (!done) return tl::unexpected(std::move(done).error());
  return {};
}

// Runs inside a write transaction; returns how many it applied (at most one).
Result<int> migrate_step(Connection& connection, const Dialect& dialect,
                         std::span<const Migration> migrations, bool apply) {
  ZK_TRY_STATUS(connection.execute(in_dialect(kTable, dialect).c_str()));
  ZK_TRY(auto applied, read_applied(connection));
  ZK_TRY_STATUS(check_applied(applied, migrations));
  for (const Migration& m : migrations) {
    if (applied.contains(version(m))) continue;
    if (!apply) {
      return fail(
          ErrorCode::kPreconditionFailed,
          fmt::format("the database lacks schema version {} ({}); run `zhike migrate`", version(m), m.name));
    }
    ZK_TRY_STATUS(apply_one(connection, dialect, m));
    log::info("storage", "schema migrated version={} name={}", version(m), m.name);
    return 1;
  }
  return 0;
}

}  // namespace

int version(const Migration& migration) {
  int number = 0;
  std::from_chars(migration.name.data(), migration.name.data() + migration.name.size(), number);
  ZK_CHECK(number > 0);
  return number;
}

std::string checksum(const Migration& migration) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(migration.sql.data()),
                     migration.sql.size());
  std::string hex;
  for (const unsigned char c : hash) hex += fmt::format("{:02x}", c);
  return hex;
}

std::string in_dialect(std::string_view sql, const Dialect& d) {
  const std::array<std::pair<std::string_view, std::string_view>, 6> tokens{{{"@id@", d.id},
                                                                             {"@int@", d.integer},
                                                                             {"@real@", d.real},
                                                                             {"@text@", d.text},
                                                                             {"@bytes@", d.bytes},
                                                                             {"@strict@", d.strict}}};
  std::string out;
  for (std::size_t i = 0; i < sql.size();) {
    bool replaced = false;
    for (const auto& [token, text] : tokens) {
      if (sql.substr(i).starts_with(token)) {
        out += text;
        i += token.size();
        replaced = true;
        break;
      }
    }
    if (!replaced) out += sql[i++];
  }
  return out;
}

Result<int> migrate(Connection& connection, const Dialect& dialect, std::span<const Migration> migrations,
                    bool apply) {
  int total = 0;
  while (true) {
    ZK_TRY_STATUS(connection.begin_write());
    auto step = migrate_step(connection, dialect, migrations, apply);
    auto committed = step ? connection.commit(false) : Status{};
    if (!step || !committed) connection.rollback();
    if (!step) return step;
    ZK_TRY_STATUS(std::move(committed));
    if (*step == 0) return total;
    total += *step;
  }
}

Status check_schema(Connection& connection, std::span<const Migration> migrations) {
  auto applied = read_applied(connection);
  if (!applied || applied->empty()) {
    return fail(ErrorCode::kDataLoss, "not a database of Zhike", "file",
                applied ? "" : applied.error().detail);
  }
  return check_applied(*applied, migrations);
}

}  // namespace zk::storage
