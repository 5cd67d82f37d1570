#include "vault/sealing.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

namespace zk::vault {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == sizeof(Key));

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes_of(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

std::string key_context(const MasterKey& master, ContactId contact) {
  return fmt::format("zhike vault key {} {}", master.id, contact.value);
}

}  // namespace

std::string seal_bytes(const Key& key, std::string_view plain, std::string_view context) {
  auto out = auth::random_bytes(kNonce);
  out.resize(kNonce + plain.size() + kTag);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(out) + kNonce, nullptr, bytes_of(plain), plain.size(),
                                             bytes_of(context), context.size(), nullptr, bytes_of(out),
                                             key.data());
  return out;
}

Result<std::string> open_bytes(const Key& key, std::string_view sealed, std::string_view context) {
  const auto lost = [] {
    return fail(ErrorCode::kDataLoss, "a sealed original cannot be opened: it was changed, or sealed under another key");
  };
  if (sealed.size() < kNonce + kTag) return lost();
  std::string out(sealed.size() - kNonce - kTag, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(out), nullptr, nullptr, bytes_of(sealed) + kNonce,
                                                 sealed.size() - kNonce, bytes_of(context), context.size(),
                                                 bytes_of(sealed), key.data()) != 0)
    return lost();
  return out;
}

std::string keyed_hash(const Key& key, std::string_view text) {
  std::string out(16, '\0');
  crypto_generichash(bytes_of(out), out.size(), bytes_of(text), text.size(), key.data(), key.size());
  return auth::hex(out);
}

std::string wrap(const MasterKey& master, const Key& data_key, ContactId contact) {
  return seal_bytes(master.key, {reinterpret_cast<const char*>(data_key.data()), data_key.size()},
                    key_context(master, contact));
}

Result<Key> unwrap(const MasterKey& master, std::string_view wrapped, ContactId contact) {
  ZK_TRY(const auto bytes, open_bytes(master.key, wrapped, key_context(master, contact)));
  Key key{};
  if (bytes.size() != key.size()) return fail(ErrorCode::kDataLoss, "a data key has the wrong length");
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

}  // namespace zk::vault
