// Every route of the table, tried by everyone there is: allowed or refused exactly as declared.
#include <map>
#include <set>

#include "api/tests/whole_table.hpp"

namespace zk::api {
namespace {

using P = Permission;

// Who may do what, said a second time and in another form than domain/names.cpp.
const std::map<Role, std::set<Permission>>& granted() {
  static const std::map<Role, std::set<Permission>> table = {
      {Role::kAdmin,
       {P::kConversationRead, P::kConversationWrite, P::kConversationAssign, P::kContactRead,
        P::kContactWrite, P::kKnowledgeRead, P::kKnowledgeWrite, P::kKnowledgePublish, P::kReportRead,
        P::kSettingsRead, P::kSettingsWrite, P::kUserWrite, P::kApiKeyWrite, P::kWebhookWrite, P::kAuditRead,
        P::kPersonalDataReveal, P::kPersonalDataErase}},
      {Role::kSupervisor,
       {P::kConversationRead, P::kConversationWrite, P::kConversationAssign, P::kContactRead,
        P::kContactWrite, P::kKnowledgeRead, P::kKnowledgeWrite, P::kKnowledgePublish, P::kReportRead,
        P::kSettingsRead, P::kAuditRead, P::kPersonalDataReveal, P::kPersonalDataErase}},
      {Role::kAgent,
       {P::kConversationRead, P::kConversationWrite, P::kConversationAssign, P::kContactRead,
        P::kContactWrite, P::kKnowledgeRead, P::kSettingsRead}},
      {Role::kEditor,
       {P::kKnowledgeRead, P::kKnowledgeWrite, P::kKnowledgePublish, P::kReportRead, P::kSettingsRead}},
      {Role::kViewer,
       {P::kConversationRead, P::kContactRead, P::kKnowledgeRead, P::kReportRead, P::kSettingsRead}}};
  return table;
}

enum class Who { kNobody, kVisitor, kAgent, kApiKey };
bool expected(Who who, Role role, Permission p) {
  if (p == P::kPublic) return true;
  if (p == P::kVisitor) return who == Who::kVisitor;
  if (p == P::kSignedIn) return who == Who::kAgent;
  return (who == Who::kAgent || who == Who::kApiKey) && granted().at(role).contains(p);
}

class AccessTest : public WholeTableTest {
 protected:
  // An address and a body that reach no row: what is allowed ends in 404, 415 or 422 (or an empty list),
  // never in a change.
  gateway::Request probe(const Route& route, const Credentials& who) {
    std::string path = route.path;
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
      path.replace(open, path.find('}') - open + 1, "999999999");
    return request(std::string(to_string(route.method)), path,
                   route.body || route.raw_body ? R"({"no such field":1})" : "", who);
  }
  void expect_as_declared(const Route& route, Who who, Role role, const Credentials& credentials,
                          const std::string& name) {
    const bool allowed = expected(who, role, route.access.first) || expected(who, role, route.access.second);
    const auto a = send(probe(route, credentials));
    const auto what = std::string(to_string(route.method)) + " " + route.path + " as " + name + ": " +
                      std::to_string(a.status);
    if (allowed) {
      EXPECT_TRUE(a.status != 401 && a.status != 403 && a.status < 500) << what << "\n" << a.response.body;
    } else {
      EXPECT_EQ(a.status, who == Who::kNobody ? 401 : 403) << what;
      EXPECT_EQ(a.header("content-type"), "application/problem+json") << what;
    }
    ++tried_;
  }
  int tried_ = 0;
};

TEST_F(AccessTest, EveryRouteAsEveryone) {
  const Credentials visitor{.bearer = auth.visitors().issue(ContactId{1}, InboxId{1}, clock.now())};
  const auto admin = signed_in(Role::kAdmin);
  for (const auto& [role, permissions] : granted()) {
    const auto name = std::string(to_string(role));
    const auto agent = add_agent(name + "@example.com", role);
    const auto key = call("POST", "/api/v1/api-keys", admin, R"({"name":"k","role":")" + name + "\"}");
    ASSERT_EQ(key.status, 201) << key.response.body;
    const Credentials by_key{.bearer = std::string(key.body.at("key").as_string())};
    for (const auto& route : server.router().routes()) {
      expect_as_declared(route, Who::kAgent, role, session_of(agent), name);
      expect_as_declared(route, Who::kApiKey, role, by_key, "key of " + name);
    }
  }
  for (const auto& route : server.router().routes()) {
    expect_as_declared(route, Who::kNobody, Role::kViewer, {}, "nobody");
    expect_as_declared(route, Who::kVisitor, Role::kViewer, visitor, "visitor");
  }
  EXPECT_EQ(tried_, static_cast<int>(server.router().routes().size()) * 12);
}

TEST_F(AccessTest, BadCredentialsAreNobody) {
  for (const auto& route : server.router().routes()) {
    if (route.access.first == P::kPublic) continue;
    EXPECT_EQ(send(probe(route, {.bearer = "zk_wrong"})).status, 401) << route.path;
    EXPECT_EQ(send(probe(route, {.bearer = "zv_wrong"})).status, 401) << route.path;
    EXPECT_EQ(send(probe(route, {.cookie = "wrong", .csrf = "wrong"})).status, 401) << route.path;
  }
}

TEST_F(AccessTest, WhatChangesSomethingNeedsTheCsrfTokenAndThisOrigin) {
  const auto agent = add_agent("a@example.com", Role::kAdmin);
  const auto other = session_of(agent);
  int tried = 0;
  for (const auto& route : server.router().routes()) {
    if (route.method == Method::kGet || route.access.first == P::kPublic || route.access.first == P::kVisitor)
      continue;
    const auto mine = session_of(agent);
    EXPECT_EQ(send(probe(route, {.cookie = mine.cookie})).status, 403) << route.path;
    EXPECT_EQ(send(probe(route, {.cookie = mine.cookie, .csrf = other.csrf})).status, 403) << route.path;
    auto foreign = probe(route, mine);
    foreign.headers.emplace_back("origin", "https://evil.test");
    EXPECT_EQ(send(std::move(foreign)).status, 403) << route.path;
    auto own = probe(route, mine);
    own.headers.emplace_back("origin", "https://zhike.test");
    EXPECT_NE(send(std::move(own)).status, 403) << route.path;
    ++tried;
  }
  EXPECT_GT(tried, 10);
}

}  // namespace
}  // namespace zk::api
