#include "vault/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace zk::vault {
namespace {

constexpr std::string_view kHead =
    "# Zhike vault keys. Secret. Keep a copy apart from the database and its backups.\n";
constexpr std::size_t kMaxFile = 64 * 1024;
constexpr std::size_t kMaxKeys = 16;

struct File {
  int fd;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

tl::unexpected<Error> unavailable(const char* what, const std::string& path) {
  return fail(ErrorCode::kUnavailable, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)),
              path);
}

Key random_key() {
  Key key;
  const auto bytes = auth::random_bytes(key.size());
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

MasterKey random_master() {
  MasterKey m{0, random_key()};
  while (m.id == 0)
    for (const char c : auth::random_bytes(4)) m.id = (m.id << 8 | static_cast<unsigned char>(c)) & 0x7FFFFFFF;
  return m;
}

std::string_view bytes_of(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

Result<Key> key_of(std::string_view text) {
  ZK_TRY(const auto bytes, auth::from_base64url(text));
  Key key{};
  if (bytes.size() != key.size()) return fail(ErrorCode::kMalformed, "a key has 32 bytes");
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

// Under a temporary name and then in place: a crash leaves the old file or the new one, never half of one.
Status write_file(const std::string& path, const std::string& text, bool replace) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  const auto temporary = path + ".new." + auth::hex(auth::random_bytes(4));
  {
    const File file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.fd < 0) return unavailable("create", temporary);
    if (::write(file.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.fd) != 0)
      return unavailable("write", temporary);
  }
  const bool placed = replace ? ::rename(temporary.c_str(), path.c_str()) == 0
                              : ::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST;
  Status status;
  if (!placed) status = unavailable("write", path);
  if (!replace || !placed) ::unlink(temporary.c_str());
  const File directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) return unavailable("sync", folder.string());
  return status;
}

Result<std::string> read_file(const std::string& path) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return unavailable("read", path);
  if ((info.st_mode & 077) != 0)
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} may be read by others; run: chmod 600 {}", path, path), path);
  std::string text(kMaxFile, '\0');
  const auto n = ::read(file.fd, text.data(), text.size());
  if (n < 0) return unavailable("read", path);
  text.resize(static_cast<std::size_t>(n));
  return text;
}

}  // namespace

KeyFile KeyFile::fresh() {
  KeyFile out;
  out.lookup_ = random_key();
  out.keys_.push_back(random_master());
  return out;
}

const MasterKey* KeyFile::find(std::int64_t id) const {
  const auto it = std::find_if(keys_.begin(), keys_.end(), [&](const auto& k) { return k.id == id; });
  return it == keys_.end() ? nullptr : &*it;
}

std::string KeyFile::text() const {
  std::string out(kHead);
  out += fmt::format("lookup {}\n", auth::base64url(bytes_of(lookup_)));
  for (const auto& k : keys_) out += fmt::format("{} {}\n", k.id, auth::base64url(bytes_of(k.key)));
  return out;
}

Result<KeyFile> KeyFile::parse(std::string_view text) {
  const auto bad = [](int line) {
    return fail(ErrorCode::kMalformed, fmt::format("line {} is no key of the vault", line));
  };
  KeyFile out;
  bool lookup = false;
  for (int n = 1; !text.empty(); ++n) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.front() == '#') continue;
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return bad(n);
    const auto key = key_of(line.substr(blank + 1));
    if (!key) return bad(n);
    if (const auto name = line.substr(0, blank); name == "lookup") {
      if (lookup) return bad(n);
      out.lookup_ = *key;
      lookup = true;
    } else {
      MasterKey m{0, *key};
      const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), m.id);
      if (ec != std::errc{} || end != name.data() + name.size() || m.id <= 0 || out.find(m.id) ||
          out.keys_.size() == kMaxKeys)
        return bad(n);
      out.keys_.push_back(m);
    }
  }
  if (!lookup || out.keys_.empty())
    return fail(ErrorCode::kMalformed, "the look-up key or every master key is missing");
  return out;
}

Result<KeyFile> KeyFile::open(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    std::error_code error;
    if (std::filesystem::create_directories(folder, error) && ::chmod(folder.c_str(), 0700) != 0)
      return unavailable("restrict", folder.string());
    ZK_TRY_STATUS(write_file(path, fresh().text(), false));
  }
  ZK_TRY(const auto text, read_file(path));
  auto parsed = parse(text);
  if (!parsed)
    return fail(ErrorCode::kDataLoss,
                fmt::format("{}: {}; restore it from its copy", path, parsed.error().message), path);
  return parsed;
}

Result<KeyFile> KeyFile::with_new_key(const std::string& path) const {
  KeyFile out = *this;
  if (out.keys_.size() == kMaxKeys)
    return fail(ErrorCode::kConflict, "too many master keys: finish the rotation that was begun", path);
  auto added = random_master();
  while (find(added.id) != nullptr) added = random_master();
  out.keys_.push_back(added);
  ZK_TRY_STATUS(write_file(path, out.text(), true));
  return out;
}

Result<KeyFile> KeyFile::with_current_only(const std::string& path) const {
  KeyFile out = *this;
  out.keys_ = {current()};
  ZK_TRY_STATUS(write_file(path, out.text(), true));
  return out;
}

}  // namespace zk::vault
