#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "app/server.hpp"
#include "assets/assets.hpp"
#include "commands.hpp"
#include "settings.hpp"

namespace zk::cli {

Status serve(const config::Config& config, bool demo) {
  // Before any thread exists, so that every thread inherits the mask and only sigwait sees the signals.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  app::prepare_process();
  ZK_TRY(const auto server, app::Server::start({.config = config, .assets = packed_assets(), .demo = demo}));
  fmt::print("listening on {}\n", server->url());
  if (demo) fmt::print("shop and widget: {}/\nconsole: {}/console/\nsign in: {}\n", server->url(), server->url(), server->sign_in());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  server->stop();
  return {};
}

void add_serve(CLI::App& app) {
  auto* command = app.add_subcommand("serve", "Serve the API, the console and the widget until SIGTERM");
  auto settings = std::make_shared<Settings>();
  settings->add_to(*command);
  command->callback([settings] {
    exit_with([&]() -> Status {
      ZK_TRY(const auto config, settings->load());
      return serve(config, false);
    }());
  });
}

void add_demo(CLI::App& app) {
  auto* command = app.add_subcommand("demo", "Serve with the demo company: shop page, widget, console with some weeks of conversations");
  auto settings = std::make_shared<Settings>();
  settings->add_to(*command);
  command->callback([settings] {
    exit_with([&]() -> Status {
      ZK_TRY(const auto config, settings->load());
      return serve(config, true);
    }());
  });
}

}  // namespace zk::cli
