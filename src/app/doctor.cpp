// The check-up of an installation: each check says what it found and what to do.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "answering/models.hpp"
#include "app/data_directory.hpp"
#include "app/maintenance.hpp"
#include "auth/auth.hpp"
#include "storage/storage.hpp"

namespace zk::app {
namespace {

using Level = Finding::Level;

Finding check_folder(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0)
    return {Level::kWarning, "data folder", path + " does not exist yet: the first start makes it"};
  if (!S_ISDIR(s.st_mode))
    return {Level::kFault, "data folder", path + " is no folder: give storage.data another name"};
  if (::access(path.c_str(), W_OK) != 0)
    return {Level::kFault, "data folder",
            fmt::format("{} cannot be written: chown it to the user that runs Zhike", path)};
  if ((s.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return {Level::kWarning, "data folder", fmt::format("others may look into {0}: chmod 700 {0}", path)};
  return {Level::kOk, "data folder", path};
}

Finding check_key(const std::string& data) {
  const std::string file = data + "/keys/master.key";
  struct stat s {};
  if (::stat(file.c_str(), &s) != 0)
    return {Level::kWarning, "key file", file + " does not exist yet: the first start makes it"};
  if ((s.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return {Level::kFault, "key file", fmt::format("others may read {0}: chmod 600 {0}", file)};
  return {Level::kOk, "key file", file + " (keep a copy apart from the backups)"};
}

Finding check_space(const std::string& data) {
  struct statvfs s {};
  std::filesystem::path p = std::filesystem::absolute(data);
  while (!p.empty() && !std::filesystem::exists(p) && p != p.root_path()) p = p.parent_path();
  if (::statvfs(p.c_str(), &s) != 0)
    return {Level::kWarning, "disk space", "cannot be read for " + p.string()};
  const double gib =
      static_cast<double>(s.f_bavail) * static_cast<double>(s.f_frsize) / (1024.0 * 1024 * 1024);
  const auto level = gib < 0.2 ? Level::kFault : gib < 2 ? Level::kWarning : Level::kOk;
  return {level, "disk space",
          fmt::format("{:.1f} GiB free{}", gib,
                      level == Level::kOk ? "" : ": make room, a full disk stops every write")};
}

Finding check_clock() {
  // Signatures, tokens and SLA times need a clock that is about right; one before this program's time is not.
  constexpr std::int64_t kBuiltAfter = 1'750'000'000'000'000;
  if (to_micros(SystemClock{}.now()) < kBuiltAfter)
    return {Level::kFault, "clock", "it shows a time in the past: set it (timedatectl set-ntp true)"};
  return {Level::kOk, "clock", to_iso8601(SystemClock{}.now())};
}

Finding check_models(const config::Models& c, const std::string& program) {
  if (c.lexical_only)
    return {Level::kWarning, "models", "left out (models.lexical_only): answers rest on words alone"};
  const auto dir = answering::find_models(c.dir, program);
  const auto models = answering::open_models(dir, {});
  if (!models) return {Level::kFault, "models", models.error().message};
  if (!models->note.empty()) return {Level::kWarning, "models", models->note};
  return {Level::kOk, "models", fmt::format("{} in {}", answering::to_string(models->profile), dir.string())};
}

std::vector<Finding> check_tls(const config::Server& c) {
  std::vector<Finding> out;
  for (const auto& file : {c.tls_certificate, c.tls_key}) {
    if (file.empty()) continue;
    const bool readable = ::access(file.c_str(), R_OK) == 0;
    out.push_back({readable ? Level::kOk : Level::kFault, "TLS file",
                   file + (readable ? "" : " cannot be read by this user")});
  }
  return out;
}

Finding check_audit(const config::Config& config) {
  const auto data = DataDirectory::open(config.storage.data);
  if (!data) return {Level::kWarning, "audit chain", "not checked while a server runs on the data folder"};
  const auto keys = auth::Keys::open(config.storage.data);
  if (!keys) return {Level::kFault, "audit chain", keys.error().message};
  const auto db = storage::Db::open({.url = database_url(config.storage), .readers = 1, .migrate = false});
  if (!db) return {Level::kFault, "audit chain", db.error().message};
  const auth::AuditLog log(keys->audit());
  const auto report =
      (*db)->read(after(std::chrono::minutes(10)), [&](storage::Tx& tx) { return log.verify(tx); });
  if (!report) return {Level::kFault, "audit chain", report.error().message};
  if (report->broken_at == 0)
    return {Level::kOk, "audit chain", fmt::format("{} rows, unbroken", report->rows)};
  return {Level::kFault, "audit chain",
          report->broken_at < 0 ? "rows at its end are missing: compare with a backup"
                                : fmt::format("broken at row {}: compare with a backup", report->broken_at)};
}

}  // namespace

std::vector<Finding> doctor(const config::Config& config, const std::string& program) {
  const std::string& data = config.storage.data;
  std::vector<Finding> out{check_folder(data), check_key(data), check_space(data), check_clock(),
                           check_models(config.models, program)};
  for (auto& finding : check_tls(config.server)) out.push_back(std::move(finding));
  if (config.storage.database.empty() && !std::filesystem::exists(data + "/zhike.db")) {
    out.push_back({Level::kWarning, "database", "not there yet: the first start makes it"});
    return out;
  }
  if (const auto good = storage::check(database_url(config.storage)); !good) {
    out.push_back(
        {Level::kFault, "database", good.error().message + ": restore a backup if it cannot be mended"});
    return out;
  }
  out.push_back({Level::kOk, "database", "every page, index and reference is sound"});
  out.push_back(check_audit(config));
  return out;
}

}  // namespace zk::app
