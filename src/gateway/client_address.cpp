#include "gateway/client_address.hpp"

#include <algorithm>
#include <cctype>

namespace zk::gateway {
namespace {

net::ip::address unmapped(const net::ip::address& a) {
  if (a.is_v6() && a.to_v6().is_v4_mapped()) return net::ip::make_address_v4(net::ip::v4_mapped, a.to_v6());
  return a;
}

}  // namespace

void identify(Request& request, const net::ip::address& peer, const Core& core) {
  net::ip::address from = unmapped(peer);
  request.remote_ip = from.to_string();
  if (!core.trusts(from)) return;
  std::string_view list = request.header("x-forwarded-for");
  while (!list.empty()) {
    const std::size_t comma = list.rfind(',');
    std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    while (!last.empty() && last.front() == ' ') last.remove_prefix(1);
    while (!last.empty() && last.back() == ' ') last.remove_suffix(1);
    boost::system::error_code ec;
    const auto address = net::ip::make_address(std::string(last), ec);
    if (ec) break;
    from = unmapped(address);
    if (!core.trusts(from)) break;
  }
  request.remote_ip = from.to_string();
  request.tls = request.tls || request.header("x-forwarded-proto") == "https";
}

bool is_loopback(std::string_view ip) { return ip == "::1" || ip.starts_with("127."); }

std::string rate_key(std::string_view ip) {
  boost::system::error_code ec;
  const auto address = net::ip::make_address(std::string(ip), ec);
  if (ec || address.is_v4()) return std::string(ip);
  const auto bytes = address.to_v6().to_bytes();
  return std::string(bytes.begin(), bytes.begin() + 8);
}

bool sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 0x80) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace zk::gateway
