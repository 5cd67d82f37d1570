#include "auth/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/check.hpp"

namespace zk::auth {
namespace {

void ready() {
  static const bool done = sodium_init() >= 0;
  ZK_CHECK(done);
}
const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes_of(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

// Closes a descriptor at the end of the scope.
struct File {
  int fd;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

Status unavailable(const std::string& what, const std::string& path) {
  return fail(ErrorCode::kUnavailable, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)),
              path);
}

// Written beside and linked into place, so that a crash never leaves half a key and a second server never
// replaces one.
Status create_key(const std::string& path) {
  const auto temporary = path + ".new." + hex(random_bytes(4));
  {
    const File file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    const auto key = random_bytes(sizeof(Key));
    if (file.fd < 0) return unavailable("create", temporary);
    if (::write(file.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()) || ::fsync(file.fd) != 0)
      return unavailable("write", temporary);
  }
  const bool linked = ::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const auto status = linked ? Status{} : unavailable("create", path);
  ::unlink(temporary.c_str());
  return status;
}

}  // namespace

std::string random_bytes(std::size_t n) {
  ready();
  std::string out(n, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::string random_token() { return base64url(random_bytes(32)); }

std::string sha256(std::string_view bytes) {
  std::string out(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes_of(out), bytes_of(bytes), bytes.size());
  return out;
}

std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(bytes), bytes.size());
  std::string out(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, bytes_of(out));
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string base64url(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  out.pop_back();  // the terminating NUL
  return out;
}

Result<std::string> from_base64url(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t n = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &n, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return fail(ErrorCode::kInvalidArgument, "not base64url text");
  out.resize(n);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Sealer::seal(std::string_view plain) const {
  auto out = random_bytes(crypto_secretbox_NONCEBYTES);
  out.resize(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size());
  crypto_secretbox_easy(bytes_of(out) + crypto_secretbox_NONCEBYTES, bytes_of(plain), plain.size(),
                        bytes_of(out), key_.data());
  return out;
}

Result<std::string> Sealer::open(std::string_view sealed) const {
  constexpr std::size_t kHead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  const auto lost = [] {
    return fail(ErrorCode::kDataLoss,
                "a sealed value cannot be opened: keys/master.key is not the one it was sealed with; restore "
                "that file");
  };
  if (sealed.size() < kHead) return lost();
  std::string out(sealed.size() - kHead, '\0');
  const auto* box = bytes_of(sealed);
  if (crypto_secretbox_open_easy(bytes_of(out), box + crypto_secretbox_NONCEBYTES,
                                 sealed.size() - crypto_secretbox_NONCEBYTES, box, key_.data()) != 0)
    return lost();
  return out;
}

Keys Keys::from(const Key& master) {
  ready();
  return Keys(master);
}

Result<Keys> Keys::open(const std::string& data_directory) {
  ready();
  const auto directory = data_directory + "/keys";
  const auto path = directory + "/master.key";
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (::access(path.c_str(), F_OK) != 0) {
    if (::chmod(directory.c_str(), 0700) != 0)
      return tl::unexpected(unavailable("restrict", directory).error());
    ZK_TRY_STATUS(create_key(path));
  }
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return tl::unexpected(unavailable("read", path).error());
  if ((info.st_mode & 077) != 0)
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} may be read by others; run: chmod 600 {}", path, path), path);
  Key key{};
  if (info.st_size != static_cast<off_t>(key.size()) ||
      ::read(file.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()))
    return fail(ErrorCode::kDataLoss,
                fmt::format("{} must hold {} bytes; restore it from a backup", path, key.size()), path);
  return Keys(key);
}

Key Keys::derive(std::uint64_t id) const {
  Key out{};
  crypto_kdf_derive_from_key(out.data(), out.size(), id, "zhikekey", master_.data());
  return out;
}

}  // namespace zk::auth
