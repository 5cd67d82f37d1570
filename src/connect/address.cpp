#include "connect/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace zk::connect {
namespace {

struct Block4 {
  std::uint32_t base;
  int bits;
};
constexpr std::uint32_t ip(int a, int b, int c, int d) {
  return static_cast<std::uint32_t>(a) << 24 | static_cast<std::uint32_t>(b) << 16 |
         static_cast<std::uint32_t>(c) << 8 | static_cast<std::uint32_t>(d);
}
constexpr std::array<Block4, 15> kInternal4{{
    {ip(0, 0, 0, 0), 8},
    {ip(10, 0, 0, 0), 8},
    {ip(100, 64, 0, 0), 10},
    {ip(127, 0, 0, 0), 8},
    {ip(169, 254, 0, 0), 16},
    {ip(172, 16, 0, 0), 12},
    {ip(192, 0, 0, 0), 24},
    {ip(192, 0, 2, 0), 24},
    {ip(192, 88, 99, 0), 24},
    {ip(192, 168, 0, 0), 16},
    {ip(198, 18, 0, 0), 15},
    {ip(198, 51, 100, 0), 24},
    {ip(203, 0, 113, 0), 24},
    {ip(224, 0, 0, 0), 4},
    {ip(240, 0, 0, 0), 4},
}};

bool internal4(std::uint32_t address) {
  return std::any_of(kInternal4.begin(), kInternal4.end(), [&](const Block4& b) {
    return (address >> (32 - b.bits)) == (b.base >> (32 - b.bits));
  });
}

std::uint32_t embedded4(const std::uint8_t* bytes) { return ip(bytes[0], bytes[1], bytes[2], bytes[3]); }

bool starts(const std::uint8_t* address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address);
}

bool internal6(const std::uint8_t* a) {
  static constexpr std::uint8_t kZero[16] = {};
  if (std::memcmp(a, kZero, 10) == 0 && a[10] == 0xff && a[11] == 0xff)
    return internal4(embedded4(a + 12));            // ::ffff:0:0/96
  if (std::memcmp(a, kZero, 12) == 0) return true;  // ::, ::1, IPv4-compatible
  if (starts(a, {0x00, 0x64, 0xff, 0x9b}) && std::memcmp(a + 4, kZero, 8) == 0)
    return internal4(embedded4(a + 12));                            // 64:ff9b::/96
  if (starts(a, {0x20, 0x02})) return internal4(embedded4(a + 2));  // 6to4
  // Only 2000::/3 is global unicast; of it not documentation, Teredo and the other protocol assignments of
  // 2001::/23.
  return (a[0] & 0xe0) != 0x20 || starts(a, {0x20, 0x01, 0x0d, 0xb8}) ||
         (starts(a, {0x20, 0x01}) && a[2] < 0x02) || starts(a, {0x3f, 0xff});
}

}  // namespace

bool is_internal(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return internal4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    return internal6(v6.sin6_addr.s6_addr);
  }
  return true;
}

}  // namespace zk::connect
