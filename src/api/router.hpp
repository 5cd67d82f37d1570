// The table of endpoints. One Route declares what the server enforces, what the handler may read and what
// OpenAPI says.
//
//   std::vector<Route> label_routes() {
//     return {{.method = Method::kPost, .path = "/api/v1/labels", .access = Permission::kSettingsWrite,
//              .summary = "Create a label", .body = kLabelDraft, .status = 201, .reply = kLabel, .handler =
//              create_label}};
//   }
//   Result<Reply> create_label(Context& c) {
//     return c.write([&](storage::Tx& tx) -> Result<Reply> { … return c.json(label); });
//   }
//
// Enforced before the handler runs, in this order: who calls, permission, CSRF, path, query, body (unknown
// fields refused). A route without .access does not compile. Handlers are plain functions, called on many
// threads at once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/schema.hpp"
#include "auth/audit.hpp"
#include "auth/caller.hpp"
#include "gateway/http.hpp"
#include "storage/storage.hpp"

namespace zk::api {

class Context;
class RepeatKey;

struct Reply {
  std::string body;  // already serialised
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
};
using Handler = std::function<Result<Reply>(Context&)>;

enum class Method { kGet, kPost, kPut, kPatch, kDelete };
std::string_view to_string(Method method);  // "GET", …

// Who may call: those allowed either permission.
struct Access {
  Access(Permission p) : first(p), second(p) {}  // NOLINT(google-explicit-constructor)
  Access(Permission a, Permission or_b) : first(a), second(or_b) {}
  bool admits(const auth::Caller& caller) const { return caller.may(first) || caller.may(second); }
  Permission first, second;
};

// Where a handler runs. kInline: on the connection's I/O thread, only for what takes microseconds (memory, or
// one indexed read). kPool: bounded worker pools, one for GET and one for what waits for the disk. kSlow: two threads of their own, for
// what takes tens of milliseconds (password hashing).
enum class Run { kInline, kPool, kSlow };
// What a POST with an Idempotency-Key does. kStored: the first answer is given again (the handler must use
// Context::write). kNatural: the operation itself may be repeated; the key is not looked at.
enum class Repeat { kStored, kNatural };

inline constexpr std::int64_t kDefaultBodyBytes = 256 * 1024;

struct Route {
  Method method;
  std::string path;  // "/api/v1/labels/{id}"
  Access access;
  std::string summary;
  std::vector<Field> path_fields{};  // of {names} that are not ids; an undeclared {name} is an id
  std::vector<Field> query{};
  std::vector<Field> headers{};        // such as If-Match; checked like a query
  Schema body{};          // null: no body
  bool raw_body = false;  // bytes of any media type instead; Context::request().body
  std::int64_t max_body_bytes = kDefaultBodyBytes;
  int status = 200;  // of success; 204 has no body
  Schema reply{};    // null: empty, or not JSON (reply_type)
  std::string reply_type = "application/json";  // several: "text/csv, image/png"
  Run run = Run::kPool;
  Repeat repeat = Repeat::kStored;
  Handler handler;
};

// What a handler is given. Lives for one request; used by one thread at a time.
class Context {
 public:
  const gateway::Request& request() const { return *request_; }
  const Route& route() const { return *route_; }
  const auth::Caller& caller() const { return caller_; }
  const Fields& path() const { return path_; }
  const Fields& query() const { return query_; }
  const Fields& body() const { return body_; }
  std::int64_t id() const { return path_.integer("id"); }  // the {id} of the path
  Timestamp now() const { return now_; }                   // read once: one time a request
  Deadline deadline() const { return request_->deadline; }
  storage::Db& db() const { return *db_; }

  // For what goes beyond the route's permission, decided by the input: kPermissionDenied otherwise.
  Status require(Permission permission) const;

  // Reads from one consistent snapshot.
  template <class F>
  auto read(F&& f) const {
    return db_->read(deadline(), std::forward<F>(f));
  }
  // The one transaction of this request; the reply is kept in it under the caller's Idempotency-Key, if one
  // was sent. f may run again after a serialisation failure.
  Result<Reply> write(const std::function<Result<Reply>(storage::Tx&)>& f);

  // Inside write(), in its transaction, in the caller's name at now(): what goes to the ledger
  // (docs/protocol.md names the kinds) …
  Status event(storage::Tx& tx, std::string kind, const json::value& data,
               std::string audience = "agents") const;
  // … and into the audit chain; detail holds ids and names of fields, never personal data or secrets.
  Status audit(storage::Tx& tx, std::string action, std::string target,
               const json::object& detail = {}) const;

  static Reply json(const json::value& value);
  static Reply text(std::string serialised_json) { return {.body = std::move(serialised_json)}; }
  static Reply nothing() { return {}; }

  // Seconds for Retry-After when the handler answers kRateLimited or kUnavailable.
  int retry_after_s = 1;

 private:
  friend class Server;
  Context(const gateway::Request& request, const Route& route, storage::Db& db, const auth::AuditLog& audit,
          Timestamp now)
      : request_(&request), route_(&route), db_(&db), audit_(&audit), now_(now) {}

  const gateway::Request* request_;
  const Route* route_;
  storage::Db* db_;
  const auth::AuditLog* audit_;
  const RepeatKey* repeat_ = nullptr;  // set when this request carries an Idempotency-Key that counts
  auth::Caller caller_;
  Fields path_ = Fields::none(), query_ = Fields::none(), body_ = Fields::none();
  Timestamp now_;
};

// Finds the route of a method and path. Immutable after construction.
class Router {
 public:
  struct Match {
    const Route* route = nullptr;          // null: see allowed
    std::vector<std::string_view> values;  // of the {names}, in order; point into the path
    std::vector<Method> allowed;           // when the path exists with other methods
  };
  explicit Router(std::vector<Route> routes);  // two routes for one method and path are a ZK_CHECK
  ~Router();
  Router(Router&&) noexcept;
  Match find(std::string_view method, std::string_view path) const;  // HEAD finds GET
  const std::vector<Route>& routes() const { return routes_; }
  // The shapes of a route's {names} and of its query, made once.
  const Schema& path_schema(const Route& route) const { return schemas_[index(route)].first; }
  const Schema& query_schema(const Route& route) const { return schemas_[index(route)].second; }

 private:
  struct Node;
  std::size_t index(const Route& route) const { return static_cast<std::size_t>(&route - routes_.data()); }

  std::vector<Route> routes_;
  std::vector<std::pair<Schema, Schema>> schemas_;  // path and query of each route
  std::unique_ptr<Node> root_;
};

// The {names} of the route's path, in order, each with its shape.
std::vector<Field> path_fields(const Route& route);

// Opaque cursors of lists: up to four integers, base64url. kInvalidArgument names /cursor.
std::string cursor(std::initializer_list<std::int64_t> position);
Result<std::vector<std::int64_t>> read_cursor(std::string_view text, std::size_t count);

// ?limit= and ?cursor= of every list.
std::vector<Field> page_query(std::vector<Field> more = {});

}  // namespace zk::api
