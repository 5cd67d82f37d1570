#include "api/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <exception>

#include "api/agents.hpp"
#include "api/idempotency.hpp"
#include "api/openapi.hpp"
#include "base/check.hpp"
#include "base/log.hpp"

namespace zk::api {
namespace {

constexpr std::size_t kLongestIdempotencyKey = 100;

std::vector<Route> with_openapi(std::vector<Route> routes) {
  routes.push_back({.method = Method::kGet,
                    .path = "/openapi.json",
                    .access = Permission::kPublic,
                    .summary = "This description",
                    .reply = is::any(),
                    .run = Run::kInline,
                    .handler = [](Context&) -> Result<Reply> { return Reply{}; }});
  auto text = openapi_json(routes);
  routes.back().handler = [text = std::move(text)](Context&) -> Result<Reply> { return Context::text(text); };
  return routes;
}

std::string_view title(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "Invalid input";
    case ErrorCode::kMalformed:
      return "Not parseable";
    case ErrorCode::kUnauthenticated:
      return "Sign in first";
    case ErrorCode::kPermissionDenied:
      return "Not permitted";
    case ErrorCode::kNotFound:
      return "Not found";
    case ErrorCode::kConflict:
      return "Conflict";
    case ErrorCode::kPreconditionFailed:
      return "Changed meanwhile";
    case ErrorCode::kTooLarge:
      return "Too large";
    case ErrorCode::kUnsupportedMedia:
      return "Unsupported media type";
    case ErrorCode::kRateLimited:
      return "Too many requests";
    case ErrorCode::kUnavailable:
      return "Unavailable";
    case ErrorCode::kDeadlineExceeded:
      return "Took too long";
    case ErrorCode::kDataLoss:
    case ErrorCode::kInternal:
      return "Internal error";
  }
  return "";
}

// A query or path value is text; the schema says what it stands for.
json::value typed(const SchemaNode& schema, std::string_view text) {
  if (schema.kind == Kind::kInteger) {
    std::int64_t v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error == std::errc{} && end == text.data() + text.size()) return v;
  }
  if (schema.kind == Kind::kNumber) {
    double v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(v)) return v;
  }
  if (schema.kind == Kind::kBoolean && (text == "true" || text == "1")) return true;
  if (schema.kind == Kind::kBoolean && (text == "false" || text == "0")) return false;
  return json::value(text);
}

bool json_media(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return content_type.size() == 16 &&
         std::equal(content_type.begin(), content_type.end(), "application/json",
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

Result<Fields> read_path(const Schema& schema, const Router::Match& match) {
  json::object values;
  for (std::size_t i = 0; i < schema->fields.size(); ++i) {
    const auto& f = schema->fields[i];
    values[f.name] = typed(*f.schema, match.values[i]);
  }
  auto read = Fields::read(schema, std::move(values));
  if (!read) return fail(ErrorCode::kNotFound, "there is nothing at this address: " + read.error().message);
  return read;
}

Result<Fields> read_query(const Schema& schema, const gateway::Request& request) {
  json::object values;
  for (const auto& [name, value] : request.query) {
    const auto f = std::find_if(schema->fields.begin(), schema->fields.end(),
                                [&](const Field& field) { return field.name == name; });
    if (values.contains(name))
      return fail(ErrorCode::kInvalidArgument, name + " must be given once", "/" + name);
    values[name] = f == schema->fields.end() ? json::value(value) : typed(*f->schema, value);
  }
  return Fields::read(schema, std::move(values));
}

Result<Fields> read_body(const Route& route, const gateway::Request& request) {
  if (!route.body) {
    if (route.raw_body && request.body.empty())
      return fail(ErrorCode::kInvalidArgument, "send the file as the body of the request");
    if (request.body.empty() || route.raw_body) return Fields::none();
    return fail(ErrorCode::kInvalidArgument, "this request takes no body");
  }
  if (!json_media(request.header("content-type")))
    return fail(ErrorCode::kUnsupportedMedia, "send the body as application/json");
  ZK_TRY(auto value, parse_json(request.body));
  return Fields::read(route.body, std::move(value));
}

// A header that is given must fit, an empty one too.
Status check_headers(const Route& route, const gateway::Request& request) {
  for (const auto& f : route.headers) {
    const auto name = lower_case(f.name);
    const auto given = std::find_if(request.headers.begin(), request.headers.end(),
                                    [&](const auto& h) { return h.first == name; });
    if (given == request.headers.end()) {
      if (f.presence != kRequired) continue;
      return fail(ErrorCode::kInvalidArgument, fmt::format("the header {} is required: {}", f.name, f.note),
                  f.name);
    }
    json::value value = typed(*f.schema, given->second);
    if (auto fits = check(*f.schema, value); !fits)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the header {} {}: {}", f.name, fits.error().message, f.note), f.name);
  }
  return {};
}

}  // namespace

bool same_origin(const gateway::Request& request) {
  auto origin = request.header("origin");
  if (origin.empty()) return true;
  const auto scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("host");
}

gateway::Response problem(const Error& error, const gateway::Request& request, int retry_after_s) {
  gateway::Response response;
  response.status = http_status(error.code);
  json::object body{{"type", "about:blank"},     {"title", title(error.code)},
                    {"status", response.status}, {"code", to_string(error.code)},
                    {"detail", error.message},   {"request_id", request.request_id}};
  if (!error.field.empty()) body["field"] = error.field;
  response.headers = {{"content-type", "application/problem+json"}, {"cache-control", "no-store"}};
  if (error.code == ErrorCode::kRateLimited || error.code == ErrorCode::kUnavailable)
    response.headers.emplace_back("retry-after", std::to_string(retry_after_s));
  if (error.code == ErrorCode::kUnauthenticated) response.headers.emplace_back("www-authenticate", "Bearer");
  response.body = json::serialize(body);
  return response;
}

Server::Server(Parts parts, std::vector<Route> routes, Accept accept)
    : parts_(parts), router_(with_openapi(std::move(routes))), accept_(std::move(accept)) {}

void Server::handle(gateway::Request request, std::function<void(gateway::Response)> done) {
  // Shared by the task, its late form and the refusal below: exactly one of them answers.
  struct Call {
    gateway::Request request;
    std::function<void(gateway::Response)> done;
    Router::Match match;
  };
  auto call = std::make_shared<Call>(Call{std::move(request), std::move(done), {}});
  call->match = router_.find(call->request.method, call->request.path);
  const auto& match = call->match;
  if (!match.route) {
    if (match.allowed.empty()) {
      call->done(problem({ErrorCode::kNotFound, "there is nothing at this address", {}, {}}, call->request));
      return;
    }
    auto response = problem(
        {ErrorCode::kNotFound, "this address does not take this method; see Allow", {}, {}}, call->request);
    response.status = 405;
    std::vector<std::string_view> allowed;
    for (const auto m : match.allowed) allowed.push_back(to_string(m));
    response.headers.emplace_back("allow", fmt::format("{}", fmt::join(allowed, ", ")));
    call->done(std::move(response));
    return;
  }
  if (match.route->run == Run::kInline) {
    call->done(run(call->request, match));
    return;
  }
  auto& pool = match.route->run == Run::kSlow        ? parts_.slow
               : match.route->method == Method::kGet ? parts_.pool
                                                     : parts_.writes;
  const auto posted = pool.post(
      call->request.deadline, [this, call] { call->done(run(call->request, call->match)); },
      [call] {
        call->done(
            problem({ErrorCode::kUnavailable, "the server is busy; try again", {}, {}}, call->request));
      });
  if (!posted)
    call->done(problem({ErrorCode::kUnavailable, "the server is busy; try again", {}, {}}, call->request));
}

gateway::Response Server::run(const gateway::Request& request, const Router::Match& match) const {
  const auto& route = *match.route;
  Context context(request, route, parts_.db, parts_.auth.audit(), parts_.clock.now());
  Result<Reply> reply = fail(ErrorCode::kInternal, "");
  try {
    reply = answer(context, match);
  } catch (const std::exception& e) {
    reply = fail(ErrorCode::kInternal, "", {}, e.what());
  }
  if (!reply) {
    auto error = std::move(reply).error();
    if (http_status(error.code) == 500) {
      log::error("api", "request={} route={} {} code={} {} {}", request.request_id, to_string(route.method),
                 route.path, to_string(error.code), error.code == ErrorCode::kDataLoss ? error.message : "",
                 error.detail);
      error.message = "something went wrong here; the log has more under the request_id";
    }
    return problem(error, request, context.retry_after_s);
  }
  gateway::Response response;
  response.status = route.status;
  response.headers = std::move(reply->headers);
  if (route.status != 204) response.headers.emplace_back("content-type", std::move(reply->content_type));
  if (std::none_of(response.headers.begin(), response.headers.end(),
                   [](const auto& h) { return h.first == "cache-control"; }))
    response.headers.emplace_back("cache-control", "no-store");
  response.body = std::move(reply->body);
  return response;
}

Result<Reply> Server::answer(Context& context, const Router::Match& match) const {
  ZK_TRY_STATUS(establish_caller(context));
  ZK_TRY_STATUS(read_input(context, match));
  return call_handler(context);
}

Status Server::establish_caller(Context& context) const {
  const auto& request = context.request();
  const auto& access = context.route().access;
  if (access.first == Permission::kPublic) return {};
  ZK_TRY(context.caller_, parts_.auth.identify(request.header("authorization"),
                                               request.cookie(kSessionCookie), context.deadline()));
  const auto& caller = context.caller_;
  if (!access.admits(caller)) {
    if (caller.kind == auth::Caller::Kind::kNobody)
      return fail(ErrorCode::kUnauthenticated, "sign in, or send an API key or a visitor token");
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("this needs the permission {}", to_string(access.first)));
  }
  if (caller.kind == auth::Caller::Kind::kAgent && context.route().method != Method::kGet &&
      (!same_origin(request) || !parts_.auth.csrf_matches(caller, request.header("x-csrf-token"))))
    return fail(ErrorCode::kPermissionDenied,
                "send the csrf_token of GET /api/v1/session as X-CSRF-Token, from this site", "X-CSRF-Token");
  return {};
}

Status Server::read_input(Context& context, const Router::Match& match) const {
  const auto& request = context.request();
  const auto& route = context.route();
  if (static_cast<std::int64_t>(request.body.size()) > route.max_body_bytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("the body may have at most {} bytes", route.max_body_bytes));
  ZK_TRY_STATUS(check_headers(route, request));
  ZK_TRY(context.path_, read_path(router_.path_schema(route), match));
  ZK_TRY(context.query_, read_query(router_.query_schema(route), request));
  ZK_TRY(context.body_, read_body(route, request));
  return {};
}

Result<Reply> Server::call_handler(Context& context) const {
  const auto& request = context.request();
  const auto& route = context.route();
  const auto key = request.header("idempotency-key");
  const bool given = std::any_of(request.headers.begin(), request.headers.end(),
                                 [](const auto& h) { return h.first == "idempotency-key"; });
  if (!given || route.method != Method::kPost || route.repeat != Repeat::kStored ||
      route.access.first == Permission::kPublic)
    return route.handler(context);
  if (key.empty() || key.size() > kLongestIdempotencyKey ||
      std::any_of(key.begin(), key.end(), [](char c) { return c < ' ' || c > '~'; }))
    return fail(ErrorCode::kInvalidArgument, "Idempotency-Key must be 1 to 100 printable ASCII characters",
                "Idempotency-Key");
  const RepeatKey repeat(parts_.auth.sealer(), fmt::format("{} {}", context.caller().actor(), request.target),
                         std::string(key), request.body);
  context.repeat_ = &repeat;
  // The handler may refuse by now what it did then, so the kept answer is looked for first, and again in the
  // transaction.
  ZK_TRY(auto kept, context.read([&](storage::Tx& tx) { return repeat.kept_reply(tx, context.now()); }));
  if (kept) return *std::move(kept);
  return route.handler(context);
}

Result<std::unique_ptr<gateway::SocketSession>> Server::accept(const gateway::Request& request) {
  if (request.path != "/api/v1/ws")
    return fail(ErrorCode::kNotFound, "there is no WebSocket at this address");
  auth::Caller caller;
  if (!request.header("origin").empty() && same_origin(request)) {
    ZK_TRY(caller, parts_.auth.identify({}, request.cookie(kSessionCookie), request.deadline));
  }
  return accept_(request, caller);
}

}  // namespace zk::api
