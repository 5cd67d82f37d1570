// The flags that every command with a configuration takes: --config FILE, --data DIR, --listen, …, --set
// NAME=VALUE.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace zk::cli {

class Settings {
 public:
  // The object must outlive the parse.
  void add_to(CLI::App& command);
  // File, then environment, then flags.
  Result<config::Config> load() const;

 private:
  std::string file_;
  config::Pairs flags_;
  std::vector<std::string> set_;
};

// Serves until SIGTERM or SIGINT; demo: "/" shows the demo shop.
Status serve(const config::Config& config, bool demo);

}  // namespace zk::cli
