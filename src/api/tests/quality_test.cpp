// Figures and the change of a target over the API, on replies whose probabilities are known.
#include "api/tests/whole_table.hpp"

namespace zk::api {
namespace {

constexpr storage::Query kInbox{"test.inbox",
                                "INSERT INTO inbox (name, website_token) VALUES ('i', 't') RETURNING id"};
constexpr storage::Query kContact{"test.contact", "INSERT INTO contact (name) VALUES ('c') RETURNING id"};
constexpr storage::Query kTalk{
    "test.talk", "INSERT INTO conversation (inbox_id, contact_id) VALUES ($1, $2) RETURNING id"};
constexpr storage::Query kSay{"test.say",
                              "INSERT INTO message (conversation_id, sender, blocks, text, pick, article_id, "
                              "decision, created_at) VALUES "
                              "($1, $2, '[]', $3, $4, $5, $6, $7) RETURNING id"};
constexpr storage::Query kTrace{"test.trace", "INSERT INTO trace (message_id, body) VALUES ($1, $2)"};

class QualityApi : public WholeTableTest {
 protected:
  Credentials editor = signed_in(Role::kEditor);
  std::int64_t talk = 0;

  void SetUp() override {
    talk = db->write(soon(), [&](storage::Tx& tx) -> Result<std::int64_t> {
               ZK_TRY(const auto inbox, tx.one(kInbox));
               ZK_TRY(const auto contact, tx.one(kContact));
               ZK_TRY(const auto row, tx.one(kTalk, {inbox.integer(0), contact.integer(0)}));
               return row.integer(0);
             }).value();
  }
  // A question, and the bot's reply to it with that trace.
  void replied(const std::string& question, const std::string& decision, const std::string& trace,
               const std::string& pick = "", std::chrono::hours ago = std::chrono::hours(1)) {
    const auto at = clock.now() - ago;
    ASSERT_TRUE(db->write(soon(), [&](storage::Tx& tx) -> Status {
      ZK_TRY_STATUS(tx.one(kSay, {talk, "visitor", question, pick, "", "", at}).map([](const auto&) {}));
      ZK_TRY(const auto bot,
             tx.one(kSay, {talk, "bot", "r", "", decision == "answer" ? "X1" : "", decision, at}));
      return tx.run(kTrace, {bot.integer(0), trace}).map([](auto) {});
    }));
  }
  Answer quality(const std::string& query = "") {
    return call("GET", "/api/v1/knowledge/quality" + query, editor);
  }
};

TEST_F(QualityApi, ATargetChangesWhatItDecidedAndNothingElse) {
  // Lexical: no threshold is low enough, so only questions that stand word for word are answered.
  replied("会丢的", "answer", R"({"thread":"alone","right":0.97,"normalised":"会丢的"})");
  replied("一字不差", "answer",
          R"({"thread":"alone","right":0.995,"word_for_word":true,"normalised":"一字不差"})");
  replied("跟着说的", "answer", R"({"thread":"follow_up","right":0.5,"normalised":"跟着说的"})");
  replied(
      "问回去", "clarify",
      R"({"thread":"alone","right":0.6,"normalised":"问回去","candidates":[{"article_id":"X2","question":"怎么退货","probability":0.6}]})");
  replied("转人工", "handover", R"({"normalised":"转人工"})");
  replied("", "answer", R"({"normalised":""})", "article:X1");
  replied("太久以前", "answer", R"({"thread":"alone","right":0.9})", "", std::chrono::hours(24 * 31));
  const auto a = quality("?target=0.9");
  ASSERT_EQ(a.status, 200) << a.response.body;
  const auto& month = a.body.at("last_month");
  EXPECT_EQ(month.at("questions"), 5) << "no buttons, nothing older than 30 days";
  EXPECT_EQ(month.at("was").at("answered"), 3);
  EXPECT_EQ(month.at("was").at("asked_back"), 1);
  EXPECT_EQ(month.at("was").at("handed_over"), 1);
  EXPECT_EQ(month.at("would").at("answered"), 2);
  EXPECT_EQ(month.at("gained"), 0);
  EXPECT_EQ(month.at("lost"), 1);
  const auto& lost = month.at("lost_examples").at(0);
  EXPECT_EQ(lost.at("question"), "会丢的");
  EXPECT_EQ(lost.at("conversation_id"), talk);
  EXPECT_EQ(lost.at("was"), "answer");
  EXPECT_EQ(lost.at("would"), "clarify");
  EXPECT_EQ(lost.at("probability").to_number<double>(), 0.97);
  EXPECT_TRUE(a.body.at("at_target").at("threshold").is_null());
  EXPECT_EQ(a.body.at("at_target").at("target").to_number<double>(), 0.9);
  EXPECT_EQ(a.body.at("now").at("target").to_number<double>(), 0.98);
}

TEST_F(QualityApi, MeasuredOnHeldOutQuestionsAndSaysSo) {
  EXPECT_TRUE(quality().body.at("at_target").at("figures").is_null());
  const auto made = call(
      "POST", "/api/v1/articles", editor,
      R"({"id":"X1","question":"怎么退货","similar":["我要退货","东西不想要了"],"answer":[{"type":"text","text":"答"}]})");
  ASSERT_EQ(made.status, 201) << made.response.body;
  measure();
  const auto a = quality();
  EXPECT_EQ(a.body.at("measured").at("state"), "ready");
  EXPECT_EQ(a.body.at("measured").at("similar"), 2);
  EXPECT_EQ(a.body.at("measured").at("held_out").at("asked"), 2);
  EXPECT_TRUE(a.body.at("measured").at("regression").is_null());
  const auto& figures = a.body.at("at_target").at("figures");
  EXPECT_EQ(figures.at("answerable"), 2);
  EXPECT_EQ(figures.at("answered"), 0);
  EXPECT_TRUE(figures.at("precision").is_null());
  EXPECT_EQ(a.body.at("curve").as_array().size(), 20u);
}

TEST_F(QualityApi, ATargetOutOfRangeIsRefusedByName) {
  for (const auto* target : {"0.2", "1", "high", "nan"}) {
    const auto a = quality(std::string("?target=") + target);
    EXPECT_EQ(a.status, 422) << target;
    EXPECT_EQ(a.field(), "/target") << target;
  }
}

}  // namespace
}  // namespace zk::api
