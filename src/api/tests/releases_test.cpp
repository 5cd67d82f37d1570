// The way of an edit to customers, over the API: draft, check, publish, roll back.
#include "api/tests/whole_table.hpp"

namespace zk::api {
namespace {

class ReleasesApi : public WholeTableTest {
 protected:
  Credentials editor = signed_in(Role::kEditor);
  void write_article(const std::string& id, const std::string& question) {
    const auto a = call(
        "POST", "/api/v1/articles", editor,
        R"({"id":")" + id + R"(","question":")" + question + R"(","answer":[{"type":"text","text":"答"}]})");
    ASSERT_EQ(a.status, 201) << a.response.body;
  }
  Answer draft() { return call("GET", "/api/v1/releases/draft", editor); }
  void check_draft() {
    const auto started = call("POST", "/api/v1/releases/checks", editor, "{}");
    ASSERT_EQ(started.status, 202) << started.response.body;
    ASSERT_TRUE(wait_for_checks());
    const auto done =
        call("GET", "/api/v1/releases/checks/" + std::to_string(started.body.at("id").as_int64()), editor);
    EXPECT_EQ(done.text("state"), "done") << done.response.body;
    EXPECT_TRUE(done.body.at("current").as_bool());
  }
};

TEST_F(ReleasesApi, AnEditIsCheckedPublishedAndRolledBack) {
  write_article("X1", "怎么退货");  // the first article answers at once
  EXPECT_EQ(draft().body.at("changes").as_int64(), 0);
  write_article("X2", "怎么开发票");
  auto waiting = draft();
  EXPECT_EQ(waiting.body.at("changes").as_int64(), 1);
  EXPECT_EQ(waiting.body.at("items").at(0).at("what"), "added");
  EXPECT_TRUE(waiting.body.at("check").is_null());
  const auto unchecked = call("POST", "/api/v1/releases", editor, "{}");
  EXPECT_EQ(unchecked.status, 412);
  EXPECT_EQ(unchecked.field(), "/override_reason");
  check_draft();
  EXPECT_TRUE(draft().body.at("check").at("report").at("passes").as_bool());
  const auto made = call("POST", "/api/v1/releases", editor, R"({"note":"发票"})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  EXPECT_EQ(made.body.at("added").as_int64(), 1);
  const auto back = call("POST", "/api/v1/releases/1/rollback", editor, "{}");
  ASSERT_EQ(back.status, 201) << back.response.body;
  EXPECT_EQ(back.body.at("back_to").as_int64(), 1);
  const auto all = call("GET", "/api/v1/releases?limit=2", editor);
  EXPECT_EQ(all.body.at("items").as_array().size(), 2u);
  EXPECT_FALSE(all.body.at("next_cursor").is_null());
  EXPECT_EQ(call("POST", "/api/v1/releases/99/rollback", editor, "{}").status, 404);
}

TEST_F(ReleasesApi, WhereEditsAnswerAtOnceNothingWaits) {
  const auto admin = signed_in(Role::kAdmin);
  ASSERT_EQ(call("PATCH", "/api/v1/settings", admin, R"({"publishing":"at_once"})").status, 200);
  write_article("X1", "怎么退货");
  write_article("X2", "怎么开发票");
  EXPECT_TRUE(draft().body.at("at_once").as_bool());
  EXPECT_EQ(draft().body.at("changes").as_int64(), 0);
  EXPECT_EQ(draft().body.at("release").as_int64(), 2);
}

TEST_F(ReleasesApi, WhoMayNotPublishMayNotLetACheckDoIt) {
  write_article("X1", "怎么退货");
  write_article("X2", "怎么开发票");
  const auto admin = signed_in(Role::kAdmin);
  const auto agent = signed_in(Role::kAgent);
  EXPECT_EQ(call("POST", "/api/v1/releases/checks", agent, R"({"publish":true})").status, 403);
  EXPECT_EQ(call("POST", "/api/v1/releases", agent, "{}").status, 403);
}

TEST_F(ReleasesApi, RegressionQuestionsComeAndGo) {
  write_article("X1", "怎么退货");
  const auto added =
      call("POST", "/api/v1/regression-questions", editor, R"({"text":"东西不想要了","articles":["X1"]})");
  ASSERT_EQ(added.status, 201) << added.response.body;
  EXPECT_EQ(
      call("POST", "/api/v1/regression-questions", editor, R"({"text":"问","articles":["X9"]})").field(),
      "/articles");
  const auto file =
      call("POST", "/api/v1/regression-questions/import", editor, "question,articles\n天气,\n退,X9\n");
  ASSERT_EQ(file.status, 200) << file.response.body;
  EXPECT_EQ(file.body.at("kept").as_int64(), 1);
  EXPECT_EQ(file.body.at("refused").as_array().size(), 1u);
  const auto all = call("GET", "/api/v1/regression-questions?article=X1", editor);
  ASSERT_EQ(all.body.at("items").as_array().size(), 1u);
  const auto path = "/api/v1/regression-questions/" + std::to_string(added.body.at("id").as_int64());
  EXPECT_EQ(call("DELETE", path, editor).status, 204);
  EXPECT_EQ(call("DELETE", path, editor).status, 404);
  const auto csv = call("GET", "/api/v1/regression-questions/export", editor);
  EXPECT_NE(csv.response.body.find("天气"), std::string::npos);
}

}  // namespace
}  // namespace zk::api
