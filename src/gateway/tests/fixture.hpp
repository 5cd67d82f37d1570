// A real server on a free port with an application the tests can hold back.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <mutex>

#include "exec/pool.hpp"
#include "gateway/server.hpp"

namespace zk::gateway::test {

// Echoes what it is sent; reports what it saw.
class EchoSession final : public SocketSession {
 public:
  struct Log {
    std::promise<std::shared_ptr<Socket>> opened;
    std::promise<void> closed;
    std::atomic<int> closes{0};
  };
  explicit EchoSession(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  void on_open(std::shared_ptr<Socket> socket) override {
    socket_ = socket;
    log_->opened.set_value(std::move(socket));
  }
  void on_text(std::string_view text) override { socket_->send(std::make_shared<const std::string>(text)); }
  void on_close() override {
    if (++log_->closes == 1) log_->closed.set_value();
  }

 private:
  std::shared_ptr<Log> log_;
  std::shared_ptr<Socket> socket_;
};

class App final : public Application {
 public:
  void handle(Request request, std::function<void(Response)> done) override {
    if (request.path == "/throw") throw std::runtime_error("broken");
    if (request.path == "/held") {
      const std::lock_guard lock(mutex);
      held.push_back(std::move(done));
      arrived.set_value();
      return;
    }
    if (request.path == "/pool") {
      auto refused = pool.post([done, id = request.request_id] {
        Response r;
        r.body = "from a thread";
        done(std::move(r));
      });
      if (!refused) done(problem(refused.error(), request.request_id));
      return;
    }
    Response r;
    r.headers.emplace_back("Content-Type", "text/plain");
    if (request.path == "/split") r.headers.emplace_back("X-Bad", "a\r\nSet-Cookie: b");
    r.body = request.method + " " + request.path + " " + request.body + " " + request.remote_ip +
             (request.tls ? " tls" : "");
    for (const auto& [name, value] : request.query) r.body += " " + name + "=" + value;
    done(std::move(r));
  }
  Result<std::unique_ptr<SocketSession>> accept(const Request& request) override {
    if (request.path != "/ws") return fail(ErrorCode::kPermissionDenied, "not here");
    return std::make_unique<EchoSession>(log);
  }

  exec::Pool pool{{.name = "t", .threads = 1, .queue = 1}};
  std::shared_ptr<EchoSession::Log> log = std::make_shared<EchoSession::Log>();
  std::mutex mutex;
  std::vector<std::function<void(Response)>> held;
  std::promise<void> arrived;
};

struct Running {
  explicit Running(Options options = {}) {
    auto started = Server::start(std::move(options), app);
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
  }
  ~Running() {
    server->drain();
    app.pool.stop();
  }
  std::uint16_t port() const { return server->port(); }
  App app;
  std::unique_ptr<Server> server;
};

}  // namespace zk::gateway::test
