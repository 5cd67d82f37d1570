// The subcommands of zhike, one function a file: each adds its own to the application. A command that fails
// prints one line to standard error and ends with the exit code of its error (exit_with).
#pragma once

#include <CLI/CLI.hpp>

#include "base/result.hpp"

namespace zk::cli {

void add_serve(CLI::App& app);
void add_demo(CLI::App& app);
void add_import(CLI::App& app);
void add_ask(CLI::App& app);
void add_eval(CLI::App& app);
void add_config(CLI::App& app);
void add_admin(CLI::App& app);  // backup, restore, migrate, doctor, user
void add_flow(CLI::App& app);   // flow test
void add_vault(CLI::App& app);  // vault status, vault rotate

// Ends the command: 0, or the message on standard error and the code's exit status.
void exit_with(const Status& status);

}  // namespace zk::cli
