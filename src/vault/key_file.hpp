// The keys of the vault, in a file outside the database: master keys that wrap the contacts' data keys (the
// last one is in use, earlier ones stay while a rotation is under way) and the key of look-ups, which stays.
//
//   # Zhike vault keys …
//   lookup 3q2-7w…                 32 bytes, base64url
//   2893716411 m8fUqg…             id and 32 bytes
//
// Mode 0600; changed by writing a new file beside it and renaming. Immutable once read; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/secret.hpp"
#include "base/result.hpp"

namespace zk::vault {

using auth::Key;

struct MasterKey {
  std::int64_t id = 0;  // random, above 0: two files never use the same id for different keys
  Key key{};
};

class KeyFile {
 public:
  // Reads the file, or makes it (and its folder, 0700) when there is none. kPermissionDenied: others may read
  // it; kDataLoss: it is not such a file; kUnavailable: it cannot be read or made.
  static Result<KeyFile> open(const std::string& path);
  static KeyFile fresh();  // not written anywhere: tests

  const std::vector<MasterKey>& keys() const { return keys_; }  // never empty
  const MasterKey& current() const { return keys_.back(); }
  const MasterKey* find(std::int64_t id) const;
  const Key& lookup() const { return lookup_; }

  // A rotation's first and last step, on disk when they return.
  Result<KeyFile> with_new_key(const std::string& path) const;
  Result<KeyFile> with_current_only(const std::string& path) const;

  static Result<KeyFile> parse(std::string_view text);  // kMalformed
  std::string text() const;

 private:
  Key lookup_{};
  std::vector<MasterKey> keys_;
};

}  // namespace zk::vault
