// Instantiates the HTTP and WebSocket sessions over TLS. One of the two files that compile Beast's templates.
#include <boost/beast/ssl.hpp>

#include "gateway/http_session.hpp"

namespace zk::gateway {

void start_tls(Core& core, Loop& loop, TcpSocket socket, const net::ip::address& peer) {
  using TlsStream = beast::ssl_stream<TcpSocket>;
  std::make_shared<HttpSession<TlsStream>>(core, loop, TlsStream(std::move(socket), *core.tls), peer)
      ->start();
}

}  // namespace zk::gateway
