// Which network addresses a call going out may not reach: the server's own machine and network.
// Sources: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890 and its updates).
#pragma once

#include <sys/socket.h>

namespace zk::connect {

// True for loopback, private, link-local, carrier-grade NAT, multicast, documentation and reserved addresses,
// also when they are written as IPv6 (mapped, NAT64, 6to4), and for every family but IPv4 and IPv6.
bool is_internal(const sockaddr* address);

}  // namespace zk::connect
