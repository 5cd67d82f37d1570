// Signing in and out, and what agents change about themselves.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/agents.hpp"
#include "api/rows.hpp"
#include "api/server.hpp"
#include "auth/password.hpp"

namespace zk::api {
namespace {

const Schema kSignIn = is::object("SignIn", {{"email", is::email(), kRequired},
                                             {"password", is::text(1, auth::kLongestPassword), kRequired}});
const Schema kOwnChange = is::object(
    "OwnChange",
    {{"name", is::line(100)},
     {"locale", is::locale()},
     {"availability", is::one_of({"online", "away", "offline"})},
     {"password", is::text(1, auth::kLongestPassword), Presence::kOptional, "ends the other sessions"},
     {"current_password", is::text(1, auth::kLongestPassword), Presence::kOptional, "needed with password"}});

constexpr storage::Query kAccount{"agent.account",
                                  "SELECT id, password_hash, disabled FROM agent WHERE email = $1"};
constexpr storage::Query kOwnAccount{"agent.own_account",
                                     "SELECT email, password_hash, name FROM agent WHERE id = $1"};
constexpr storage::Query kSetPassword{"agent.set_own_password",
                                      "UPDATE agent SET password_hash = $2, updated_at = $3 WHERE id = $1"};
constexpr storage::Query kUpdate{
    "agent.update_own",
    "UPDATE agent SET name = $2, locale = $3, availability = $4, updated_at = $5 WHERE id = $1"};

const Schema& session_schema() {
  static const Schema schema =
      is::object("Session", {{"agent", agent_schema(), kRequired},
                             {"permissions", is::list(is::line(60), 100), kRequired},
                             {"csrf_token", is::token(100), kRequired, "for X-CSRF-Token"}});
  return schema;
}

json::object session_object(const auth::Auth& auth, const auth::Caller& caller, json::object agent) {
  json::array permissions;
  for (int i = 0; i <= static_cast<int>(Permission::kPersonalDataErase); ++i) {
    const auto p = static_cast<Permission>(i);
    if (p != Permission::kPublic && caller.may(p)) permissions.emplace_back(to_string(p));
  }
  return {{"agent", std::move(agent)},
          {"permissions", std::move(permissions)},
          {"csrf_token", auth.csrf_token(caller)}};
}

std::string cookie(const gateway::Request& request, std::string_view token, std::chrono::seconds age) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", kSessionCookie, token,
                     age.count(), request.tls ? "; Secure" : "");
}

Status slow_down(Context& c, auth::Auth& auth, const std::string& account) {
  const auto wait = auth.throttle().attempt(account, c.request().remote_ip, c.now());
  if (wait.count() == 0) return {};
  c.retry_after_s = static_cast<int>(wait.count());
  return fail(ErrorCode::kRateLimited, fmt::format("too many attempts; try again in {} s", wait.count()));
}

Result<Reply> sign_in(Context& c, auth::Auth& auth) {
  if (!same_origin(c.request())) return fail(ErrorCode::kPermissionDenied, "sign in from this site");
  const auto email = lower_case(c.body().text("email"));
  const auto account_key = auth::sha256_hex(email);
  ZK_TRY_STATUS(slow_down(c, auth, account_key));
  ZK_TRY(const auto account, c.read([&](storage::Tx& tx) { return tx.maybe(kAccount, {email}); }));
  // No such account, disabled and wrong password look the same and take the same time.
  const bool open = account && !account->boolean(2);
  const std::string password(c.body().text("password"));
  if (!auth::password_matches(open ? account->text(1) : std::string(), password))
    return fail(ErrorCode::kUnauthenticated, "the e-mail address or the password is wrong");
  auth.throttle().succeeded(account_key, c.request().remote_ip);

  const auto id = account->id<AgentId>(0);
  std::string new_hash;
  if (auth::password_hash_outdated(account->text(1))) {
    ZK_TRY(new_hash, auth::hash_password(password));
  }
  const auto old_session = c.request().cookie(kSessionCookie);
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    if (!old_session.empty()) ZK_TRY_STATUS(auth.close_session(tx, auth::sha256_hex(old_session)));
    if (!new_hash.empty()) ZK_TRY_STATUS(tx.run(kSetPassword, {id, new_hash, c.now()}).map([](auto) {}));
    ZK_TRY(const auto token, auth.open_session(tx, id, c.now()));
    ZK_TRY(auto agent, agent_object(tx, id));
    const auth::Caller caller{.kind = auth::Caller::Kind::kAgent,
                              .agent_id = id,
                              .role = role(std::string_view(agent.at("role").get_string())),
                              .session_hash = auth::sha256_hex(token)};
    ZK_TRY_STATUS(auth.audit().append(tx, {c.now(), caller.actor(), "session.opened", "", "{}"}));
    auto out = Context::json(session_object(auth, caller, std::move(agent)));
    out.headers.emplace_back("set-cookie", cookie(c.request(), token, auth.options().session_total));
    return out;
  });
  if (reply && !old_session.empty()) auth.forget_session(auth::sha256_hex(old_session));
  return reply;
}

Result<Reply> sign_out(Context& c, auth::Auth& auth) {
  const auto& session = c.caller().session_hash;
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY_STATUS(auth.close_session(tx, session));
    ZK_TRY_STATUS(c.audit(tx, "session.closed", ""));
    Reply out;
    out.headers.emplace_back("set-cookie", cookie(c.request(), "", std::chrono::seconds(0)));
    return out;
  });
  if (reply) auth.forget_session(session);
  return reply;
}

// The hash of the new password, after the current one was shown to be right and the new one to be strong.
Result<std::string> new_password_hash(Context& c, auth::Auth& auth) {
  const std::string password(c.body().text("password"));
  if (password.empty()) return std::string();
  if (!c.body().has("current_password"))
    return fail(ErrorCode::kInvalidArgument, "current_password is needed to set a new password",
                "/current_password");
  ZK_TRY(const auto row, c.read([&](storage::Tx& tx) { return tx.one(kOwnAccount, {c.caller().agent_id}); }));
  const auto account_key = auth::sha256_hex(row.text(0));
  ZK_TRY_STATUS(slow_down(c, auth, account_key));
  if (!auth::password_matches(row.text(1), c.body().text("current_password")))
    return fail(ErrorCode::kInvalidArgument, "current_password is wrong", "/current_password");
  auth.throttle().succeeded(account_key, c.request().remote_ip);
  ZK_TRY_STATUS(auth::check_password_strength(password, {row.text(0), row.text(2)}));
  return auth::hash_password(password);
}

Result<Reply> change(Context& c, auth::Auth& auth) {
  ZK_TRY(const auto hash, new_password_hash(c, auth));
  const auto id = c.caller().agent_id;
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto before, agent_object(tx, id));
    const auto kept = [&](const char* name) {
      return c.body().text(name, std::string_view(before.at(name).get_string()));
    };
    ZK_TRY_STATUS(
        tx.run(kUpdate, {id, kept("name"), kept("locale"), kept("availability"), c.now()}).map([](auto) {}));
    if (!hash.empty()) {
      ZK_TRY_STATUS(tx.run(kSetPassword, {id, hash, c.now()}).map([](auto) {}));
      ZK_TRY_STATUS(auth.close_sessions(tx, id, c.caller().session_hash));
      ZK_TRY_STATUS(c.audit(tx, "agent.password_changed", c.caller().actor()));
    }
    ZK_TRY(auto agent, agent_object(tx, id));
    ZK_TRY_STATUS(c.event(tx, "agent.updated", agent));
    return Context::json(session_object(auth, c.caller(), std::move(agent)));
  });
  if (reply && !hash.empty()) auth.forget_agent(id);
  return reply;
}

}  // namespace

std::vector<Route> session_routes(auth::Auth& auth) {
  const std::string path = "/api/v1/session";
  return {{.method = Method::kPost,
           .path = path,
           .access = Permission::kPublic,
           .summary = "Sign in: sets the session cookie",
           .body = kSignIn,
           .max_body_bytes = 4096,
           .reply = session_schema(),
           .run = Run::kSlow,
           .repeat = Repeat::kNatural,
           .handler = [&auth](Context& c) { return sign_in(c, auth); }},
          {.method = Method::kGet,
           .path = path,
           .access = Permission::kSignedIn,
           .summary = "Who is signed in",
           .reply = session_schema(),
           .handler = [&auth](Context& c) -> Result<Reply> {
             ZK_TRY(auto agent,
                    c.read([&](storage::Tx& tx) { return agent_object(tx, c.caller().agent_id); }));
             return Context::json(session_object(auth, c.caller(), std::move(agent)));
           }},
          {.method = Method::kPatch,
           .path = path,
           .access = Permission::kSignedIn,
           .summary = "Change one's own name, language, availability or password",
           .body = kOwnChange,
           .reply = session_schema(),
           .handler = [&auth](Context& c) { return change(c, auth); }},
          {.method = Method::kDelete,
           .path = path,
           .access = Permission::kSignedIn,
           .summary = "Sign out",
           .status = 204,
           .handler = [&auth](Context& c) { return sign_out(c, auth); }}};
}

}  // namespace zk::api
