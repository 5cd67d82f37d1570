#include <fmt/format.h>

#include "vault/sealing.hpp"
#include "vault/vault.hpp"

namespace zk::vault {
namespace {
using storage::Blob;
using storage::Query;

constexpr Query kNext{"vault.next_keys",
                      "SELECT contact_id, key_id, wrapped FROM vault_key WHERE contact_id > $1 AND key_id <> $2 "
                      "ORDER BY contact_id LIMIT 500"};
constexpr Query kRewrap{"vault.rewrap", "UPDATE vault_key SET key_id = $2, wrapped = $3 WHERE contact_id = $1"};
constexpr std::chrono::minutes kPatience{5};

// One transaction of at most 500 contacts after `last`; the last of them, or nothing when none was left.
Result<std::optional<ContactId>> rewrap_some(storage::Tx& tx, const KeyFile& keys, ContactId last,
                                             std::int64_t& done) {
  ZK_TRY(const auto rows, tx.all(kNext, {last.value, keys.current().id}));
  for (const auto& row : rows) {
    const auto contact = row.id<ContactId>(0);
    const auto* master = keys.find(row.integer(1));
    if (!master)
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("the key file lacks master key {}: restore that file, then rotate", row.integer(1)),
                  "vault.key_file");
    ZK_TRY(const auto key, unwrap(*master, row.text(2), contact));
    const auto wrapped = wrap(keys.current(), key, contact);
    ZK_TRY_STATUS(tx.run(kRewrap, {contact, keys.current().id, Blob{wrapped}}).map([](auto) {}));
  }
  done = static_cast<std::int64_t>(rows.size());
  if (rows.empty()) return std::nullopt;
  return rows.back().id<ContactId>(0);
}

}  // namespace

Status rotate(storage::Db& db, const std::string& key_file, const std::function<void(double)>& progress) {
  ZK_TRY(auto keys, KeyFile::open(key_file));
  // More than one master key: a rotation was interrupted, and goes on.
  if (keys.keys().size() == 1) {
    ZK_TRY(keys, keys.with_new_key(key_file));
  }
  ZK_TRY(const auto before, db.read(after(kPatience), [&](storage::Tx& tx) { return census(tx, keys); }));
  std::int64_t wrapped = 0;
  for (ContactId last{};;) {
    std::int64_t done = 0;
    ZK_TRY(const auto reached, db.write(after(kPatience), [&](storage::Tx& tx) {
      return rewrap_some(tx, keys, last, done);
    }));
    if (!reached) break;
    last = *reached;
    wrapped += done;
    if (progress && before.under_earlier_keys > 0)
      progress(static_cast<double>(wrapped) / static_cast<double>(before.under_earlier_keys));
  }
  return keys.with_current_only(key_file).map([](const auto&) {});
}

}  // namespace zk::vault
