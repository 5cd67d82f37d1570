// zhike flow test FILE…: checks flows and runs the conversations written in them.
#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "commands.hpp"
#include "flow/testing.hpp"

namespace zk::cli {
namespace {

Result<std::string> bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Number of conversations that went otherwise.
Result<int> test_file(const std::string& path, bool verbose) {
  ZK_TRY(const auto source, bytes_of(path));
  const auto flow = flow::parse(source);
  if (!flow) return fail(flow.error().code, path + ": " + flow.error().message);
  int failed = 0;
  for (const auto& r : flow::run_tests(*flow, SystemClock().now())) {
    fmt::print("{} {}: {}\n", r.passed ? "ok  " : "FAIL", flow->name, r.name);
    if (!r.passed) fmt::print("     {}: {}\n", path, r.failure);
    if (verbose || !r.passed)
      for (const auto& t : r.turns)
        fmt::print("> {}\n{}{}\n", t.customer, t.said, t.end.empty() ? "" : " [" + t.end + "]");
    failed += r.passed ? 0 : 1;
  }
  if (flow->tests.empty()) fmt::print("ok   {}: no conversations are written in it\n", flow->name);
  return failed;
}

Status test(const std::vector<std::string>& files, bool verbose) {
  int failed = 0;
  for (const auto& file : files) {
    ZK_TRY(const int n, test_file(file, verbose));
    failed += n;
  }
  if (failed > 0)
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} conversations went otherwise", failed));
  return {};
}

}  // namespace

void add_flow(CLI::App& app) {
  auto* flow = app.add_subcommand("flow", "Flows: conversations written down");
  flow->require_subcommand(1);
  auto* command = flow->add_subcommand("test", "Check flows and run the conversations written in them");
  auto files = std::make_shared<std::vector<std::string>>();
  auto verbose = std::make_shared<bool>(false);
  command->add_option("file", *files, "Flows (YAML)")->required();
  command->add_flag("--verbose", *verbose, "Print what was said");
  command->callback([files, verbose] { exit_with(test(*files, *verbose)); });
}

}  // namespace zk::cli
