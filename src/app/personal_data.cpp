#include "app/personal_data.hpp"

#include <boost/json.hpp>

#include "app/data_directory.hpp"
#include "app/maintenance.hpp"

namespace zk::app {
namespace {
using storage::Query;

constexpr Query kPublished{
    "app.published",
    "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM release_change c JOIN article_version v ON v.article_id = c.article_id "
    "AND v.version = c.version WHERE c.version > 0 AND c.release_id = (SELECT MAX(x.release_id) FROM release_change x "
    "WHERE x.article_id = c.article_id) AND v.body LIKE $1 ESCAPE '!' LIMIT 1) AS a) + (SELECT COUNT(*) FROM (SELECT 1 "
    "FROM canned_response WHERE blocks LIKE $1 ESCAPE '!' LIMIT 1) AS b)"};
constexpr int kSweptAtOnce = 1000;

// As the words stand inside stored JSON.
std::string pattern(const std::string& words) {
  const auto quoted = boost::json::serialize(boost::json::string(words));
  std::string out = "%";
  for (const char c : quoted.substr(1, quoted.size() - 2)) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + "%";
}

}  // namespace

std::string vault_key_file(const config::Config& config) {
  return config.vault.key_file.empty() ? config.storage.data + "/keys/vault.keys" : config.vault.key_file;
}

bool published(storage::Db& db, const std::string& words, text::PiiType kind) {
  using text::PiiType;
  if (kind != PiiType::kPhone && kind != PiiType::kLandline && kind != PiiType::kEmail && kind != PiiType::kWechat &&
      kind != PiiType::kAddress)
    return false;
  const auto like = pattern(words);
  const auto found = db.read(after(std::chrono::seconds(5)), [&](storage::Tx& tx) { return tx.one(kPublished, {like}); });
  return found && found->integer(0) > 0;
}

Status sweep(storage::Db& db, const vault::Vault& vault, Timestamp now) {
  for (;;) {
    ZK_TRY(const auto removed, db.write(after(std::chrono::seconds(30)), [&](storage::Tx& tx) { return vault.sweep(tx, now, kSweptAtOnce); }));
    if (removed < kSweptAtOnce) return {};
  }
}

Status rotate_vault(const config::Config& config, const std::function<void(double)>& progress) {
  ZK_TRY(const auto held, DataDirectory::open(config.storage.data));
  ZK_TRY(const auto db, storage::Db::open({.url = database_url(config.storage)}));
  return vault::rotate(*db, vault_key_file(config), progress);
}

Result<vault::Census> vault_census(const config::Config& config) {
  ZK_TRY(const auto held, DataDirectory::open(config.storage.data));
  ZK_TRY(const auto keys, vault::KeyFile::open(vault_key_file(config)));
  ZK_TRY(const auto db, storage::Db::open({.url = database_url(config.storage), .readers = 1}));
  return db->read(after(std::chrono::minutes(1)), [&](storage::Tx& tx) { return vault::census(tx, keys); });
}

}  // namespace zk::app
