#include "bench/server/load.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace zk::bench {
namespace {

[[noreturn]] void surprise(const std::string& what) { throw std::runtime_error(what); }

// A text or pong frame of a client. The mask of a client may be any number; zero leaves the text as it is.
std::string frame(char opcode, std::string_view text) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  if (text.size() < 126) {
    out += static_cast<char>(0x80 | text.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(text.size() >> 8);
    out += static_cast<char>(text.size() & 255);
  }
  return out.append(4, '\0').append(text);
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  const auto at = std::search(head.begin(), head.end(), kName.begin(), kName.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
  if (at == head.end()) return 0;
  auto digits = at + kName.size();
  while (digits != head.end() && *digits == ' ') ++digits;
  std::size_t n = 0;
  std::from_chars(&*digits, head.data() + head.size(), n);
  return n;
}

}  // namespace

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::string get(const std::string& path, const std::string& headers) {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n";
}

std::string post(const std::string& path, const std::string& headers, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

struct Loop::Wire {
  int fd = -1;
  std::string in;
  bool upgraded = false;
  OnAnswer on_answer;
  OnFrame on_frame;
};

Loop::Loop(const std::string& url) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  host_ = url.substr(url.find("://") + 3);
  port_ = static_cast<std::uint16_t>(std::stoi(host_.substr(host_.rfind(':') + 1)));
}

Loop::~Loop() {
  for (const auto& w : wires_)
    if (w->fd >= 0) ::close(w->fd);
  ::close(epoll_);
}

int Loop::open() {
  auto w = std::make_unique<Wire>();
  w->fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (w->fd < 0 || ::connect(w->fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    surprise("cannot connect: is the limit of open files below what the scenario needs? (ulimit -n)");
  const int one = 1;
  ::setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  wires_.push_back(std::move(w));
  return static_cast<int>(wires_.size()) - 1;
}

int Loop::http(OnAnswer on_answer) {
  const int id = open();
  Wire& w = *wires_[static_cast<std::size_t>(id)];
  w.on_answer = std::move(on_answer);
  epoll_event e{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(id)}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, w.fd, &e);
  return id;
}

void Loop::send(int connection, std::string_view request) {
  write(*wires_[static_cast<std::size_t>(connection)], request);
}

void Loop::write(Wire& w, std::string_view bytes) {
  // Blocking, and small enough that the kernel takes it at once.
  if (::send(w.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    surprise("the server closed a connection");
}

int Loop::screen(const std::string& cookie, const std::string& token, OnFrame on_frame) {
  const int id = open();
  Wire& w = *wires_[static_cast<std::size_t>(id)];
  std::string headers =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://" +
      host_ + "\r\n";
  if (!cookie.empty()) headers += "Cookie: zk_session=" + cookie + "\r\n";
  write(w, "GET /api/v1/ws HTTP/1.1\r\nHost: " + host_ + "\r\n" + headers + "\r\n");
  bool welcome = false;
  w.on_frame = [&](std::string_view text) {
    if (text.find("\"welcome\"") == std::string_view::npos) surprise("not welcomed: " + std::string(text));
    welcome = true;
  };
  std::size_t head = std::string::npos;
  while (head == std::string::npos) {
    read(w);
    head = w.in.find("\r\n\r\n");
  }
  if (!w.in.starts_with("HTTP/1.1 101")) surprise("no WebSocket: " + w.in.substr(0, head));
  w.in.erase(0, head + 4);
  w.upgraded = true;
  write(w, frame(1, token.empty() ? std::string(R"({"type":"hello","since_seq":null})")
                                  : R"({"type":"hello","since_seq":null,"token":")" + token + "\"}"));
  while (!welcome) {
    read(w);
    while (!welcome && take_frame(w)) continue;
  }
  w.on_frame = std::move(on_frame);
  epoll_event e{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(id)}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, w.fd, &e);
  return id;
}

void Loop::close(int connection) {
  Wire& w = *wires_[static_cast<std::size_t>(connection)];
  ::close(w.fd);
  w.fd = -1;
}

void Loop::read(Wire& w) {
  pollfd wanted{w.fd, POLLIN, 0};
  if (::poll(&wanted, 1, 30'000) != 1) surprise("no answer within 30 s");
  char bytes[65536];
  const auto n = ::recv(w.fd, bytes, sizeof bytes, 0);
  if (n <= 0) surprise("the server closed a connection");
  w.in.append(bytes, static_cast<std::size_t>(n));
}

bool Loop::take_answer(Wire& w) {
  const auto head = w.in.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const auto size = head + 4 + content_length(std::string_view(w.in).substr(0, head));
  if (w.in.size() < size) return false;
  int status = 0;
  std::from_chars(w.in.data() + 9, w.in.data() + 12, status);
  const std::string whole = w.in.substr(0, size);
  w.in.erase(0, size);
  w.on_answer(status, std::string_view(whole).substr(head + 4));
  return true;
}

bool Loop::take_frame(Wire& w) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(w.in[i]));
  };
  if (w.in.size() < 2) return false;
  std::size_t size = byte(1) & 127, head = size == 126 ? 4 : size == 127 ? 10 : 2;
  if (w.in.size() < head) return false;
  if (head > 2) size = 0;
  for (std::size_t i = 2; i < head; ++i) size = size << 8 | byte(i);
  if (w.in.size() < head + size) return false;
  const auto opcode = byte(0) & 15;
  const std::string text = w.in.substr(head, size);
  w.in.erase(0, head + size);
  if (opcode == 8) surprise("the server closed a screen");
  if (opcode == 9) write(w, frame(10, text));
  if (opcode == 1) w.on_frame(text);
  return true;
}

void Loop::run(Clock::time_point until, const std::function<void()>& tick) {
  stopped_ = false;
  epoll_event events[256];
  while (!stopped_ && Clock::now() < until) {
    const int n = ::epoll_wait(epoll_, events, 256, 1);
    for (int i = 0; i < n && !stopped_; ++i) {
      Wire& w = *wires_[events[i].data.u32];
      if (w.fd < 0) continue;
      read(w);
      while (w.fd >= 0 && (w.upgraded ? take_frame(w) : take_answer(w))) continue;
    }
    tick();
  }
}

double Latencies::at(double q) {
  if (ms_.empty()) return 0;
  std::sort(ms_.begin(), ms_.end());
  return ms_[std::min(ms_.size() - 1, static_cast<std::size_t>(q * static_cast<double>(ms_.size())))];
}

}  // namespace zk::bench
