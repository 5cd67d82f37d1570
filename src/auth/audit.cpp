#include "auth/audit.hpp"

namespace zk::auth {
namespace {
constexpr storage::Query kTakeHead{"audit.take_head",
                                   "UPDATE audit_head SET entries = entries + 1 WHERE id = 1 RETURNING hash"};
constexpr storage::Query kSetHead{"audit.set_head", "UPDATE audit_head SET hash = $1 WHERE id = 1"};
constexpr storage::Query kHead{"audit.head", "SELECT hash, entries FROM audit_head WHERE id = 1"};
constexpr storage::Query kInsert{"audit.insert",
                                 "INSERT INTO audit (at, actor, action, target, detail, prev_hash, hash) "
                                 "VALUES ($1, $2, $3, $4, $5, $6, $7)"};
constexpr storage::Query kAll{
    "audit.all", "SELECT seq, at, actor, action, target, detail, prev_hash, hash FROM audit ORDER BY seq"};

// Length before content: no two different entries give the same bytes.
void add(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}
}  // namespace

std::string AuditLog::chain(const std::string& previous, const AuditEntry& e) const {
  std::string bytes;
  for (const auto& part : {previous, std::to_string(to_micros(e.at)), e.actor, e.action, e.target, e.detail})
    add(bytes, part);
  return hex(hmac_sha256({reinterpret_cast<const char*>(key_.data()), key_.size()}, bytes));
}

Status AuditLog::append(storage::Tx& tx, const AuditEntry& e) const {
  ZK_TRY(auto head, tx.one(kTakeHead));
  const auto hash = chain(head.text(0), e);
  ZK_TRY_STATUS(
      tx.run(kInsert, {e.at, e.actor, e.action, e.target, e.detail, head.text(0), hash}).map([](auto) {}));
  return tx.run(kSetHead, {hash}).map([](auto) {});
}

Result<AuditReport> AuditLog::verify(storage::Tx& tx) const {
  AuditReport report;
  std::string previous;
  ZK_TRY_STATUS(tx.each(kAll, {}, [&](const storage::Row& row) {
    const AuditEntry entry{row.time(1), row.text(2), row.text(3), row.text(4), row.text(5)};
    if (row.text(6) != previous || row.text(7) != chain(previous, entry)) {
      report.broken_at = row.integer(0);
      return false;
    }
    previous = row.text(7);
    ++report.rows;
    return true;
  }));
  ZK_TRY(auto head, tx.one(kHead));
  if (report.broken_at == 0 && (head.text(0) != previous || head.integer(1) != report.rows))
    report.broken_at = -1;
  return report;
}

}  // namespace zk::auth
