#include "commands.hpp"

namespace zk::cli {
void add_ask(CLI::App&) {}
}  // namespace zk::cli
