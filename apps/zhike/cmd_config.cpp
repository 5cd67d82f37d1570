#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "settings.hpp"

namespace zk::cli {

void add_config(CLI::App& app) {
  auto* command = app.add_subcommand("config", "Print the settings in force as TOML, without secrets");
  auto settings = std::make_shared<Settings>();
  auto markdown = std::make_shared<bool>(false);
  settings->add_to(*command);
  command->add_flag("--markdown", *markdown, "Print docs/CONFIG.md instead");
  command->callback([settings, markdown] {
    exit_with([&]() -> Status {
      if (*markdown) {
        fmt::print("{}", config::markdown());
        return {};
      }
      ZK_TRY(const auto config, settings->load());
      fmt::print("{}", config::to_toml(config));
      return {};
    }());
  });
}

}  // namespace zk::cli
