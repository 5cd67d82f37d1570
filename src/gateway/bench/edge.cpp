// Requests a second of a plain read, beside a bare Beast server in the same run; resident bytes of an idle
// WebSocket.
//   bench_gateway_edge [--seconds N] [--sockets N]      one JSON object a line
// Client and server share the machine: the client is one thread with 64 connections in a closed loop.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/server.hpp"

namespace {
using namespace zk::gateway;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = boost::asio::ip::tcp;
using Seconds = std::chrono::duration<double>;

const std::string kBody(300, 'x');  // a small JSON object

class Plain final : public Application {
 public:
  void handle(Request, std::function<void(Response)> done) override {
    Response r;
    r.headers.emplace_back("Content-Type", "application/json");
    r.body = kBody;
    done(std::move(r));
  }
  zk::Result<std::unique_ptr<SocketSession>> accept(const Request&) override {
    struct Quiet final : SocketSession {
      void on_open(std::shared_ptr<Socket> s) override { socket = std::move(s); }
      void on_text(std::string_view) override {}
      void on_close() override {}
      std::shared_ptr<Socket> socket;
    };
    return std::make_unique<Quiet>();
  }
};

// The least that answers HTTP with Beast: one thread, keep-alive, no limits, no time-outs.
class Bare {
 public:
  Bare() : acceptor_(ioc_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {
    accept();
    thread_ = std::thread([this] { ioc_.run(); });
  }
  ~Bare() {
    ioc_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct Session : std::enable_shared_from_this<Session> {
    explicit Session(Tcp::socket s) : stream(std::move(s)) {}
    void read() {
      request = {};
      http::async_read(stream, buffer, request,
                       [self = shared_from_this()](beast::error_code ec, std::size_t) {
                         if (!ec) self->write();
                       });
    }
    void write() {
      response = {http::status::ok, 11};
      response.set(http::field::content_type, "application/json");
      response.body() = kBody;
      response.prepare_payload();
      http::async_write(stream, response, [self = shared_from_this()](beast::error_code ec, std::size_t) {
        if (!ec) self->read();
      });
    }
    Tcp::socket stream;
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::response<http::string_body> response;
  };
  void accept() {
    acceptor_.async_accept([this](beast::error_code ec, Tcp::socket s) {
      if (ec) return;
      s.set_option(Tcp::no_delay(true));
      std::make_shared<Session>(std::move(s))->read();
      accept();
    });
  }
  boost::asio::io_context ioc_{1};
  Tcp::acceptor acceptor_;
  std::thread thread_;
};

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

struct Load {
  double per_second = 0;
  double p50_us = 0, p99_us = 0;
};

// Closed loop: each connection sends its next request when the answer to the one before is complete.
Load drive(std::uint16_t port, double seconds) {
  constexpr int kConnections = 64;
  const std::string request = "GET /api/v1/settings HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
  struct Connection {
    int fd = -1;
    std::size_t got = 0, want = 0;
    std::chrono::steady_clock::time_point sent;
  };
  std::vector<Connection> all(kConnections);
  const int poll = ::epoll_create1(0);
  char in[16384];
  const auto send = [&](Connection& c) {
    c.got = 0;
    c.sent = std::chrono::steady_clock::now();
    if (::write(c.fd, request.data(), request.size()) != static_cast<ssize_t>(request.size())) std::exit(1);
  };
  for (auto& c : all) {
    c.fd = connect_to(port);
    send(c);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = &c;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, c.fd, &e);
  }
  std::vector<float> latency;
  const auto start = std::chrono::steady_clock::now();
  auto now = start;
  while (Seconds(now - start).count() < seconds) {
    epoll_event events[kConnections];
    const int n = ::epoll_wait(poll, events, kConnections, 1000);
    for (int i = 0; i < n; ++i) {
      auto& c = *static_cast<Connection*>(events[i].data.ptr);
      const ssize_t got = ::read(c.fd, in, sizeof in);
      if (got <= 0) std::exit(1);
      if (c.want == 0) {  // every answer has the length of the first
        const std::string_view text(in, static_cast<std::size_t>(got));
        if (!text.starts_with("HTTP/1.1 200")) std::exit(1);
        c.want = text.find("\r\n\r\n") + 4 + kBody.size();
      }
      c.got += static_cast<std::size_t>(got);
      if (c.got < c.want) continue;
      now = std::chrono::steady_clock::now();
      latency.push_back(std::chrono::duration<float, std::micro>(now - c.sent).count());
      send(c);
    }
    now = std::chrono::steady_clock::now();
  }
  for (auto& c : all) ::close(c.fd);
  ::close(poll);
  Load out;
  out.per_second = static_cast<double>(latency.size()) / Seconds(now - start).count();
  std::sort(latency.begin(), latency.end());
  out.p50_us = latency[latency.size() / 2];
  out.p99_us = latency[latency.size() * 99 / 100];
  return out;
}

void print(const char* name, const Load& l) {
  std::printf(
      "{\"bench\":\"plain_read\",\"server\":\"%s\",\"requests_per_s\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f}"
      "\n",
      name, l.per_second, l.p50_us, l.p99_us);
  std::fflush(stdout);
}

long resident_bytes() {
  long total = 0, resident = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(f);
  }
  return resident * ::sysconf(_SC_PAGESIZE);
}

// The client lives in another process, so that only the server's memory is counted.
void idle_sockets(std::uint16_t port, const Server& server, int count) {
  const long before = resident_bytes();
  int ready[2], done[2];
  if (::pipe(ready) != 0 || ::pipe(done) != 0) std::exit(1);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(done[1]);
    const std::string upgrade =
        "GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char in[1024];
    for (int i = 0; i < count; ++i) {
      const int fd = connect_to(port);
      if (::write(fd, upgrade.data(), upgrade.size()) < 0 || ::read(fd, in, sizeof in) < 12 ||
          std::string_view(in, 12) != "HTTP/1.1 101")
        _exit(1);
    }
    if (::write(ready[1], "x", 1) < 0) _exit(1);
    _exit(::read(done[0], in, 1) < 0 ? 1 : 0);
  }
  ::close(ready[1]);
  char c;
  if (::read(ready[0], &c, 1) != 1) {
    std::fprintf(stderr, "the client could not open %d sockets (descriptor limit?)\n", count);
    std::exit(1);
  }
  const long after = resident_bytes();
  std::printf("{\"bench\":\"idle_sockets\",\"sockets\":%ld,\"bytes_each\":%.0f}\n",
              static_cast<long>(server.stats().sockets), static_cast<double>(after - before) / count);
  ::close(done[1]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 5;
  int sockets = 10'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--seconds") seconds = std::atof(argv[i + 1]);
    if (std::string_view(argv[i]) == "--sockets") sockets = std::atoi(argv[i + 1]);
  }
  Plain app;
  Options options;
  options.limits.connections = 100'000;
  auto server = Server::start(options, app);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  idle_sockets((*server)->port(), **server, sockets);
  for (int round = 0; round < 2; ++round) {  // twice each, in turn: a noisy machine shows
    print("zhike", drive((*server)->port(), seconds));
    Bare bare;
    print("bare_beast", drive(bare.port(), seconds));
  }
  (*server)->drain();
  return 0;
}
