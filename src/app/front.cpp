#include "app/front.hpp"

#include <fmt/format.h>

#include <utility>

namespace zk::app {
namespace {

using gateway::Request;
using gateway::Response;

enum Route : std::size_t { kApi, kWidget, kSocket, kPages, kHealth };

Response json(int status, std::string body) {
  Response out;
  out.status = status;
  out.headers.emplace_back("Content-Type", "application/json");
  out.body = std::move(body);
  return out;
}

bool is_api(std::string_view path) { return path.starts_with("/api/") || path == "/openapi.json"; }

}  // namespace

std::vector<std::string> route_classes() { return {"api", "widget_api", "socket", "pages", "health"}; }

gateway::RouteRule route_rule(std::string_view method, std::string_view path) {
  constexpr std::size_t kMiB = 1024 * 1024;
  gateway::RouteRule out;
  out.cors = path.starts_with("/api/v1/widget/");
  out.route = path == "/api/v1/ws" ? kSocket : out.cors ? kWidget : is_api(path) ? kApi : kPages;
  if (path == "/healthz" || path == "/readyz" || path == "/metrics") out.route = kHealth;
  if (method != "POST") return out;
  if (path.ends_with("/attachments") && is_api(path)) out.body_limit = 12 * kMiB;
  if (path == "/api/v1/articles/import") out.body_limit = 64 * kMiB;
  return out;
}

void Front::handle(Request request, std::function<void(Response)> done) {
  if (is_api(request.path)) return parts_.api.handle(std::move(request), std::move(done));
  if (answer_here(request, done)) return;
  if (auto page = parts_.site.find(request)) return done(std::move(*page));
  done(gateway::problem(404, "not_found", "there is nothing at this address", request.request_id));
}

Result<std::unique_ptr<gateway::SocketSession>> Front::accept(const Request& request) { return parts_.api.accept(request); }

bool Front::answer_here(const Request& request, const std::function<void(Response)>& done) {
  if (request.path == "/healthz") {
    done(json(200, R"({"status":"alive"})"));
  } else if (request.path == "/readyz") {
    answer_on_pool(parts_.ready, request.request_id, done);
  } else if (request.path == "/metrics") {
    done(metrics(request));
  } else if (request.path == "/") {
    done(home(request));
  } else {
    for (const auto& [path, file] : parts_.files)
      if (path == request.path) return answer_on_pool(file, request.request_id, done), true;
    return false;
  }
  return true;
}

void Front::answer_on_pool(const File& make, const std::string& request_id, const std::function<void(Response)>& done) {
  auto refused = parts_.pool.post([&make, done, request_id] {
    auto made = make();
    done(made ? json(200, std::move(*made)) : gateway::problem(503, "unavailable", made.error().message, request_id));
  });
  if (!refused) done(gateway::problem(refused.error(), request_id));
}

Response Front::metrics(const Request& request) const {
  const bool loopback = request.remote_ip == "::1" || request.remote_ip.starts_with("127.");
  if (!loopback && !parts_.metrics_from_anywhere) {
    return gateway::problem(403, "permission_denied", "metrics are read from this machine only (server.metrics_from)", request.request_id);
  }
  Response out;
  out.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  out.body = parts_.metrics();
  return out;
}

Response Front::home(const Request& request) const {
  if (!parts_.home.empty()) {
    if (auto page = parts_.site.page(parts_.home, request)) return std::move(*page);
  }
  Response out;
  out.status = 302;
  out.headers.emplace_back("Location", "/console/");
  return out;
}

}  // namespace zk::app
