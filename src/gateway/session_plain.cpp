// Instantiates the HTTP and WebSocket sessions over TCP. One of the two files that compile Beast's templates.
#include "gateway/http_session.hpp"

namespace zk::gateway {

void start_plain(Core& core, Loop& loop, TcpSocket socket, const net::ip::address& peer) {
  std::make_shared<HttpSession<TcpSocket>>(core, loop, std::move(socket), peer)->start();
}

}  // namespace zk::gateway
