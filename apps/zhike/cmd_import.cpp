// import articles, import flows: files into the knowledge base, beside a running server on PostgreSQL or with the server stopped.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "app/maintenance.hpp"
#include "commands.hpp"
#include "settings.hpp"

namespace zk::cli {
namespace {

Status import_file(const config::Config& config, const std::string& file, bool dry_run) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const auto progress = [&](int done, int rows) {
    if (terminal || done == rows) fmt::print(stderr, "{}{} of {} rows{}", terminal ? "\r" : "", done, rows, terminal && done < rows ? "" : "\n");
  };
  ZK_TRY(const auto report, app::import_articles(config, file, dry_run, progress));
  for (const auto& r : report.refused) fmt::print("row {}: {}{}{}\n", r.row, r.field, r.field.empty() ? "" : ": ", r.reason);
  fmt::print("{}{} rows: {} kept ({} new, {} changed, {} unchanged), {} refused\n", dry_run ? "dry run: " : "", report.rows, report.kept, report.created, report.updated, report.unchanged, report.refused.size());
  return {};
}

Status import_flows(const config::Config& config, const std::string& path) {
  ZK_TRY(const auto names, app::import_flows(config, path));
  for (const auto& name : names) fmt::print("published: {}\n", name);
  return {};
}

}  // namespace

void add_import(CLI::App& app) {
  auto* command = app.add_subcommand("import", "Bring files into the knowledge base");
  command->require_subcommand(1);
  auto* articles = command->add_subcommand("articles", "Articles from CSV, XLSX or JSONL (docs: src/knowledge/files.hpp)");
  auto settings = std::make_shared<Settings>();
  settings->add_to(*articles);
  auto file = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  articles->add_option("file", *file, "The file; its ending says the format")->required();
  articles->add_flag("--dry-run", *dry_run, "Say what would happen, write nothing");
  articles->callback([=] {
    exit_with([&]() -> Status {
      ZK_TRY(const auto config, settings->load());
      return import_file(config, *file, *dry_run);
    }());
  });
  auto* flows = command->add_subcommand("flows", "Flows (YAML, docs: src/flow/README.md), published when their conversations pass");
  auto flow_settings = std::make_shared<Settings>();
  flow_settings->add_to(*flows);
  auto path = std::make_shared<std::string>();
  flows->add_option("path", *path, "A file, or a folder of them")->required();
  flows->callback([=] {
    exit_with([&]() -> Status {
      ZK_TRY(const auto config, flow_settings->load());
      return import_flows(config, *path);
    }());
  });
}

}  // namespace zk::cli
