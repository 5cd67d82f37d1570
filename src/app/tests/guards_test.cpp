#include "app/guards.hpp"

#include <gtest/gtest.h>

#include "storage/tests/engines.hpp"

namespace zk::app {
namespace {

Deadline soon() { return after(std::chrono::seconds(30)); }

class GuardsTest : public testing::Test {
 protected:
  GuardsTest() {
    EXPECT_TRUE(db_->write(soon(), [&](storage::Tx& tx) {
      return guard::add(tx, {.word = "绝对有效", .created_at = clock_.now()});
    }));
    Article a;
    a.external_id = "X1";
    a.question = "怎么退货";
    a.answer = text_blocks("签收后7天内可以退货，运费10元。");
    answerer_ = answering::Answerer::build(std::vector{a}, answering::Models{}).value();
  }
  dialogue::Reply answer(std::string text) {
    dialogue::Reply r;
    r.decision = dialogue::Decision::kAnswer;
    r.article_id = "X1";
    r.blocks = text_blocks(std::move(text));
    return r;
  }
  std::int64_t audited(const char* sql = "SELECT COUNT(*) FROM audit WHERE action = 'message.stopped'") {
    return db_->read(soon(),
                     [&](storage::Tx& tx) {
                       return tx.one(storage::Query{"test.audit", sql});
                     })
        ->integer(0);
  }
  storage::SqliteEngine engine_;
  std::unique_ptr<storage::Db> db_ = storage::Db::open({.url = engine_.url()}).value();
  ManualClock clock_{from_micros(1'800'000'000'000'000)};
  const auth::AuditLog audit_{auth::Key{}};
  const Guards guards_{*db_, clock_, audit_};
  std::shared_ptr<const answering::Answerer> answerer_;
};

TEST_F(GuardsTest, AnAgentsForbiddenWordIsNamedAndAudited) {
  conversation::AgentPost post{ConversationId{7}, conversation::agent_actor(AgentId{3}, "李娜"), "c-1",
                               MessageKind::kText, text_blocks("这个绝对有效")};
  const auto stopped = guards_.screen(post, soon());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(stopped.error().field, "/blocks");
  EXPECT_NE(stopped.error().message.find("绝对有效"), std::string::npos);
  EXPECT_EQ(audited(), 1);
  EXPECT_EQ(audited("SELECT COUNT(*) FROM audit WHERE actor = 'agent:3' AND target = 'conversation:7'"), 1);
  post.kind = MessageKind::kNote;
  EXPECT_TRUE(guards_.screen(post, soon())) << "colleagues may quote it";
  post.kind = MessageKind::kText;
  post.blocks = text_blocks("这个有效");
  EXPECT_TRUE(guards_.screen(post, soon()));
  EXPECT_EQ(audited(), 1);
}

TEST_F(GuardsTest, TheBotSaysNoFigureItsSourceDoesNotHave) {
  EXPECT_FALSE(guards_.look(*answerer_, answer("签收后七天内可以退货，运费10元。"), soon()).value());
  const auto made_up = guards_.look(*answerer_, answer("15天内可以退货，运费20元。"), soon()).value();
  ASSERT_TRUE(made_up);
  EXPECT_EQ(made_up->kind, "unfounded");
  EXPECT_EQ(made_up->what, "figure, price");
  auto several = answer("7天内可以退货。");
  several.blocks.emplace_back(ButtonsBlock{{{"article:X2", "满99元包邮吗"}, {"none", "以上都不是"}}});
  EXPECT_FALSE(guards_.look(*answerer_, several, soon()).value())
      << "a question behind an answer claims nothing";
  auto looked_up = answer("退款已于2026-11-20退出。");
  EXPECT_TRUE(guards_.look(*answerer_, looked_up, soon()).value());
  looked_up.sources = {"退款已于2026-11-20退出。"};
  EXPECT_FALSE(guards_.look(*answerer_, looked_up, soon()).value()) << "a flow said it";
  const auto word = guards_.look(*answerer_, answer("7天内退货绝对有效"), soon()).value();
  ASSERT_TRUE(word);
  EXPECT_EQ(word->kind, "forbidden_word");
}

}  // namespace
}  // namespace zk::app
