// backup, restore, migrate, doctor, user add, vault.
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "app/maintenance.hpp"
#include "app/personal_data.hpp"
#include "auth/secret.hpp"
#include "commands.hpp"
#include "settings.hpp"

namespace zk::cli {
namespace {

// One line that is rewritten on a terminal; every tenth on its own line elsewhere.
app::Progress progress_of(std::string what) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return [what = std::move(what), terminal, last = std::make_shared<int>(-1)](double done) {
    const int percent = static_cast<int>(done * 100);
    if (percent == *last || (!terminal && percent / 10 == *last / 10 && *last >= 0)) return;
    *last = percent;
    fmt::print(stderr, "{}{} {:3} %{}", terminal ? "\r" : "", what, percent,
               terminal && percent < 100 ? "" : "\n");
  };
}

// From the terminal without showing it, else the first line of standard input.
std::string read_password() {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  termios shown{};
  if (terminal) {
    fmt::print(stderr, "Password: ");
    ::tcgetattr(STDIN_FILENO, &shown);
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fmt::print(stderr, "\n");
  }
  return line;
}

Status add_user(const config::Config& config, app::NewUser user, const std::string& role_name,
                bool generate) {
  const auto wanted = role(role_name);
  if (!wanted)
    return fail(ErrorCode::kInvalidArgument, "--role must be admin, supervisor, agent, editor or viewer",
                "--role");
  user.role = *wanted;
  user.password = generate ? auth::random_token().substr(0, 16) : read_password();
  ZK_TRY_STATUS(app::add_user(config, user));
  if (generate) fmt::print("password: {}\n", user.password);
  return {};
}

Status examine(const config::Config& config, const std::string& program) {
  static constexpr const char* kMarks[] = {"ok     ", "warning", "FAULT  "};
  int faults = 0;
  for (const auto& f : app::doctor(config, program)) {
    fmt::print("{}  {:12}  {}\n", kMarks[static_cast<int>(f.level)], f.what, f.detail);
    faults += f.level == app::Finding::Level::kFault ? 1 : 0;
  }
  if (faults > 0) return fail(ErrorCode::kConflict, fmt::format("{} to mend", faults));
  return {};
}

template <class F>
void on_run(CLI::App& command, F run) {
  auto settings = std::make_shared<Settings>();
  settings->add_to(command);
  command.callback([settings, run] {
    exit_with([&]() -> Status {
      ZK_TRY(const auto config, settings->load());
      return run(config);
    }());
  });
}

}  // namespace

void add_admin(CLI::App& app) {
  auto* backup = app.add_subcommand(
      "backup", "Copy the database to a new file, also while a server runs (the key file is not in it)");
  auto file = std::make_shared<std::string>();
  backup->add_option("FILE", *file, "The copy; must not exist")->required();
  on_run(*backup, [file](const config::Config& c) { return app::backup(c, *file, progress_of("backup")); });

  auto* restore = app.add_subcommand("restore", "Fill a new or empty database from a backup");
  restore->add_option("FILE", *file, "The copy")->required();
  on_run(*restore,
         [file](const config::Config& c) { return app::restore(c, *file, progress_of("restore")); });

  on_run(*app.add_subcommand("migrate", "Bring the database to this program's schema"),
         [](const config::Config& c) { return app::migrate(c); });
  on_run(*app.add_subcommand("doctor", "Examine the installation and say what to do"),
         [](const config::Config& c) {
           std::error_code ignored;
           return examine(c, std::filesystem::read_symlink("/proc/self/exe", ignored).string());
         });

  auto* user = app.add_subcommand("user", "Agents")->require_subcommand(1);
  auto* add =
      user->add_subcommand("add", "Add an agent; the password is asked for, or read from standard input");
  auto given = std::make_shared<app::NewUser>();
  auto role_name = std::make_shared<std::string>("admin");
  auto generate = std::make_shared<bool>(false);
  add->add_option("EMAIL", given->email)->required();
  add->add_option("--name", given->name, "As customers and colleagues see it")->required();
  add->add_option("--role", *role_name, "admin, supervisor, agent, editor or viewer")->capture_default_str();
  add->add_flag("--generate-password", *generate, "Make one and print it");
  on_run(*add, [given, role_name, generate](const config::Config& c) {
    return add_user(c, *given, *role_name, *generate);
  });
}

void add_vault(CLI::App& app) {
  auto* vault = app.add_subcommand("vault", "Sealed personal data")->require_subcommand(1);
  on_run(*vault->add_subcommand("status", "Count what is sealed, and what a rotation has still to do"),
         [](const config::Config& c) -> Status {
           ZK_TRY(const auto census, app::vault_census(c));
           fmt::print("{} originals of {} contacts; {} under an earlier master key\n", census.entries, census.contacts,
                      census.under_earlier_keys);
           return {};
         });
  on_run(*vault->add_subcommand("rotate",
                                "Make a new master key and seal every contact's key under it; goes on where it was when interrupted"),
         [](const config::Config& c) { return app::rotate_vault(c, progress_of("rotate")); });
}

}  // namespace zk::cli
