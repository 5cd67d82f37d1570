// The endpoints of administration, through the server.
#include <utility>

#include "api/tests/fixture.hpp"
#include "auth/password.hpp"

namespace zk::api {
namespace {

constexpr storage::Query kSecrets{"test.secrets", "SELECT identity_secret FROM inbox WHERE id = $1"};
constexpr storage::Query kWebhookSecret{"test.webhook", "SELECT secret, seq FROM webhook WHERE id = $1"};
constexpr storage::Query kAnyKey{"test.key", "SELECT key_hash FROM api_key"};

constexpr const char* kPassword = "quiet-otter-plays-violin";

class AdminTest : public ApiTest {
 protected:
  Answer sign_in(const std::string& email, const std::string& password, const std::string& ip = "192.0.2.1") {
    auto r = request("POST", "/api/v1/session",
                     json::serialize(json::object{{"email", email}, {"password", password}}), {});
    r.remote_ip = ip;
    return send(std::move(r));
  }
  static Credentials of(const Answer& a) {
    const auto cookie = a.header("set-cookie");
    return {.cookie = cookie.substr(11, cookie.find(';') - 11),
            .csrf = std::string(a.body.at("csrf_token").as_string())};
  }
  auth::AuditReport audit() {
    return db->read(soon(), [&](storage::Tx& tx) { return auth.audit().verify(tx); }).value();
  }
};

TEST_F(AdminTest, SignInAndOut) {
  const auto id = add_agent("Li.Na@Example.com", Role::kEditor, auth::hash_password(kPassword).value());
  const auto a = sign_in("li.na@example.COM", kPassword);
  ASSERT_EQ(a.status, 200) << a.response.body;
  const auto cookie = a.header("set-cookie");
  EXPECT_NE(cookie.find("; HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("; SameSite=Lax"), std::string::npos);
  EXPECT_EQ(cookie.find("Secure"), std::string::npos);
  EXPECT_EQ(a.body.at("agent").at("email").as_string(), "li.na@example.com");
  EXPECT_EQ(
      json::serialize(a.body.at("permissions")),
      R"(["signed_in","knowledge.read","knowledge.write","knowledge.publish","report.read","settings.read"])");

  const auto who = of(a);
  EXPECT_EQ(call("GET", "/api/v1/session", who).body, a.body);
  // Signing in again from the same browser ends the session before.
  auto again =
      request("POST", "/api/v1/session",
              json::serialize(json::object{{"email", "li.na@example.com"}, {"password", kPassword}}), who);
  again.tls = true;
  const auto b = send(std::move(again));
  EXPECT_NE(b.header("set-cookie").find("; Secure"), std::string::npos);
  EXPECT_EQ(call("GET", "/api/v1/session", who).status, 401);
  const auto now = of(b);
  EXPECT_EQ(call("DELETE", "/api/v1/session", now).status, 204);
  EXPECT_EQ(call("GET", "/api/v1/session", now).status, 401);
  EXPECT_EQ(call("DELETE", "/api/v1/session", now).status, 401);

  auto foreign =
      request("POST", "/api/v1/session",
              json::serialize(json::object{{"email", "li.na@example.com"}, {"password", kPassword}}), {});
  foreign.headers.emplace_back("origin", "https://evil.test");
  EXPECT_EQ(send(std::move(foreign)).status, 403);
  ASSERT_TRUE(db->write(soon(), [&](storage::Tx& tx) {
    static constexpr storage::Query kDisable{"test.disable", "UPDATE agent SET disabled = 1 WHERE id = $1"};
    return tx.run(kDisable, {id});
  }));
  const auto disabled = sign_in("li.na@example.com", kPassword),
             unknown = sign_in("nobody@example.com", kPassword);
  EXPECT_EQ(disabled.status, 401);
  EXPECT_EQ(disabled.body.at("detail"), unknown.body.at("detail"));
  EXPECT_EQ(audit().broken_at, 0);
}

TEST_F(AdminTest, AnAdministratorsSessionListsEveryPermission) {
  const auto session = call("GET", "/api/v1/session", signed_in(Role::kAdmin));
  ASSERT_EQ(session.status, 200) << session.response.body;
  const auto listed = json::serialize(session.body.at("permissions"));
  for (const auto p : {Permission::kConversationRead, Permission::kAuditRead, Permission::kPersonalDataReveal,
                       Permission::kPersonalDataErase})
    EXPECT_NE(listed.find('"' + std::string(to_string(p)) + '"'), std::string::npos) << listed;
}

TEST_F(AdminTest, GuessingIsSlowedDownAndTheRightPasswordForgiven) {
  add_agent("a@example.com", Role::kAgent, auth::hash_password(kPassword).value());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(sign_in("a@example.com", "wrong", "192.0.2." + std::to_string(i)).status, 401);
  const auto refused = sign_in("a@example.com", kPassword);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(sign_in("A@example.com", kPassword).status, 429);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(sign_in("a@example.com", kPassword).status, 200);
  EXPECT_EQ(sign_in("a@example.com", "wrong").status, 401);  // counted from nothing again
  EXPECT_EQ(sign_in("a@example.com", kPassword).status, 200);
}

TEST_F(AdminTest, OwnPasswordAndAvailability) {
  add_agent("a@example.com", Role::kAgent, auth::hash_password(kPassword).value());
  const auto one = of(sign_in("a@example.com", kPassword)), two = of(sign_in("a@example.com", kPassword));
  const std::string fresh = "seven-lamps-under-water";
  EXPECT_EQ(call("PATCH", "/api/v1/session", one, R"({"password":")" + fresh + "\"}").field(),
            "/current_password");
  EXPECT_EQ(
      call("PATCH", "/api/v1/session", one, R"({"password":")" + fresh + R"(","current_password":"no"})")
          .field(),
      "/current_password");
  EXPECT_EQ(call("PATCH", "/api/v1/session", one,
                 R"({"password":"1234567890","current_password":")" + std::string(kPassword) + "\"}")
                .field(),
            "/password");
  EXPECT_EQ(call("PATCH", "/api/v1/session", one,
                 R"({"password":")" + fresh + R"(","current_password":")" + kPassword + "\"}")
                .status,
            200);
  EXPECT_EQ(call("GET", "/api/v1/session", one).status, 200);
  EXPECT_EQ(call("GET", "/api/v1/session", two).status, 401);
  EXPECT_EQ(sign_in("a@example.com", kPassword).status, 401);
  EXPECT_EQ(sign_in("a@example.com", fresh).status, 200);

  const auto a =
      call("PATCH", "/api/v1/session", one, R"({"availability":"online","name":"李娜","locale":"en"})");
  EXPECT_EQ(a.body.at("agent").at("availability").as_string(), "online");
  EXPECT_EQ(a.body.at("agent").at("name").as_string(), "李娜");
  EXPECT_EQ(ledger().back(), "agent.updated");
}

TEST_F(AdminTest, Agents) {
  const auto admin = signed_in(Role::kAdmin);
  const auto made = call(
      "POST", "/api/v1/agents", admin,
      R"({"email":"New@Example.com","name":"新人","role":"agent","password":"quiet-otter-plays-violin","capacity":8})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.response.body.find("password"), std::string::npos);
  const auto id = std::to_string(made.body.at("id").as_int64());
  EXPECT_EQ(
      call("POST", "/api/v1/agents", admin,
           R"({"email":"new@example.com","name":"x","role":"agent","password":"quiet-otter-plays-violin"})")
          .field(),
      "/email");
  EXPECT_EQ(call("POST", "/api/v1/agents", admin,
                 R"({"email":"x@example.com","name":"x","role":"agent","password":"x@example.com"})")
                .field(),
            "/password");
  EXPECT_EQ(call("POST", "/api/v1/agents", admin,
                 R"({"email":"x@example.com","name":"x","role":"boss","password":"quiet-otter"})")
                .field(),
            "/role");

  const auto session = of(sign_in("new@example.com", kPassword));
  EXPECT_EQ(call("PATCH", "/api/v1/agents/" + id, session, R"({"availability":"away"})")
                .body.at("availability")
                .as_string(),
            "away");
  EXPECT_EQ(call("PATCH", "/api/v1/agents/" + id, session, R"({"capacity":100})").status, 403);
  EXPECT_EQ(
      call("PATCH", "/api/v1/agents/" + id, session, R"({"availability":"away","role":"admin"})").status,
      403);
  EXPECT_EQ(call("PATCH", "/api/v1/agents/1", session, R"({"availability":"away"})").status, 403);
  EXPECT_EQ(call("PATCH", "/api/v1/agents/" + id, admin, R"({"role":"viewer"})").status, 200);
  EXPECT_EQ(call("GET", "/api/v1/session", session).body.at("agent").at("role").as_string(),
            "viewer");  // counts at once
  EXPECT_EQ(call("PATCH", "/api/v1/agents/" + id, admin, R"({"disabled":true})")
                .body.at("availability")
                .as_string(),
            "offline");
  EXPECT_EQ(call("GET", "/api/v1/session", session).status, 401);
  EXPECT_EQ(call("PATCH", "/api/v1/agents/1", admin, R"({"disabled":true})").status, 409);  // the last admin
  EXPECT_EQ(call("PATCH", "/api/v1/agents/1", admin, R"({"role":"agent"})").status, 409);
  EXPECT_EQ(call("PATCH", "/api/v1/agents/99", admin, R"({"role":"agent"})").status, 404);
  EXPECT_EQ(call("GET", "/api/v1/agents", admin).body.at("items").as_array().size(), 2u);
  EXPECT_EQ(audit().broken_at, 0);
  EXPECT_GT(audit().rows, 3);
}

TEST_F(AdminTest, Teams) {
  const auto admin = signed_in(Role::kAdmin);
  const auto two = add_agent("two@example.com", Role::kAgent);
  const auto made = call("POST", "/api/v1/teams", admin, R"({"name":"售后","agent_ids":[2,1,2]})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(json::serialize(made.body.at("agent_ids")), "[1,2]");
  EXPECT_EQ(call("POST", "/api/v1/teams", admin, R"({"name":"售后"})").field(), "/name");
  EXPECT_EQ(call("POST", "/api/v1/teams", admin, R"({"name":"x","agent_ids":[99]})").field(), "/agent_ids");
  EXPECT_EQ(call("GET", "/api/v1/teams", admin).body.at("items").as_array().size(),
            1u);  // the refused one left nothing
  EXPECT_EQ(
      json::serialize(call("GET", "/api/v1/agents/" + std::to_string(two.value), admin).body.at("team_ids")),
      "[1]");
  EXPECT_EQ(json::serialize(call("GET", "/api/v1/agents", admin).body.at("items").at(1).at("team_ids")),
            "[1]");
  EXPECT_EQ(json::serialize(call("PATCH", "/api/v1/teams/1", admin, R"({"agent_ids":[2]})").body),
            R"({"id":1,"name":"售后","agent_ids":[2]})");
  EXPECT_EQ(call("DELETE", "/api/v1/teams/1", admin).status, 204);
  EXPECT_EQ(call("DELETE", "/api/v1/teams/1", admin).status, 404);
  EXPECT_EQ(call("PATCH", "/api/v1/teams/1", admin, R"({"name":"x"})").status, 404);
}

TEST_F(AdminTest, InboxSecretIsShownOnceAndSealed) {
  const auto admin = signed_in(Role::kAdmin);
  call("POST", "/api/v1/teams", admin, R"({"name":"t"})");
  const auto made =
      call("POST", "/api/v1/inboxes", admin,
           R"({"name":"官网","team_id":1,"settings":{"title":"小知","suggested_questions":["怎么退款？"]}})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  const auto secret = std::string(made.body.at("identity_secret").as_string());
  EXPECT_EQ(made.body.at("settings").at("title").as_string(), "小知");
  EXPECT_TRUE(made.body.at("settings").at("bot_enabled").as_bool());  // defaults are there
  EXPECT_EQ(call("GET", "/api/v1/inboxes/1", admin).response.body.find(secret), std::string::npos);
  const auto sealed = db->read(soon(), [](storage::Tx& tx) { return tx.one(kSecrets, {1}); })->text(0);
  EXPECT_EQ(sealed.find(secret), std::string::npos);
  EXPECT_EQ(auth.sealer().open(sealed).value(), secret);
  const auto events = db->events_after(0, 100);
  ASSERT_TRUE(events);
  for (const auto& e : *events) EXPECT_EQ(e.payload.find(secret), std::string::npos);

  const auto rotated = call("POST", "/api/v1/inboxes/1/identity-secret", admin);
  EXPECT_NE(rotated.body.at("identity_secret").as_string(), secret);
  const auto changed =
      call("PATCH", "/api/v1/inboxes/1", admin, R"({"team_id":null,"settings":{"bot_enabled":false}})");
  EXPECT_TRUE(changed.body.at("team_id").is_null());
  EXPECT_FALSE(changed.body.at("settings").at("bot_enabled").as_bool());
  EXPECT_EQ(changed.body.at("settings").at("title").as_string(), "小知");
  EXPECT_EQ(call("PATCH", "/api/v1/inboxes/1", admin, R"({"team_id":7})").field(), "/team_id");
  EXPECT_EQ(call("POST", "/api/v1/inboxes", admin, R"({"name":"官网"})").field(), "/name");
  EXPECT_EQ(ledger().back(), "inbox.updated");
  EXPECT_EQ(call("DELETE", "/api/v1/inboxes/1", admin).status, 204);
  EXPECT_EQ(call("GET", "/api/v1/inboxes/1", admin).status, 404);
}

TEST_F(AdminTest, LabelsAndCannedResponses) {
  const auto admin = signed_in(Role::kAdmin);
  EXPECT_EQ(call("POST", "/api/v1/labels", admin, R"({"name":"退款"})").body.at("color").as_string(),
            "#64748b");
  EXPECT_EQ(call("POST", "/api/v1/labels", admin, R"({"name":"退款"})").field(), "/name");
  EXPECT_EQ(call("PATCH", "/api/v1/labels/1", admin, R"({"color":"#ff0000"})").body.at("name").as_string(),
            "退款");
  EXPECT_EQ(call("PATCH", "/api/v1/labels/2", admin, R"({"color":"#ff0000"})").status, 404);
  EXPECT_EQ(call("DELETE", "/api/v1/labels/1", admin).status, 204);
  EXPECT_EQ(ledger().back(), "label.updated");

  const auto made = call("POST", "/api/v1/canned-responses", admin,
                         R"({"shortcut":"hi","title":"问候","blocks":[{"type":"text","text":"您好"}]})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.body.at("blocks").at(0).at("text").as_string(), "您好");
  EXPECT_EQ(call("POST", "/api/v1/canned-responses", admin,
                 R"({"shortcut":"hi","title":"x","blocks":[{"type":"text","text":"x"}]})")
                .field(),
            "/shortcut");
  EXPECT_EQ(call("POST", "/api/v1/canned-responses", admin,
                 R"({"shortcut":"b","title":"x","blocks":[{"type":"image","url":"javascript:x"}]})")
                .field(),
            "/blocks/0/url");
  EXPECT_EQ(call("PATCH", "/api/v1/canned-responses/1", admin, R"({"title":"招呼"})")
                .body.at("blocks")
                .at(0)
                .at("text")
                .as_string(),
            "您好");
  EXPECT_EQ(call("DELETE", "/api/v1/canned-responses/1", admin).status, 204);
}

TEST_F(AdminTest, ApiKeyIsShownOnceWorksAndIsRevoked) {
  const auto admin = signed_in(Role::kAdmin);
  const auto made = call("POST", "/api/v1/api-keys", admin, R"({"name":"CRM","role":"viewer"})");
  const std::string key(made.body.at("key").as_string());
  EXPECT_EQ(call("GET", "/api/v1/api-keys", admin).response.body.find(key), std::string::npos);
  EXPECT_EQ(db->read(soon(), [](storage::Tx& tx) { return tx.one(kAnyKey); })->text(0),
            auth::sha256_hex(key));
  const Credentials by_key{.bearer = key};
  EXPECT_EQ(call("GET", "/api/v1/labels", by_key).status, 200);
  EXPECT_EQ(call("POST", "/api/v1/labels", by_key, R"({"name":"x"})").status, 403);
  ASSERT_TRUE(auth.write_seen(soon()));
  EXPECT_FALSE(call("GET", "/api/v1/api-keys", admin).body.at("items").at(0).at("last_used_at").is_null());
  EXPECT_EQ(call("DELETE", "/api/v1/api-keys/1", admin).status, 204);
  EXPECT_EQ(call("GET", "/api/v1/labels", by_key).status, 401);
  EXPECT_EQ(call("DELETE", "/api/v1/api-keys/1", admin).status, 404);
}

TEST_F(AdminTest, Webhooks) {
  const auto admin = signed_in(Role::kAdmin);
  const auto made = call("POST", "/api/v1/webhooks", admin,
                         R"({"url":"https://crm.example.com/hook","events":["message.created"]})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  const auto row = db->read(soon(), [](storage::Tx& tx) { return tx.one(kWebhookSecret, {1}); }).value();
  EXPECT_EQ(auth.sealer().open(row.text(0)).value(), made.body.at("secret").as_string());
  EXPECT_EQ(row.integer(1), db->last_seq().value());
  EXPECT_EQ(
      call("POST", "/api/v1/webhooks", admin, R"({"url":"file:///etc/passwd","events":["message.created"]})")
          .field(),
      "/url");
  EXPECT_EQ(call("POST", "/api/v1/webhooks", admin, R"({"url":"https://a","events":["nothing"]})").field(),
            "/events/0");
  EXPECT_EQ(call("PATCH", "/api/v1/webhooks/1", admin, R"({"enabled":false})").body.at("enabled").as_bool(),
            false);
  EXPECT_EQ(call("GET", "/api/v1/webhooks", admin).body.at("items").at(0).as_object().contains("secret"),
            false);
  EXPECT_EQ(call("DELETE", "/api/v1/webhooks/1", admin).status, 204);
}

TEST_F(AdminTest, WhatIsGivenMustFitAlsoInHeadersAndBytes) {
  const auto admin = signed_in(Role::kAdmin);
  auto empty_key = request("POST", "/api/v1/api-keys", R"({"name":"k","role":"viewer"})", admin);
  empty_key.headers.emplace_back("idempotency-key", "");
  const auto refused = send(std::move(empty_key));
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.field(), "Idempotency-Key");
}

class WebhookTestTest : public ApiTest {
 protected:
  WebhookTestTest()
      : ApiTest(webhook_test_routes([this](std::int64_t id, Deadline) -> Result<int> {
          tested = id;
          if (const auto once = std::exchange(during, nullptr)) once();
          return outcome;
        })) {}
  std::int64_t tested = 0;
  Result<int> outcome = 204;
  std::function<void()> during;
};

TEST_F(WebhookTestTest, SaysWhatBecameOfTheDelivery) {
  const auto admin = signed_in(Role::kAdmin);
  const auto path = "/api/v1/webhooks/7/test";
  EXPECT_EQ(call("POST", path, admin).body, json::value({{"status", 204}, {"error", nullptr}}));
  EXPECT_EQ(tested, 7);
  outcome = 500;
  EXPECT_EQ(call("POST", path, admin).body,
            json::value({{"status", 500}, {"error", "the answer was not 2xx"}}));
  outcome = fail(ErrorCode::kDeadlineExceeded, "no answer in time");
  EXPECT_EQ(call("POST", path, admin).body,
            json::value({{"status", nullptr}, {"error", "no answer in time"}}));
  outcome = fail(ErrorCode::kNotFound, "");
  EXPECT_EQ(call("POST", path, admin).status, 404);
  tested = 0;
  EXPECT_EQ(call("POST", path, signed_in(Role::kSupervisor)).status, 403);
  EXPECT_EQ(tested, 0);
}

TEST_F(WebhookTestTest, OneAtATime) {
  const auto admin = signed_in(Role::kAdmin);
  Answer other;
  during = [&] { other = call("POST", "/api/v1/webhooks/8/test", admin); };
  EXPECT_EQ(call("POST", "/api/v1/webhooks/7/test", admin).status, 200);
  EXPECT_EQ(other.status, 503);
  EXPECT_NE(other.header("retry-after"), "");
}

TEST_F(AdminTest, SettingsEventsAndAudit) {
  const auto admin = signed_in(Role::kAdmin);
  EXPECT_EQ(call("GET", "/api/v1/settings", admin).body.at("target_precision").as_double(), 0.98);
  EXPECT_EQ(call("PATCH", "/api/v1/settings", admin, R"({"company_name":"示例商城","target_precision":0.95})")
                .body.at("company_name")
                .as_string(),
            "示例商城");
  EXPECT_EQ(call("GET", "/api/v1/settings", admin).body.at("target_precision").as_double(), 0.95);
  EXPECT_EQ(call("PATCH", "/api/v1/settings", admin, R"({"target_precision":2})").field(),
            "/target_precision");

  const auto first = call("GET", "/api/v1/events?limit=1", admin);
  EXPECT_EQ(first.body.at("items").at(0).at("kind").as_string(), "agent.updated");
  EXPECT_EQ(first.body.at("items").at(0).at("data").at("name").as_string(), "Li Na");
  const auto second =
      call("GET", "/api/v1/events?after=" + std::string(first.body.at("next_cursor").as_string()), admin);
  EXPECT_EQ(second.body.at("items").at(0).at("kind").as_string(), "settings.updated");
  EXPECT_TRUE(second.body.at("next_cursor").is_null());
  // An editor may read reports, but not what is about people.
  const auto editor = call("GET", "/api/v1/events", signed_in(Role::kEditor));
  EXPECT_TRUE(editor.body.at("items").at(0).at("data").is_null());
  EXPECT_TRUE(editor.body.at("items").at(1).at("data").is_object());

  const auto audit_page = call("GET", "/api/v1/audit?limit=1", admin);
  EXPECT_EQ(audit_page.body.at("items").at(0).at("action").as_string(), "agent.created");
  const auto older = call(
      "GET", "/api/v1/audit?cursor=" + std::string(audit_page.body.at("next_cursor").as_string()), admin);
  EXPECT_EQ(older.body.at("items").at(0).at("action").as_string(), "settings.updated");
  EXPECT_EQ(json::serialize(older.body.at("items").at(0).at("detail")),
            R"({"fields":["company_name","target_precision"]})");
  EXPECT_EQ(audit().broken_at, 0);
}

}  // namespace
}  // namespace zk::api
