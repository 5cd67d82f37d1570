// Authenticated encryption of the vault: nonce, then XChaCha20-Poly1305 cipher text and tag. Internal to
// `vault`.
#pragma once

#include <string>
#include <string_view>

#include "domain/ids.hpp"
#include "vault/key_file.hpp"

namespace zk::vault {

std::string seal_bytes(const Key& key, std::string_view plain, std::string_view context);
// kDataLoss: another key, another context, or changed bytes.
Result<std::string> open_bytes(const Key& key, std::string_view sealed, std::string_view context);
std::string keyed_hash(const Key& key, std::string_view text);  // 32 hex digits

std::string wrap(const MasterKey& master, const Key& data_key, ContactId contact);
Result<Key> unwrap(const MasterKey& master, std::string_view wrapped, ContactId contact);

}  // namespace zk::vault
