#include "app/flows.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/demo_data.hpp"
#include "flow/store.hpp"

namespace zk::app {
namespace {

constexpr std::string_view kActions = "actions.yaml";

Result<std::string> bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad())
    return fail(ErrorCode::kNotFound, "the file cannot be read: " + path, "file");
  return bytes;
}

tl::unexpected<Error> in_file(const std::string& file, Error error) {
  error.message = file + ": " + error.message;
  error.field = "file";
  return tl::unexpected(std::move(error));
}

}  // namespace

Result<std::unique_ptr<flow::Actions>> open_actions(const config::Config& config, bool demo) {
  const auto& path = config.dialogue.actions;
  std::string source;
  if (!path.empty()) {
    ZK_TRY(source, bytes_of(path));
  } else if (demo) {
    source = demo_actions();
  }
  auto actions = flow::Actions::parse(source, config.webhooks.allow_internal);
  if (!actions) return in_file(path.empty() ? std::string(kActions) : path, actions.error());
  return actions;
}

Result<std::vector<FlowFile>> read_flows(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.path().extension() == ".yaml" && entry.path().filename() != kActions)
        names.push_back(entry.path().string());
    if (error || names.empty())
      return fail(ErrorCode::kNotFound, "the folder holds no flows (*.yaml): " + path, "file");
    std::sort(names.begin(), names.end());
  } else {
    names.push_back(path);
  }
  std::vector<FlowFile> out;
  for (const auto& name : names) {
    ZK_TRY(auto source, bytes_of(name));
    out.push_back({name, std::move(source)});
  }
  return out;
}

Result<std::vector<std::string>> publish_flows(storage::Db& db, const std::vector<FlowFile>& files,
                                               const flow::Actions* actions, const std::string& author,
                                               Timestamp now) {
  std::vector<flow::Flow> parsed;
  for (const auto& f : files) {
    auto flow = flow::parse(f.source);
    if (flow) flow = flow::check(f.source, flow->name, actions, now);
    if (!flow) return in_file(f.name, flow.error());
    parsed.push_back(*std::move(flow));
  }
  return db.write(after(std::chrono::seconds(30)), [&](storage::Tx& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto stored = flow::put(tx, files[i].source, parsed[i], {author, now});
      if (!stored) return in_file(files[i].name, stored.error());
      names.push_back(stored->name);
    }
    return names;
  });
}

}  // namespace zk::app
