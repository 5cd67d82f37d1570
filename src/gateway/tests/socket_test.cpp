#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "gateway/tests/client.hpp"
#include "gateway/tests/fixture.hpp"

namespace zk::gateway::test {
namespace {
using namespace std::chrono_literals;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Ws = websocket::stream<boost::asio::ip::tcp::socket>;

struct WsClient {
  explicit WsClient(std::uint16_t port) : ws(ioc) {
    ws.next_layer().connect({boost::asio::ip::make_address("127.0.0.1"), port});
    ws.handshake("t", "/ws");
    ws.text(true);
  }
  std::string read() {
    beast::flat_buffer in;
    boost::system::error_code ec;
    ws.read(in, ec);
    return ec ? "" : beast::buffers_to_string(in.data());
  }
  // Reads to the end; the code the server closed with, 0 when it just went away.
  int close_code() {
    for (boost::system::error_code ec; !ec;) {
      beast::flat_buffer in;
      ws.read(in, ec);
    }
    return ws.reason().code;
  }
  boost::asio::io_context ioc;
  Ws ws;
};

TEST(Socket, EchoesInOrderAndClosesOnce) {
  Running r;
  {
    WsClient c(r.port());
    for (int i = 0; i < 80; ++i) {  // below the bound of messages a second
      c.ws.write(boost::asio::buffer("你好 " + std::to_string(i)));
      EXPECT_EQ(c.read(), "你好 " + std::to_string(i));
    }
    EXPECT_EQ(r.server->stats().sockets, 1);
    c.ws.close(websocket::close_code::normal);
  }
  r.app.log->closed.get_future().get();
  r.server->drain();
  EXPECT_EQ(r.app.log->closes, 1);
  EXPECT_EQ(r.server->stats().sockets, 0);
}

TEST(Socket, RefusedUpgradeIsAProblemDocument) {
  Running r;
  Client c(r.port());
  const auto reply = c.get("/elsewhere",
                           "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
}

TEST(Socket, SendsFromAnyThread) {
  Running r;
  WsClient c(r.port());
  const auto socket = r.app.log->opened.get_future().get();
  constexpr int kThreads = 4, kEach = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) socket->send(std::make_shared<const std::string>("x"));
    });
  }
  for (auto& t : threads) t.join();
  for (int i = 0; i < kThreads * kEach; ++i) ASSERT_EQ(c.read(), "x");
}

TEST(Socket, ASlowReaderIsDisconnectedAndMemoryStaysBounded) {
  Options o;
  o.limits.socket_frames = 16;
  Running r(o);
  WsClient c(r.port());
  const auto socket = r.app.log->opened.get_future().get();
  const auto big = std::make_shared<const std::string>(std::string(60'000, 'x'));
  // Nothing is read: the kernel's buffers fill, then the outbox, then the socket is given up.
  auto closed = r.app.log->closed.get_future();
  while (r.server->stats().slow_sockets_closed == 0) socket->send(big);
  EXPECT_LE(big.use_count(), 2 + 16 + 1) << "frames above the bound are not kept";
  EXPECT_EQ(c.close_code(), 1013);
  closed.get();
  socket->send(big);  // dead: does nothing
  socket->close(1000, "");
}

TEST(Socket, TooBigTooManyOrBinaryIsClosedWithItsCode) {
  {
    Running r;
    WsClient c(r.port());
    boost::system::error_code ignored;
    c.ws.write(boost::asio::buffer(std::string(65 * 1024, 'x')), ignored);
    EXPECT_EQ(c.close_code(), 1009);
  }
  {
    Running r;
    WsClient c(r.port());
    c.ws.binary(true);
    c.ws.write(boost::asio::buffer(std::string("x")));
    EXPECT_EQ(c.close_code(), 1003);
  }
  {
    Running r;
    WsClient c(r.port());
    boost::system::error_code ec;
    for (int i = 0; i < 300 && !ec; ++i) c.ws.write(boost::asio::buffer(std::string("x")), ec);
    EXPECT_EQ(c.close_code(), 1008);
  }
}

TEST(Socket, ASilentPeerIsPingedThenClosed) {
  Options o;
  o.timeouts.idle = 200ms;
  Running r(o);
  WsClient c(r.port());
  std::atomic<int> pings{0};
  c.ws.control_callback([&](websocket::frame_type kind, beast::string_view) {
    if (kind == websocket::frame_type::ping) ++pings;
  });
  // Reading answers pings, so the socket lives; three pings are longer than the idle time.
  const auto socket = r.app.log->opened.get_future().get();
  std::thread ender([&] {
    while (pings < 3) std::this_thread::yield();
    socket->send(std::make_shared<const std::string>("still here"));
  });
  EXPECT_EQ(c.read(), "still here");
  ender.join();
  r.app.log->closed.get_future().get();  // now nobody reads, so no pong comes
}

TEST(Socket, DrainClosesWith1001) {
  Running r;
  WsClient c(r.port());
  r.app.log->opened.get_future().get();
  std::thread drain([&] { r.server->drain(); });
  EXPECT_EQ(c.close_code(), 1001);
  drain.join();
  EXPECT_EQ(r.app.log->closes, 1);
}

TEST(Socket, DrainDoesNotWaitForeverForADeadPeer) {
  Options o;
  o.timeouts.drain = 50ms;
  Running r(o);
  WsClient c(r.port());
  r.app.log->opened.get_future().get();
  r.server->drain();  // the client never answers the close frame
  EXPECT_EQ(r.app.log->closes, 1);
  EXPECT_EQ(r.server->stats().connections, 0);
}

}  // namespace
}  // namespace zk::gateway::test
