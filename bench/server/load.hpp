// Load from one thread: keep-alive HTTP connections and WebSockets over epoll, written to cost little,
// because it shares the machine with the server it measures. Any surprise (refused, closed, malformed)
// throws.
//
//   Loop loop(url);
//   const int c = loop.http([&](int status, std::string_view body) { … loop.send(c, next); });
//   loop.send(c, get("/api/v1/labels", {}));
//   loop.run(Clock::now() + std::chrono::seconds(5), [] {});
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace zk::bench {

using Clock = std::chrono::steady_clock;
double ms_between(Clock::time_point from, Clock::time_point to);

// `headers`: whole lines, each ended by CR LF.
std::string get(const std::string& path, const std::string& headers);
std::string post(const std::string& path, const std::string& headers, const std::string& body);

class Loop {
 public:
  using OnAnswer = std::function<void(int status, std::string_view body)>;
  using OnFrame = std::function<void(std::string_view text)>;

  explicit Loop(const std::string& url);  // http://127.0.0.1:PORT
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Number of a new connection. One request at a time on each.
  int http(OnAnswer on_answer);
  void send(int connection, std::string_view request);
  // A live screen that has said hello and was welcomed; `cookie` of an agent or `token` of a visitor.
  int screen(const std::string& cookie, const std::string& token, OnFrame on_frame);
  void close(int connection);
  // Serves until `until`, or until `done` is true; `tick` runs at least every millisecond.
  void run(Clock::time_point until, const std::function<void()>& tick);
  void stop() { stopped_ = true; }

 private:
  struct Wire;
  int open();
  void write(Wire& w, std::string_view bytes);
  void read(Wire& w);
  bool take_answer(Wire& w);
  bool take_frame(Wire& w);

  std::string host_;
  std::uint16_t port_ = 0;
  int epoll_ = -1;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Wire>> wires_;
};

// Latencies in milliseconds.
class Latencies {
 public:
  void add(double ms) { ms_.push_back(ms); }
  std::size_t count() const { return ms_.size(); }
  double at(double q);  // 0.5, 0.99; 0 when there are none

 private:
  std::vector<double> ms_;
};

}  // namespace zk::bench
