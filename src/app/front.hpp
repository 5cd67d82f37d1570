// What the gateway talks to: health, metrics and pages are answered here, everything else by the API. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "exec/pool.hpp"
#include "gateway/http.hpp"
#include "gateway/server.hpp"
#include "gateway/static_site.hpp"

namespace zk::app {

class Front final : public gateway::Application {
 public:
  using File = std::function<Result<std::string>()>;  // makes a small JSON document; may read the database
  struct Parts {
    gateway::Application& api;
    const gateway::StaticSite& site;
    exec::Pool& pool;                       // readiness asks the database
    std::function<Result<std::string>()> ready;  // a JSON object, or why not
    std::function<std::string()> metrics;   // quick
    bool metrics_from_anywhere = false;     // else from loopback only
    std::string home;                       // what "/" shows: a page of the site ("/demo/index.html"), or "" to go to the console
    std::vector<std::pair<std::string, File>> files{};  // by path, beside the site's own
  };
  explicit Front(Parts parts) : parts_(std::move(parts)) {}

  void handle(gateway::Request request, std::function<void(gateway::Response)> done) override;
  Result<std::unique_ptr<gateway::SocketSession>> accept(const gateway::Request& request) override;

 private:
  void answer_on_pool(const File& make, const std::string& request_id, const std::function<void(gateway::Response)>& done);
  bool answer_here(const gateway::Request& request, const std::function<void(gateway::Response)>& done);
  gateway::Response metrics(const gateway::Request& request) const;
  gateway::Response home(const gateway::Request& request) const;

  Parts parts_;
};

// Names of the route classes in the metrics, and the rule the gateway asks before it reads a body.
std::vector<std::string> route_classes();
gateway::RouteRule route_rule(std::string_view method, std::string_view path);

}  // namespace zk::app
