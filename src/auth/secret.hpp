// Secrets: random tokens, hashes, sealing, and the master key they stand on (libsodium). Nothing here is ever
// logged. Thread-safe: immutable after construction.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zk::auth {

using Key = std::array<unsigned char, 32>;

std::string random_bytes(std::size_t n);
std::string random_token();                  // 256 bits, base64url, 43 characters
std::string sha256(std::string_view bytes);  // 32 raw bytes
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key,
                        std::string_view bytes);            // RFC 2104, 32 raw bytes, key of any length
std::string hex(std::string_view bytes);                    // lower case
std::string base64url(std::string_view bytes);              // without padding, RFC 4648 §5
Result<std::string> from_base64url(std::string_view text);  // kInvalidArgument
bool equal_constant_time(std::string_view a, std::string_view b);

// XSalsa20-Poly1305 (libsodium secretbox) with a random nonce in front: what must be read back but not lie
// open in the database.
class Sealer {
 public:
  explicit Sealer(const Key& key) : key_(key) {}
  std::string seal(std::string_view plain) const;
  Result<std::string> open(std::string_view sealed) const;  // kDataLoss: another key, or changed bytes

 private:
  Key key_;
};

// The master key in DIR/keys/master.key (32 bytes, mode 0600, made on first start in a folder of mode 0700)
// and the keys derived from it (BLAKE2b, libsodium crypto_kdf). Losing the file loses what is sealed and ends
// every session and visitor token.
class Keys {
 public:
  // kPermissionDenied when others may read the file; kDataLoss when it has another size; kUnavailable when it
  // cannot be read or made.
  static Result<Keys> open(const std::string& data_directory);
  static Keys from(const Key& master);  // tests

  Sealer sealer() const { return Sealer(derive(1)); }
  Key visitor_tokens() const { return derive(2); }
  Key csrf() const { return derive(3); }
  Key audit() const { return derive(4); }

 private:
  explicit Keys(const Key& master) : master_(master) {}
  Key derive(std::uint64_t id) const;
  Key master_;
};

}  // namespace zk::auth
