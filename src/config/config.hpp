// Every setting of Zhike, typed: defaults < TOML file < environment (ZHIKE_…) < flags. Only the composition
// root reads it; modules get their own option structs from there.
//
//   ZK_TRY(auto config, config::load({.file = "zhike.toml", .environment = config::process_environment(),
//   .flags = {…}}));
//
// Thread-safety: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace zk::config {

using std::chrono::milliseconds;

struct Server {
  std::string listen = "127.0.0.1:8080";
  std::int64_t io_threads = 2;
  std::int64_t worker_threads = 4;
  std::int64_t writer_threads = 32;
  std::int64_t worker_queue = 1024;
  std::string tls_certificate, tls_key;
  std::vector<std::string> trusted_proxies;
  std::int64_t max_connections = 20'000;
  std::int64_t max_upload_memory = 256 * 1024 * 1024;
  double rate_per_second = 100;
  double rate_burst = 400;
  milliseconds header_timeout{10'000}, body_timeout{30'000}, idle_timeout{60'000}, handler_timeout{30'000};
  milliseconds drain_timeout{10'000};
  std::string metrics_from = "loopback";
};

struct Storage {
  std::string data = "zhike-data";
  std::string database;
  std::int64_t readers = 4;
  std::int64_t write_queue = 4096;
};

struct Models {
  std::string dir;
  std::string profile = "fast";
  bool lexical_only = false;
};

struct Dialogue {
  std::int64_t workers = 2;
  std::int64_t backlog = 2000;
  milliseconds turn_timeout{5000};
  std::string actions;  // file; empty: nothing can be called
};

struct Widget {
  double messages_per_second = 2, messages_burst = 30;
  double sessions_per_second = 1, sessions_burst = 30;
};

struct Webhooks {
  bool allow_internal = false;
  milliseconds timeout{10'000};
  std::int64_t disable_after_days = 5;
};

struct Model {
  std::string url, name, key_file;
  milliseconds timeout{30'000};
  std::int64_t daily_budget = 200;
  bool allow_internal = false;
};

struct Vault {
  std::string key_file;
  std::int64_t keep_days = 365;
};

struct Log {
  std::string level = "info";
};

struct Config {
  Server server;
  Storage storage;
  Models models;
  Dialogue dialogue;
  Widget widget;
  Webhooks webhooks;
  Model model;
  Vault vault;
  Log log;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Sources {
  std::string file;   // "" for none
  Pairs environment;  // all variables; those that start with ZHIKE_ count: ZHIKE_SERVER_LISTEN sets
                      // server.listen
  Pairs flags;        // {"server.listen", "…"}
};

// kNotFound: the file cannot be read; kMalformed: not TOML (the message has the line); kInvalidArgument: an
// unknown name (the message offers the nearest), a wrong type or a value out of range; kPermissionDenied: the
// file holds a secret and can be read by others. Error::field is the property's name.
Result<Config> load(const Sources& sources);

Pairs process_environment();

// docs/CONFIG.md: every property with type, default, range, environment variable and meaning.
std::string markdown();

// The configuration in force as TOML, secrets left out.
std::string to_toml(const Config& config);

}  // namespace zk::config
