// A flow from its first draft to customers and back, over the API.
#include <gmock/gmock.h>

#include "api/tests/whole_table.hpp"

namespace zk::api {
namespace {

constexpr storage::Query kAudited{"test.audited", "SELECT COUNT(*) FROM audit WHERE target = 'flow:f'"};

class FlowsApi : public WholeTableTest {
 protected:
  FlowsApi() {
    const auto a = call("POST", "/api/v1/articles", editor,
                        R"({"id":"X1","question":"退款多久","answer":[{"type":"text","text":"三天"}]})");
    EXPECT_EQ(a.status, 201) << a.response.body;
  }
  static std::string text(const std::string& says, const std::string& expected) {
    return "flow: f\narticle: X1\ntitle: 退款\nsteps:\n  - say: " + says +
           "\ntests:\n  - name: t\n    turns:\n      - {customer: hi, says: " + expected +
           ", ends: answer}\n";
  }
  static std::string with(const std::string& source) {
    return json::serialize(json::object{{"source", source}});
  }
  Answer create(const std::string& source) {
    return call("POST", kFlows, editor, json::serialize(json::object{{"name", "f"}, {"source", source}}));
  }
  Answer save(const Answer& flow, const std::string& source) {
    auto r = request("PUT", path(flow), with(source), editor);
    r.headers.emplace_back("if-match", flow.header("ETag"));
    return send(std::move(r));
  }
  Answer act(const Answer& flow, const std::string& what, int version) {
    return call("POST", path(flow) + what, editor, R"({"version":)" + std::to_string(version) + "}");
  }
  static std::string path(const Answer& flow) {
    return std::string(kFlows) + "/" + std::to_string(flow.body.at("id").as_int64());
  }
  static constexpr const char* kFlows = "/api/v1/flows";
  Credentials editor = signed_in(Role::kEditor);
};

TEST_F(FlowsApi, ADraftIsSavedTestedPublishedAndRolledBack) {
  const auto made = create(text("one", "one"));
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.text("state"), "draft");
  EXPECT_EQ(made.text("title"), "退款");
  EXPECT_EQ(act(made, "/publish", 1).text("state"), "published");
  const auto saved = save(made, text("two", "one"));
  EXPECT_EQ(saved.text("state"), "changed");
  const auto refused = act(made, "/publish", 2);
  EXPECT_EQ(refused.code(), "invalid_argument");
  EXPECT_EQ(refused.field(), "/source");
  EXPECT_EQ(refused.text("detail"), "line 9: expected \"one\", was \"two\" (conversation \"t\")");
  EXPECT_EQ(call("GET", path(made), editor).body.at("published").as_int64(), 1) << "what ran runs on";
  const auto mended = save(saved, text("two", "two"));
  EXPECT_EQ(act(made, "/publish", 3).body.at("published").as_int64(), 3);
  const auto back = act(made, "/rollback", 1);
  EXPECT_EQ(back.body.at("version").as_int64(), 4) << back.response.body;
  EXPECT_EQ(back.text("source"), text("one", "one"));
  const auto versions = call("GET", path(made) + "/versions", editor);
  std::vector<std::string> states;
  for (const auto& v : versions.body.at("items").as_array()) states.emplace_back(v.at("state").as_string());
  EXPECT_THAT(states, testing::ElementsAre("published", "former", "draft", "former"));
  EXPECT_EQ(count(kAudited), 6);
}

TEST_F(FlowsApi, TestingSaysWhatWasSaidTurnByTurn) {
  const auto report = call("POST", "/api/v1/flows/test", editor, with(text("one", "two")));
  ASSERT_EQ(report.status, 200) << report.response.body;
  EXPECT_FALSE(report.body.at("passes").as_bool());
  const auto& turn = report.body.at("tests").at(0).at("turns").at(0);
  EXPECT_EQ(turn.at("line").as_int64(), 9);
  EXPECT_EQ(turn.at("said").as_string(), "one");
  EXPECT_EQ(turn.at("failure").as_string(), "expected \"two\", was \"one\"");
  const auto broken = call("POST", "/api/v1/flows/test", editor, with("flow: f\narticle: X1\nsteps: []\n"));
  EXPECT_EQ(broken.body.at("fault").at("line").as_int64(), 1);
  EXPECT_EQ(broken.body.at("fault").at("message").as_string(), "the flow needs \"title\"");
}

TEST_F(FlowsApi, SavingOverSomebodyElsesVersionIsRefused) {
  const auto made = create("not yet: [");
  ASSERT_EQ(made.status, 201) << "a draft need not be right: " << made.response.body;
  EXPECT_EQ(made.text("title"), "");
  EXPECT_EQ(call("PUT", path(made), editor, with("x")).field(), "If-Match");
  EXPECT_EQ(save(made, text("one", "one")).status, 200);
  EXPECT_EQ(save(made, "x").status, 412);
  EXPECT_EQ(create("x").field(), "/name");
}

TEST_F(FlowsApi, OnlyWhoPublishesStopsAFlow) {
  const auto made = create(text("one", "one"));
  ASSERT_EQ(act(made, "/publish", 1).status, 200);
  const auto agent = signed_in(Role::kAgent);
  EXPECT_EQ(call("DELETE", path(made), agent).status, 403);
  EXPECT_EQ(call("DELETE", path(made), editor).status, 204);
  EXPECT_EQ(call("GET", path(made), editor).status, 404);
  EXPECT_TRUE(call("GET", kFlows, editor).body.at("items").as_array().empty());
  EXPECT_THAT(ledger(), testing::IsSupersetOf({"flow.saved", "flow.published"}));
}

TEST_F(FlowsApi, ACallMustReachAnAction) {
  const auto head = std::string("flow: f\narticle: X1\ntitle: T\nsteps:\n  - call: ");
  const auto made = create(head + "orders\n");
  EXPECT_THAT(act(made, "/publish", 1).text("detail"),
              testing::HasSubstr("line 5: there is no action \"orders\""));
  EXPECT_EQ(save(made, head + "order\n").status, 200);
  EXPECT_EQ(act(made, "/publish", 2).status, 200);
}

}  // namespace
}  // namespace zk::api
