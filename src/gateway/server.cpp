#include "gateway/server.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <future>
#include <mutex>

#include "base/check.hpp"
#include "base/log.hpp"
#include "gateway/core.hpp"

namespace zk::gateway {
namespace {

using Acceptor = net::basic_socket_acceptor<Tcp, Executor>;

// Ten thousand sockets need as many descriptors: ask for what the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) log::warn("gateway", "cannot raise the descriptor limit");
}

Status load_tls(Core& core) {
  const Tls& files = *core.options.tls;
  struct stat key {};
  if (::stat(files.key_file.c_str(), &key) != 0) {
    return fail(ErrorCode::kInvalidArgument, "cannot read the TLS key " + files.key_file, "server.tls_key");
  }
  if ((key.st_mode & S_IROTH) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "the TLS key can be read by everybody: chmod 600 " + files.key_file, "server.tls_key");
  }
  auto& context = core.tls.emplace(net::ssl::context::tls_server);
  context.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_tlsv1 |
                      net::ssl::context::no_tlsv1_1 | net::ssl::context::single_dh_use);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code ec;
  context.use_certificate_chain_file(files.certificate_file, ec);
  if (ec) {
    return fail(ErrorCode::kInvalidArgument,
                "cannot use the TLS certificate " + files.certificate_file + ": " + ec.message(),
                "server.tls_certificate");
  }
  context.use_private_key_file(files.key_file, net::ssl::context::pem, ec);
  if (ec) {
    return fail(ErrorCode::kInvalidArgument, "cannot use the TLS key " + files.key_file + ": " + ec.message(),
                "server.tls_key");
  }
  return {};
}

class ServerImpl final : public Server {
 public:
  ServerImpl(Options options, Application& app) : core_(std::move(options), app) {
    for (int i = 0; i < core_.options.io_threads; ++i) loops_.push_back(std::make_unique<Loop>(core_));
    acceptor_.emplace(loops_.front()->ioc);
    retry_.emplace(loops_.front()->ioc);
  }
  ~ServerImpl() override { stop(std::chrono::milliseconds(0)); }

  Status listen() {
    if (core_.options.tls) ZK_TRY_STATUS(load_tls(core_));
    raise_descriptor_limit();
    boost::system::error_code ec;
    Tcp::resolver resolver(loops_.front()->ioc);
    const auto found = resolver.resolve(core_.options.host, std::to_string(core_.options.port),
                                        Tcp::resolver::passive | Tcp::resolver::numeric_service, ec);
    if (ec || found.empty()) {
      return fail(ErrorCode::kInvalidArgument, "cannot listen on " + core_.options.host + ": no such address",
                  "server.listen");
    }
    const Tcp::endpoint endpoint = *found.begin();
    acceptor_->open(endpoint.protocol(), ec);
    if (!ec) acceptor_->set_option(net::socket_base::reuse_address(true), ec);
    if (!ec) acceptor_->bind(endpoint, ec);
    if (!ec) acceptor_->listen(4096, ec);
    if (ec) {
      const bool taken = ec == net::error::address_in_use;
      return fail(taken ? ErrorCode::kConflict : ErrorCode::kInvalidArgument,
                  "cannot listen on " + core_.options.host + ":" + std::to_string(core_.options.port) + ": " +
                      ec.message(),
                  "server.listen");
    }
    port_ = acceptor_->local_endpoint().port();
    return {};
  }

  void run() {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      Loop& loop = *loops_[i];
      net::post(loop.ioc, [&loop] { loop.start_tick(); });
      if (i == 0) net::post(loop.ioc, [this] { accept(); });
      loop.thread = std::thread([&loop] { run_loop(loop); });
      pthread_setname_np(loop.thread.native_handle(), ("io" + std::to_string(i)).c_str());
    }
  }

  std::uint16_t port() const override { return port_; }
  void drain() override { stop(core_.options.timeouts.drain); }
  Stats stats() const override;

 private:
  static void run_loop(Loop& loop) {
    const auto guard = net::make_work_guard(loop.ioc);
    while (!loop.ioc.stopped()) {
      try {
        loop.ioc.run();
      } catch (const std::exception& e) {
        log::error("gateway", "unexpected exception in an I/O thread what={}", e.what());
      }
    }
  }

  void accept() {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    acceptor_->async_accept(loop.ioc, [this, &loop](const boost::system::error_code& ec, TcpSocket socket) {
      on_accept(ec, loop, std::move(socket));
    });
  }

  void on_accept(const boost::system::error_code& ec, Loop& loop, TcpSocket socket) {
    if (ec == net::error::operation_aborted || !acceptor_->is_open()) return;
    if (ec) {  // no descriptor is free, most likely: let some connections end first
      log::warn("gateway", "accept failed what={}", ec.message());
      retry_->expires_after(std::chrono::milliseconds(100));
      retry_->async_wait([this](const boost::system::error_code& e) {
        if (!e) accept();
      });
      return;
    }
    core_.accepted.fetch_add(1, std::memory_order_relaxed);
    if (core_.connections.load(std::memory_order_relaxed) >=
        static_cast<std::int64_t>(core_.options.limits.connections)) {
      refuse(std::move(socket));
    } else {
      net::post(loop.ioc, [this, &loop, s = std::move(socket)]() mutable { start(loop, std::move(s)); });
    }
    accept();
  }

  void start(Loop& loop, TcpSocket socket) {
    boost::system::error_code ec;
    const auto peer = socket.remote_endpoint(ec);
    if (ec || loop.draining) return;
    socket.set_option(Tcp::no_delay(true), ec);
    if (core_.tls) {
      start_tls(core_, loop, std::move(socket), peer.address());
    } else {
      start_plain(core_, loop, std::move(socket), peer.address());
    }
  }

  void refuse(TcpSocket socket) {
    core_.refused_connections.fetch_add(1, std::memory_order_relaxed);
    if (core_.tls) return;
    static constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.send(net::buffer(kFull), 0, ignored);
    socket.shutdown(Tcp::socket::shutdown_send, ignored);
  }

  void stop(std::chrono::milliseconds patience) {
    const std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    on_loop(*loops_.front(), [this] {
      boost::system::error_code ignored;
      acceptor_->close(ignored);
      retry_->cancel();
    });
    for (auto& loop : loops_) on_loop(*loop, [&loop] { begin_drain(*loop); });
    wait_until_empty(std::chrono::steady_clock::now() + patience);
    for (auto& loop : loops_) on_loop(*loop, [&loop] { abort_all(*loop); });
    wait_until_empty(std::chrono::steady_clock::now() + std::chrono::seconds(5));
    for (auto& loop : loops_) {
      loop->ioc.stop();
      if (loop->thread.joinable()) loop->thread.join();
    }
  }

  static void begin_drain(Loop& loop) {
    loop.draining = true;
    for (auto it = loop.connections.begin(); it != loop.connections.end();) (it++)->on_drain();
  }
  static void abort_all(Loop& loop) {
    loop.tick.cancel();
    for (auto it = loop.connections.begin(); it != loop.connections.end();) (it++)->abort();
  }

  // Runs f on the loop's thread and waits; at once when the loop was never started.
  template <class F>
  static void on_loop(Loop& loop, F f) {
    if (!loop.thread.joinable()) return;
    std::promise<void> done;
    net::post(loop.ioc, [&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }

  void wait_until_empty(SteadyTime until) {
    // Connections end on their own threads without a lock; looking every few milliseconds at shutdown is
    // enough.
    while (core_.connections.load(std::memory_order_acquire) > 0 &&
           std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Core core_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::optional<Acceptor> acceptor_;  // on the first loop, like retry_
  std::optional<net::steady_timer> retry_;
  std::uint16_t port_ = 0;
  std::size_t next_loop_ = 0;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

Stats ServerImpl::stats() const {
  Stats out;
  out.connections = core_.connections;
  out.sockets = core_.sockets;
  out.accepted = core_.accepted;
  out.refused_connections = core_.refused_connections;
  out.rate_limited = core_.rate_limited;
  out.timed_out = core_.timed_out;
  out.slow_sockets_closed = core_.slow_sockets_closed;
  out.socket_frames_sent = core_.socket_frames_sent;
  out.socket_frames_received = core_.socket_frames_received;
  for (std::size_t i = 0; i < core_.routes.size(); ++i) {
    RouteStats& route = out.routes.emplace_back();
    route.route = core_.options.routes[i];
    for (std::size_t c = 0; c < 5; ++c) route.by_status_class[c] = core_.routes[i]->by_status_class[c];
    route.latency = core_.routes[i]->latency.snapshot();
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Options options, Application& application) {
  ZK_CHECK(options.io_threads >= 1 && options.io_threads <= 64 && !options.routes.empty());
  auto server = std::make_unique<ServerImpl>(std::move(options), application);
  ZK_TRY_STATUS(server->listen());
  server->run();
  return server;
}

}  // namespace zk::gateway
