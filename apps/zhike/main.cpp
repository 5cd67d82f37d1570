#include <fmt/format.h>

#include <cstdio>

#include "commands.hpp"

namespace zk::cli {
void exit_with(const Status& status) {
  if (status) return;
  fmt::print(stderr, "zhike: {}\n", status.error().message);
  throw CLI::RuntimeError(exit_code(status.error().code));
}
}  // namespace zk::cli

int main(int argc, char** argv) {
  CLI::App app{"Zhike: answers a company's customers, asks back, or brings in a person"};
  app.name("zhike");
  app.require_subcommand(1);
  zk::cli::add_serve(app);
  zk::cli::add_demo(app);
  zk::cli::add_import(app);
  zk::cli::add_ask(app);
  zk::cli::add_eval(app);
  zk::cli::add_config(app);
  zk::cli::add_admin(app);
  zk::cli::add_vault(app);
  zk::cli::add_flow(app);
  CLI11_PARSE(app, argc, argv);
  return 0;
}
