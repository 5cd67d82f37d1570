// An intent from its first example to a customer's question, over the API.
#include <gmock/gmock.h>

#include "api/tests/whole_table.hpp"

namespace zk::api {
namespace {

constexpr storage::Query kAudited{"test.audited", "SELECT COUNT(*) FROM audit WHERE target LIKE 'intent:%'"};

class IntentsApi : public WholeTableTest {
 protected:
  IntentsApi() {
    for (const auto& [id, question] :
         {std::pair{"X1", "退款多久到账"}, {"X2", "运费怎么算"}, {"X3", "怎么开发票"}})
      EXPECT_EQ(call("POST", "/api/v1/articles", editor,
                     R"({"id":")" + std::string(id) + R"(","question":")" + question +
                         R"(","answer":[{"type":"text","text":"三天"}],"status":"published"})")
                    .status,
                201);
  }
  static json::object draft(const std::string& name, const std::vector<std::string>& examples) {
    return {
        {"name", name}, {"examples", json::array(examples.begin(), examples.end())}, {"leads_to", "nothing"}};
  }
  static json::object complaints() {
    return draft("投诉", {"我要投诉", "我要投诉你们", "投诉快递员", "投诉你们的客服", "要投诉这个师傅"});
  }
  static json::object orders() {
    return draft("采购",
                 {"公司批量采购", "企业采购找谁", "想批量采购床品", "单位采购礼盒", "采购一百套床品"});
  }
  Answer create(const json::object& o) { return call("POST", kIntents, editor, json::serialize(o)); }
  Answer save(const Answer& before, const json::object& o) {
    auto r = request("PUT", path(before), json::serialize(o), editor);
    r.headers.emplace_back("if-match", before.header("ETag"));
    return send(std::move(r));
  }
  Answer ask(const std::string& q) {
    return call("POST", std::string(kIntents) + "/try", editor, json::serialize(json::object{{"q", q}}));
  }
  Answer training() { return call("GET", std::string(kIntents) + "/training", editor); }
  static std::string path(const Answer& a) {
    return std::string(kIntents) + "/" + std::to_string(a.body.at("id").as_int64());
  }
  static constexpr const char* kIntents = "/api/v1/intents";
  Credentials editor = signed_in(Role::kEditor);
};

TEST_F(IntentsApi, ExamplesAreTrainedInTheBackgroundAndTried) {
  ASSERT_TRUE(wait_for_intents());
  EXPECT_EQ(training().text("state"), "empty");
  EXPECT_TRUE(ask("我要投诉").body.at("intents").as_array().empty());
  const auto made = create(complaints());
  ASSERT_EQ(made.status, 201) << made.response.body;
  ASSERT_EQ(create(orders()).status, 201);
  ASSERT_TRUE(wait_for_intents());
  const auto t = training();
  EXPECT_EQ(t.text("state"), "ready") << t.response.body;
  EXPECT_EQ(t.body.at("figures").at("accuracy").at("n").as_int64(), 10);
  EXPECT_TRUE(call("GET", path(made), editor).body.at("trained").as_bool());
  const auto tried = ask("我要投诉");  // as it was written
  ASSERT_EQ(tried.status, 200);
  EXPECT_EQ(tried.body.at("sure"), made.body.at("id"));
  EXPECT_EQ(tried.body.at("intents").at(0).at("name").as_string(), "投诉");
  ASSERT_EQ(call("DELETE", path(made), editor).status, 204);
  ASSERT_TRUE(wait_for_intents());
  EXPECT_NE(ask("我要投诉").body.at("intents").at(0).at("name").as_string(), "投诉");
  EXPECT_EQ(count(kAudited), 3);
  EXPECT_THAT(ledger(), testing::Contains("intent.updated"));
}

TEST_F(IntentsApi, TheLastWriterWinsOverAVersionHeHasSeen) {
  const auto made = create(complaints());
  auto more = complaints();
  more["description"] = "…";
  const auto saved = save(made, more);
  ASSERT_EQ(saved.status, 200) << saved.response.body;
  EXPECT_EQ(saved.body.at("version").as_int64(), 2);
  EXPECT_EQ(save(made, complaints()).status, 412);
  EXPECT_EQ(call("PUT", path(made), editor, json::serialize(more)).status, 422);
}

TEST_F(IntentsApi, WhatIsWrongIsNamed) {
  ASSERT_EQ(create(complaints()).status, 201);
  EXPECT_EQ(create(complaints()).field(), "/name");
  auto o = orders();
  o["leads_to"] = "flow";
  o["flow"] = "none_such";
  EXPECT_EQ(create(o).field(), "/flow");
  o = orders();
  o["leads_to"] = "handover";
  o["team_id"] = 999;
  EXPECT_EQ(create(o).field(), "/team_id");
  o = orders();
  o["label_id"] = 999;
  EXPECT_EQ(create(o).field(), "/label_id");
  o = orders();
  o["name"] = "  ";
  EXPECT_EQ(create(o).code(), "invalid_argument");
}

TEST_F(IntentsApi, BlankAndRepeatedExamplesAreLeftOut) {
  const auto made = create(draft("a", {" 我要投诉 ", "", "我要投诉", "投诉快递员"}));
  EXPECT_EQ(made.body.at("examples"), (json::value{"我要投诉", "投诉快递员"}));
  EXPECT_FALSE(made.body.at("trained").as_bool());
}

// What refers to an intent's team or label may go; the intent stays.
TEST_F(IntentsApi, ADeletedLabelLeavesTheIntent) {
  const auto admin = signed_in(Role::kAdmin);
  const auto label = call("POST", "/api/v1/labels", admin, R"({"name":"投诉"})").body.at("id").as_int64();
  auto o = complaints();
  o["label_id"] = label;
  const auto made = create(o);
  EXPECT_EQ(made.body.at("label_id").as_int64(), label);
  EXPECT_EQ(call("DELETE", "/api/v1/labels/" + std::to_string(label), admin).status, 204);
  EXPECT_TRUE(call("GET", path(made), editor).body.at("label_id").is_null());
}

}  // namespace
}  // namespace zk::api
