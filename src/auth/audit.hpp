// The audit table: who did what to what, append-only, each row's hash covering the row before (HMAC-SHA256
// under a key that is not in the database), so that a change, a removed row or a cut-off end shows.
// audit_head holds the last hash; taking its row first orders writers on every engine. Stateless;
// thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "auth/secret.hpp"
#include "storage/storage.hpp"

namespace zk::auth {

struct AuditEntry {
  Timestamp at;
  std::string actor;          // "agent:7", "key:3", "cli"
  std::string action;         // "session.opened", "agent.created", "contact.read" …
  std::string target;         // "agent:9", "" when the action says it
  std::string detail = "{}";  // JSON; ids and names of fields, never personal data or secrets
};

struct AuditReport {
  std::int64_t rows = 0;
  std::int64_t broken_at = 0;  // seq of the first row that does not fit; 0: none; -1: the end is missing
};

class AuditLog {
 public:
  explicit AuditLog(const Key& key) : key_(key) {}
  // In the transaction of what it records.
  Status append(storage::Tx& tx, const AuditEntry& entry) const;
  // Reads the whole table in order. An untouched chain has broken_at 0.
  Result<AuditReport> verify(storage::Tx& tx) const;

 private:
  std::string chain(const std::string& previous, const AuditEntry& entry) const;
  Key key_;
};

}  // namespace zk::auth
