#include "vault/vault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "vault/sealing.hpp"

namespace zk::vault {
namespace {
using storage::Blob;
using storage::Query;
using text::PiiType;

constexpr Query kUnknownKey{"vault.key_ids", "SELECT DISTINCT key_id FROM vault_key LIMIT 100"};
constexpr Query kKey{"vault.key", "SELECT key_id, wrapped FROM vault_key WHERE contact_id = $1"};
constexpr Query kAddKey{
    "vault.add_key", "INSERT INTO vault_key (contact_id, key_id, wrapped, created_at) VALUES ($1, $2, $3, $4)"};
constexpr Query kAdd{"vault.add",
                     "INSERT INTO vault_entry (contact_id, conversation_id, kind, lookup, sealed, created_at, "
                     "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"};
constexpr Query kEntry{"vault.entry",
                       "SELECT contact_id, conversation_id, kind, sealed, expires_at FROM vault_entry WHERE "
                       "id = $1"};
constexpr Query kOfContact{
    "vault.of_contact",
    "SELECT id, lookup FROM vault_entry WHERE contact_id = $1 AND conversation_id = 0 ORDER BY id"};
constexpr Query kRenew{"vault.renew", "UPDATE vault_entry SET expires_at = $2 WHERE id = $1 AND expires_at < $3"};
constexpr Query kRemove{"vault.remove", "DELETE FROM vault_entry WHERE id = $1"};
constexpr Query kFind{"vault.find",
                      "SELECT DISTINCT contact_id FROM vault_entry WHERE lookup IN ($1, $2, $3, $4, $5, $6, "
                      "$7, $8, $9) ORDER BY contact_id DESC LIMIT $10"};
constexpr Query kDestroyKey{"vault.destroy_key", "DELETE FROM vault_key WHERE contact_id = $1"};
constexpr Query kDestroy{"vault.destroy", "DELETE FROM vault_entry WHERE contact_id = $1"};
constexpr Query kSweep{"vault.sweep",
                       "DELETE FROM vault_entry WHERE id IN (SELECT id FROM vault_entry WHERE expires_at > 0 "
                       "AND expires_at <= $1 ORDER BY expires_at LIMIT $2)"};
constexpr Query kCensus{"vault.census",
                        "SELECT (SELECT COUNT(*) FROM vault_key), (SELECT COUNT(*) FROM vault_entry), "
                        "(SELECT COUNT(*) FROM vault_key WHERE key_id <> $1)"};

constexpr std::array<PiiType, 9> kLookedUp{PiiType::kPhone,  PiiType::kLandline, PiiType::kIdCard,
                                           PiiType::kBankCard, PiiType::kEmail,  PiiType::kPlate,
                                           PiiType::kPassport, PiiType::kWechat, PiiType::kName};

std::string entry_context(ContactId contact, std::int64_t conversation, std::string_view kind) {
  return fmt::format("zhike vault {} {} {}", contact.value, conversation, kind);
}

}  // namespace

std::string Vault::lookup(std::string_view value, PiiType kind) const {
  return keyed_hash(keys_.lookup(),
                    fmt::format("{}:{}", text::to_string(kind), text::canonical_form(value, kind)));
}

std::string Vault::fingerprint(std::string_view text) const {
  return keyed_hash(keys_.lookup(), fmt::format("text:{}", text));
}

Timestamp Vault::expiry(Timestamp now) const {
  return options_.keep.count() == 0 ? Timestamp{} : now + options_.keep;
}

Status Vault::check(storage::Tx& tx) const {
  ZK_TRY(const auto rows, tx.all(kUnknownKey));
  for (const auto& row : rows)
    if (!keys_.find(row.integer(0)))
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("the vault was sealed under master key {}, which the vault's key file lacks: "
                              "restore that file from its copy",
                              row.integer(0)),
                  "vault.key_file");
  return {};
}

Result<Key> Vault::data_key(storage::Tx& tx, ContactId contact) const {
  ZK_TRY(const auto row, tx.maybe(kKey, {contact}));
  if (!row) return fail(ErrorCode::kNotFound, "the original is no longer kept: it was erased or has expired");
  const auto* master = keys_.find(row->integer(0));
  if (!master)
    return fail(ErrorCode::kDataLoss, "the vault's key file lacks the master key of this contact: restore it");
  return unwrap(*master, row->text(1), contact);
}

Result<Key> Vault::data_key_or_new(storage::Tx& tx, ContactId contact, Timestamp now) const {
  auto there = data_key(tx, contact);
  if (there || there.error().code != ErrorCode::kNotFound) return there;
  const auto bytes = auth::random_bytes(sizeof(Key));
  Key key{};
  std::copy(bytes.begin(), bytes.end(), key.begin());
  const auto wrapped = wrap(keys_.current(), key, contact);
  ZK_TRY([[maybe_unused]] auto n, tx.run(kAddKey, {contact, keys_.current().id, Blob{wrapped}, now}));
  return key;
}

Result<std::vector<Mark>> Vault::seal(storage::Tx& tx, ContactId contact, ConversationId conversation,
                                      const std::vector<Original>& originals, Timestamp now) const {
  std::vector<Mark> marks;
  if (originals.empty()) return marks;
  ZK_TRY(const auto key, data_key_or_new(tx, contact, now));
  for (const auto& o : originals) {
    const auto kind = text::to_string(o.kind);
    const auto sealed = seal_bytes(key, o.value, entry_context(contact, conversation.value, kind));
    ZK_TRY(const auto row, tx.one(kAdd, {contact, conversation.value, kind, lookup(o.value, o.kind), Blob{sealed},
                                         now, expiry(now)}));
    marks.push_back({row.integer(0), o.kind, o.path, o.start, o.end});
  }
  return marks;
}

Result<std::vector<Mark>> Vault::reseal(storage::Tx& tx, ContactId contact, const std::vector<Mark>& before,
                                        const std::vector<Original>& originals,
                                        const std::function<bool(const std::string&)>& replaced,
                                        Timestamp now) const {
  std::vector<Mark> marks, former;
  for (const auto& m : before) (replaced(m.path) ? former : marks).push_back(m);
  if (former.empty() && originals.empty()) return marks;
  ZK_TRY(const auto rows, tx.all(kOfContact, {contact}));
  const auto same = [&](const Mark& m, const Original& o) {
    return m.path == o.path && m.kind == o.kind && m.start == o.start &&
           std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
             return row.integer(0) == m.entry && row.text(1) == lookup(o.value, o.kind);
           });
  };
  std::vector<Original> fresh;
  for (const auto& o : originals) {
    const auto it = std::find_if(former.begin(), former.end(), [&](const Mark& m) { return same(m, o); });
    if (it == former.end()) {
      fresh.push_back(o);
      continue;
    }
    // Once a day is often enough: a visit must not always write.
    if (const auto until = expiry(now); until != Timestamp{})
      ZK_TRY_STATUS(tx.run(kRenew, {it->entry, until, until - std::chrono::days(1)}).map([](auto) {}));
    marks.push_back(*it);
    former.erase(it);
  }
  for (const auto& m : former) ZK_TRY_STATUS(tx.run(kRemove, {m.entry}).map([](auto) {}));
  ZK_TRY(const auto sealed, seal(tx, contact, {}, fresh, now));
  marks.insert(marks.end(), sealed.begin(), sealed.end());
  return marks;
}

Result<Revealed> Vault::reveal(storage::Tx& tx, std::int64_t entry, Timestamp now) const {
  ZK_TRY(const auto row, tx.maybe(kEntry, {entry}));
  if (!row || (row->time(4) != Timestamp{} && row->time(4) <= now))
    return fail(ErrorCode::kNotFound, "the original is no longer kept: it was erased or has expired");
  Revealed out{row->id<ContactId>(0), row->id<ConversationId>(1), PiiType::kPhone, {}};
  const auto kind = text::pii_type(row->text(2));
  if (!kind) return fail(ErrorCode::kDataLoss, "an entry of the vault is of no known kind");
  out.kind = *kind;
  ZK_TRY(const auto key, data_key(tx, out.contact_id));
  ZK_TRY(out.value, open_bytes(key, row->text(3), entry_context(out.contact_id, row->integer(1), row->text(2))));
  return out;
}

Result<std::vector<ContactId>> Vault::find(storage::Tx& tx, std::string_view value, int limit) const {
  std::vector<std::string> hashes;
  for (const auto kind : kLookedUp) hashes.push_back(lookup(value, kind));
  std::vector<storage::Param> params(hashes.begin(), hashes.end());
  params.emplace_back(limit);
  ZK_TRY(const auto rows, tx.all(kFind, storage::Params(params)));
  std::vector<ContactId> out;
  for (const auto& row : rows) out.push_back(row.id<ContactId>(0));
  return out;
}

Result<std::int64_t> Vault::erase(storage::Tx& tx, ContactId contact) const {
  ZK_TRY([[maybe_unused]] const auto keys, tx.run(kDestroyKey, {contact}));
  return tx.run(kDestroy, {contact});
}

Result<std::int64_t> Vault::sweep(storage::Tx& tx, Timestamp now, int limit) const {
  return tx.run(kSweep, {now, limit});
}

Result<Census> census(storage::Tx& tx, const KeyFile& keys) {
  ZK_TRY(const auto row, tx.one(kCensus, {keys.current().id}));
  return Census{row.integer(0), row.integer(1), row.integer(2)};
}

}  // namespace zk::vault
