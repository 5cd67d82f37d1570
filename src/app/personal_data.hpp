// The vault in this installation: where its key file is, what the company publishes, what has expired.
#pragma once

#include <functional>
#include <string>

#include "config/config.hpp"
#include "storage/storage.hpp"
#include "vault/vault.hpp"

namespace zk::app {

std::string vault_key_file(const config::Config& config);

// Whether the number or address stands in an article of the newest release or a canned response, such as where
// returns go. Never true of a person's name, birthday or card. One pass over both tables, some milliseconds for
// a thousand articles. A failed read counts as no: what is not known to be public is masked.
bool published(storage::Db& db, const std::string& words, text::PiiType kind);

// Removes every original whose time has come, in steps that leave room for other writes.
Status sweep(storage::Db& db, const vault::Vault& vault, Timestamp now);

// `zhike vault rotate`: kUnavailable while a server runs on the data folder.
Status rotate_vault(const config::Config& config, const std::function<void(double done)>& progress);
// `zhike vault status`: likewise.
Result<vault::Census> vault_census(const config::Config& config);

}  // namespace zk::app
