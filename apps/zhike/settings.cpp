#include "settings.hpp"

#include <utility>

namespace zk::cli {

void Settings::add_to(CLI::App& command) {
  command.add_option("--config", file_, "TOML file (docs/CONFIG.md)");
  static constexpr struct {
    const char* flag;
    const char* name;
    const char* help;
  } kFlags[] = {
      {"--data", "storage.data", "Folder of everything Zhike keeps"},
      {"--listen", "server.listen", "HOST:PORT; port 0 takes a free one"},
      {"--database", "storage.database",
       "postgresql://… instead of SQLite (a password belongs into --config or ZHIKE_STORAGE_DATABASE)"},
      {"--models", "models.dir", "Folder of the model files"},
  };
  for (const auto& f : kFlags) {
    command.add_option_function<std::string>(
        f.flag,
        [this, name = std::string(f.name)](const std::string& value) { flags_.emplace_back(name, value); },
        f.help);
  }
  command.add_flag_function(
      "--lexical-only", [this](std::int64_t) { flags_.emplace_back("models.lexical_only", "true"); },
      "Start without the models");
  command.add_option("--set", set_, "NAME=VALUE of any setting; may be given again");
}

Result<config::Config> Settings::load() const {
  config::Sources sources{file_, config::process_environment(), flags_};
  for (const auto& pair : set_) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos)
      return fail(ErrorCode::kInvalidArgument, "--set takes NAME=VALUE, not " + pair, "--set");
    sources.flags.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return config::load(sources);
}

}  // namespace zk::cli
