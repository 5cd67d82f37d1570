// The packed web pages as bytes of the binary.
#include "assets.hpp"

asm(".section .rodata\n"
    ".global zk_assets_begin\n"
    ".global zk_assets_end\n"
    ".balign 16\n"
    "zk_assets_begin:\n"
    ".incbin \"" ZK_ASSET_PACK
    "\"\n"
    "zk_assets_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char zk_assets_begin[];
extern "C" const char zk_assets_end[];

namespace zk::cli {
std::string_view packed_assets() {
  return {zk_assets_begin, static_cast<std::size_t>(zk_assets_end - zk_assets_begin)};
}
}  // namespace zk::cli
