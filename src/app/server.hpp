// The composition root: builds every part from the configuration, in order, and takes them down in reverse.
// The only code that sees the whole configuration.
//
//   app::prepare_process();                                  // once, before any thread
//   ZK_TRY(auto server, app::Server::start({.config = config, .assets = packed}));
//   … a signal …
//   server->stop();                                          // drains, then closes the database
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/config.hpp"

namespace zk::app {

struct StartOptions {
  config::Config config;
  std::string_view assets;  // pack of the web pages; lives as long as the process
  bool demo = false;        // makes the demo company where there is none; "/" shows the demo shop
};

class Server {
 public:
  // Returns once requests are answered and /readyz is 200. The error names the setting at fault.
  static Result<std::unique_ptr<Server>> start(StartOptions options);
  ~Server();                // stop()
  std::string url() const;  // "http://127.0.0.1:8080", with the real port
  std::string sign_in() const;  // demo: "EMAIL / PASSWORD" of its administrator, else ""
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Few malloc arenas, so that idle memory stays small on many threads; SIGPIPE ignored; no core
// files.
void prepare_process();

// "HOST:PORT", "[::1]:8080"; kInvalidArgument names server.listen.
struct Address {
  std::string host;
  std::uint16_t port = 0;
};
Result<Address> parse_address(std::string_view text);

}  // namespace zk::app
