// The sealed originals of personal data. What is stored elsewhere holds masked forms; the original lies here
// under a data key of its contact, which is wrapped by a master key of the key file. Destroying one row of
// vault_key makes all of a contact's originals unreadable, wherever copies of them lie.
//
//   const vault::Vault vault(std::move(keys), {.keep = std::chrono::days(365)});
//   … in the transaction of the message …
//   ZK_TRY(auto marks, vault.seal(tx, contact, conversation, originals, now));
//   … later, with permission, a reason and an audit row …
//   ZK_TRY(auto revealed, vault.reveal(tx, mark.entry, now));
//
// Sealing: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, libsodium) with random nonces; contact, conversation
// and kind are authenticated, so that no row can stand in for another. Look-up: BLAKE2b, keyed (RFC 7693).
// Thread-safe: immutable; every call works inside the caller's transaction.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.hpp"
#include "storage/storage.hpp"
#include "vault/key_file.hpp"
#include "vault/marks.hpp"

namespace zk::vault {

struct Options {
  std::chrono::days keep{0};  // how long an original is kept; 0: until it is replaced or erased
};

struct Revealed {
  ContactId contact_id;
  ConversationId conversation_id;  // none: of the contact himself or of a note about him
  text::PiiType kind = text::PiiType::kPhone;
  std::string value;
};

class Vault {
 public:
  Vault(KeyFile keys, Options options) : keys_(std::move(keys)), options_(options) {}

  // kPreconditionFailed when the database holds keys wrapped by a master key that the key file lacks.
  Status check(storage::Tx& tx) const;

  // One mark for each original, in their order; makes the contact's data key when there is none.
  Result<std::vector<Mark>> seal(storage::Tx& tx, ContactId contact, ConversationId conversation,
                                 const std::vector<Original>& originals, Timestamp now) const;
  // A contact's fields anew: of `before`, marks whose path `replaced` says true of go, but an original that is
  // there already under the same path keeps its entry (and is kept for another term).
  Result<std::vector<Mark>> reseal(storage::Tx& tx, ContactId contact, const std::vector<Mark>& before,
                                   const std::vector<Original>& originals,
                                   const std::function<bool(const std::string& path)>& replaced,
                                   Timestamp now) const;

  // kNotFound: it was erased, expired, or never there.
  Result<Revealed> reveal(storage::Tx& tx, std::int64_t entry, Timestamp now) const;

  // Contacts with an original equal to value, read as each kind that can be looked up (numbers, e-mail, ids,
  // plate, name; however they are written), newest contact first.
  Result<std::vector<ContactId>> find(storage::Tx& tx, std::string_view value, int limit) const;

  // Equal for equal texts, and says nothing about them without the key of look-ups; 32 hex digits.
  std::string fingerprint(std::string_view text) const;

  // Destroys the contact's data key and entries; the number of entries. The contact may come back: new data
  // is sealed under a new key.
  Result<std::int64_t> erase(storage::Tx& tx, ContactId contact) const;
  // Removes at most `limit` entries whose time has come; how many.
  Result<std::int64_t> sweep(storage::Tx& tx, Timestamp now, int limit) const;

 private:
  Result<Key> data_key(storage::Tx& tx, ContactId contact) const;  // kNotFound
  Result<Key> data_key_or_new(storage::Tx& tx, ContactId contact, Timestamp now) const;
  Timestamp expiry(Timestamp now) const;
  std::string lookup(std::string_view value, text::PiiType kind) const;

  KeyFile keys_;
  Options options_;
};

struct Census {
  std::int64_t contacts = 0, entries = 0;
  std::int64_t under_earlier_keys = 0;  // contacts whose data key waits for the end of a rotation
};
Result<Census> census(storage::Tx& tx, const KeyFile& keys);

// Makes a new master key in the key file, wraps every data key anew, then takes the earlier master keys out
// of the file. Interrupted at any point it goes on where it was when called again; originals can be read all
// the while. No server may be running on the key file: it would wrap with the earlier key. progress: 0 … 1.
Status rotate(storage::Db& db, const std::string& key_file, const std::function<void(double)>& progress);

}  // namespace zk::vault
