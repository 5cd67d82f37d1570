// The application behind the gateway: finds the route, establishes who calls, enforces what the route
// declares, runs the handler on the pool it asks for and turns results into responses. Owned by the
// composition root.
//
//   api::Server server({db, clock, auth, pool, writes, slow}, std::move(routes), accept_socket);
//   gateway.serve(server);
//
// Thread-safe. Nothing here blocks the gateway: a full pool answers 503 with Retry-After at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/router.hpp"
#include "auth/auth.hpp"
#include "exec/pool.hpp"
#include "gateway/http.hpp"

namespace zk::api {

inline constexpr std::string_view kSessionCookie = "zk_session";

class Server final : public gateway::Application {
 public:
  struct Parts {
    storage::Db& db;
    const Clock& clock;
    auth::Auth& auth;
    exec::Pool& pool;    // Run::kPool, GET
    exec::Pool& writes;  // Run::kPool, all else: its threads wait for commits, so there are many
    exec::Pool& slow;  // Run::kSlow: 1–2 threads, short queue
  };
  // Makes the session of a WebSocket at /api/v1/ws. The caller is the agent of the cookie when the Origin is
  // this site, else nobody (a visitor then shows his token in the first frame).
  using Accept = std::function<Result<std::unique_ptr<gateway::SocketSession>>(const gateway::Request&,
                                                                               const auth::Caller&)>;

  // Adds GET /openapi.json to the routes.
  Server(Parts parts, std::vector<Route> routes, Accept accept);

  void handle(gateway::Request request, std::function<void(gateway::Response)> done) override;
  Result<std::unique_ptr<gateway::SocketSession>> accept(const gateway::Request& request) override;
  const Router& router() const { return router_; }

 private:
  gateway::Response run(const gateway::Request& request, const Router::Match& match) const;
  Result<Reply> answer(Context& context, const Router::Match& match) const;
  Status establish_caller(Context& context) const;
  Status read_input(Context& context, const Router::Match& match) const;
  Result<Reply> call_handler(Context& context) const;

  Parts parts_;
  Router router_;
  Accept accept_;
};

// The problem+json answer of RFC 9457.
gateway::Response problem(const Error& error, const gateway::Request& request, int retry_after_s = 1);
// Origin, when sent, names the host the request was made to.
bool same_origin(const gateway::Request& request);

}  // namespace zk::api
