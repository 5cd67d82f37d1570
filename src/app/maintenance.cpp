#include "app/maintenance.hpp"

#include <fstream>
#include <iterator>

#include "api/agents.hpp"
#include "app/data_directory.hpp"
#include "app/flows.hpp"
#include "auth/auth.hpp"
#include "auth/password.hpp"
#include "storage/storage.hpp"

namespace zk::app {

std::string database_url(const config::Storage& storage) {
  return storage.database.empty() ? "sqlite:" + storage.data + "/zhike.db" : storage.database;
}

Status backup(const config::Config& config, const std::string& file, const Progress& progress) {
  return storage::backup(database_url(config.storage), file, progress);
}

Status restore(const config::Config& config, const std::string& file, const Progress& progress) {
  ZK_TRY(const auto data, DataDirectory::open(config.storage.data));
  return storage::restore(database_url(config.storage), file, progress);
}

Status migrate(const config::Config& config) {
  ZK_TRY(const auto data, DataDirectory::open(config.storage.data));
  ZK_TRY(const auto db, storage::Db::open({.url = database_url(config.storage)}));
  db->close();
  return {};
}

Status add_user(const config::Config& config, const NewUser& user) {
  const auto at = user.email.find('@');
  if (at == 0 || at == std::string::npos || at + 1 == user.email.size()) {
    return fail(ErrorCode::kInvalidArgument, "not an e-mail address: " + user.email, "email");
  }
  ZK_TRY_STATUS(auth::check_password_strength(user.password, {user.email, user.name}, "password"));
  ZK_TRY(const auto data, DataDirectory::open(config.storage.data));
  ZK_TRY(const auto keys, auth::Keys::open(config.storage.data));
  ZK_TRY(const auto db, storage::Db::open({.url = database_url(config.storage)}));
  ZK_TRY(auto hash, auth::hash_password(user.password));
  const api::NewAgent agent{.email = api::lower_case(user.email),
                            .name = user.name,
                            .role = user.role,
                            .password_hash = std::move(hash)};
  const auth::AuditLog audit(keys.audit());
  return db->write(after(std::chrono::seconds(30)), [&](storage::Tx& tx) -> Status {
    return api::add_agent(tx, audit, agent, "cli", SystemClock{}.now()).map([](AgentId) {});
  });
}

Result<knowledge::ImportReport> import_articles(const config::Config& config, const std::string& file, bool dry_run,
                                                const std::function<void(int done, int rows)>& progress) {
  ZK_TRY(const auto format, knowledge::format_of_file(file));
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) return fail(ErrorCode::kNotFound, "the file cannot be read: " + file, "file");
  ZK_TRY(const auto held, DataDirectory::open(config.storage.data));
  ZK_TRY(const auto db, storage::Db::open({.url = database_url(config.storage)}));
  const SystemClock clock;
  return knowledge::import_articles(*db, clock, bytes, format, {.author = "import", .dry_run = dry_run, .progress = progress});
}

Result<std::vector<std::string>> import_flows(const config::Config& config, const std::string& path) {
  ZK_TRY(const auto files, read_flows(path));
  ZK_TRY(const auto actions, open_actions(config, false));
  ZK_TRY(const auto held, DataDirectory::open(config.storage.data));
  ZK_TRY(const auto db, storage::Db::open({.url = database_url(config.storage)}));
  const auto* known = config.dialogue.actions.empty() ? nullptr : actions.get();
  return publish_flows(*db, files, known, "import", SystemClock{}.now());
}

}  // namespace zk::app
