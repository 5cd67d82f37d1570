// The flows that are live, and what their calls reach; files of flows brought into the database.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "flow/actions.hpp"
#include "flow/live.hpp"

namespace zk::app {

struct Flows {
  Flows(storage::Db& db, std::unique_ptr<flow::Actions> reached) : book(db), actions(std::move(reached)) {}
  flow::LiveBook book;
  const std::unique_ptr<flow::Actions> actions;
};

// What dialogue.actions names, else, in the demo, its own; else nothing can be called. Errors name file and
// line.
Result<std::unique_ptr<flow::Actions>> open_actions(const config::Config& config, bool demo);

struct FlowFile {
  std::string name;  // for messages
  std::string source;
};
// A file, or the *.yaml of a folder but actions.yaml, in the order of their names.
Result<std::vector<FlowFile>> read_flows(const std::string& path);
// All or none, each published under the name it gives itself. kInvalidArgument names file and line.
Result<std::vector<std::string>> publish_flows(storage::Db& db, const std::vector<FlowFile>& files,
                                               const flow::Actions* actions, const std::string& author,
                                               Timestamp now);

}  // namespace zk::app
