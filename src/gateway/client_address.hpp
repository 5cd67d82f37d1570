// Internal: who is at the other end, through a trusted reverse proxy or directly.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core.hpp"

namespace zk::gateway {

// Sets remote_ip and tls. When the peer is a trusted proxy, remote_ip is the rightmost address of
// X-Forwarded-For that is not a trusted proxy itself, and tls is what X-Forwarded-Proto says; a text that is
// no address leaves the peer's.
void identify(Request& request, const net::ip::address& peer, const Core& core);

bool is_loopback(std::string_view ip);
std::string rate_key(std::string_view ip);  // IPv4: the address; IPv6: its /64
bool sane_request_id(std::string_view id);  // 1 … 64 of [A-Za-z0-9._-]

}  // namespace zk::gateway
