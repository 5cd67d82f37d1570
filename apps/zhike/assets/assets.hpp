// web/dist as it was when the binary was built, packed for gateway::StaticSite. An empty pack when there was
// none.
#pragma once

#include <string_view>

namespace zk::cli {
std::string_view packed_assets();
}  // namespace zk::cli
