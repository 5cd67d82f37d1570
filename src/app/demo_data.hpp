// Files of data/demo, embedded.
#pragma once

#include <string_view>

namespace zk::app {
std::string_view demo_articles();  // JSONL, the import format
std::string_view demo_cases();     // question TAB agent's reply, one a line; # begins a comment
std::string_view demo_intents();  // JSONL: team and label by their names, otherwise as in the API
std::string_view demo_refund_flow();  // a flow and what its call reaches, YAML
std::string_view demo_actions();
}  // namespace zk::app
