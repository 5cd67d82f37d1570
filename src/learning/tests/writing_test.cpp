// The language model behind its port: a stand-in that speaks chat completions, and what goes wrong with one.
#include "learning/writing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "gateway/server.hpp"
#include "knowledge/articles.hpp"
#include "knowledge/releases.hpp"
#include "learning/chat_model.hpp"
#include "storage/tests/engines.hpp"

namespace zk::learning {
namespace {
namespace json = boost::json;
using storage::Query;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Deadline soon() { return after(std::chrono::seconds(30)); }
const std::atomic<bool> kGoOn{false};

std::string completion(const std::string& content, int tokens = 50) {
  return json::serialize(
      json::object{{"choices", json::array{json::object{{"message", json::object{{"content", content}}}}}},
                   {"usage", json::object{{"total_tokens", tokens}}}});
}

class StandIn final : public gateway::Application {
 public:
  StandIn() : server(gateway::Server::start({}, *this).value()) {}
  ~StandIn() override {
    release();
    server->drain();
  }
  void handle(gateway::Request request, std::function<void(gateway::Response)> done) override {
    gateway::Response response;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(std::move(request));
      arrived.notify_all();
      if (silent) return held.push_back(std::move(done));
      response.status = status;
      response.body = body;
    }
    done(std::move(response));
  }
  Result<std::unique_ptr<gateway::SocketSession>> accept(const gateway::Request&) override {
    return fail(ErrorCode::kNotFound, "");
  }
  void wait_for_request() {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return !requests.empty(); });
  }
  void release() {
    const std::lock_guard lock(mutex);
    for (auto& done : held) done({});
    held.clear();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()) + "/v1"; }

  std::mutex mutex;
  std::condition_variable arrived;
  int status = 200;
  bool silent = false;
  std::string body = completion(R"(["几天能退完", "退款啥时候到", "怎么开发票啊"])");
  std::vector<gateway::Request> requests;
  std::vector<std::function<void(gateway::Response)>> held;
  std::unique_ptr<gateway::Server> server;
};

ChatModel model_at(const StandIn& at, bool allow_internal = true,
                   std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
  return ChatModel({.url = at.url(),
                    .name = "stand-in",
                    .key = "sk-secret-0815",
                    .timeout = timeout,
                    .allow_internal = allow_internal});
}

TEST(ReadCompletion, TakesTheListOutOfWhateverStandsAroundIt) {
  const auto written =
      read_completion(completion("好的：\n```json\n[\" 几天到账 \", \"\", \"两\\n行\"]\n```")).value();
  EXPECT_THAT(written.texts, ElementsAre("几天到账"));
  EXPECT_EQ(written.tokens, 50);
  json::array many;
  for (int i = 0; i < 100; ++i) many.push_back(json::string("问" + std::to_string(i)));
  EXPECT_EQ(read_completion(completion(json::serialize(many)))->texts.size(), kMostWritten);
  EXPECT_TRUE(read_completion(completion("[\"" + std::string(301, 'x') + "\"]"))->texts.empty());
  for (const auto& rubbish :
       {std::string("<html>"), std::string("[]"), std::string("{}"), std::string(R"({"choices":[]})"),
        std::string(R"({"choices":[{"message":{"content":null}}]})"), completion("我不能"), completion("]["),
        completion("[1, 2]"), completion("[\"未完")})
    EXPECT_EQ(read_completion(rubbish).error().code, ErrorCode::kMalformed) << rubbish;
}

TEST(ChatModel, SendsMaskedTextAndTheKeyInOneHeader) {
  StandIn at;
  const auto written =
      model_at(at).write({.question = "退款多久到账",
                          .answer = "请联系13812345678，联系人周敏，或写信到 li.wei@mail.example.cn。",
                          .language = "zh-CN",
                          .similar = {"我叫张伟，电话13987654321，退款呢"},
                          .neighbours = {"怎么开发票"}},
                         kGoOn);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_THAT(written->texts, ElementsAre("几天能退完", "退款啥时候到", "怎么开发票啊"));
  const auto& request = at.requests.at(0);
  EXPECT_EQ(request.path, "/v1/chat/completions");
  for (const auto* original : {"13812345678", "13987654321", "li.wei", "周敏", "张伟", "sk-secret"})
    EXPECT_THAT(request.body, Not(HasSubstr(original)));
  EXPECT_THAT(request.body, HasSubstr("退款多久到账"));
  EXPECT_EQ(request.header("authorization"), "Bearer sk-secret-0815");
}

TEST(ChatModel, SaysWhatWentWrongAndNeverTheKey) {
  StandIn at;
  const Topic topic{
      .question = "退款多久到账", .answer = "三天", .language = "zh-CN", .similar = {}, .neighbours = {}};
  testing::internal::CaptureStderr();
  EXPECT_EQ(model_at(at, false).write(topic, kGoOn).error().code, ErrorCode::kPermissionDenied)
      << "this machine's own network";
  at.status = 500;
  at.body = "sk-secret-0815 exploded";
  const auto broken = model_at(at).write(topic, kGoOn).error();
  EXPECT_EQ(broken.code, ErrorCode::kUnavailable);
  EXPECT_THAT(broken.message, HasSubstr("500"));
  at.status = 200;
  at.body = "<html>";
  const auto rubbish = model_at(at).write(topic, kGoOn).error();
  EXPECT_EQ(rubbish.code, ErrorCode::kMalformed);
  at.silent = true;
  const auto late = model_at(at, true, std::chrono::milliseconds(200)).write(topic, kGoOn).error();
  EXPECT_EQ(late.code, ErrorCode::kDeadlineExceeded);
  for (const auto& e : {broken, rubbish, late})
    EXPECT_THAT(e.message + e.detail, Not(HasSubstr("sk-secret")));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("sk-secret")));
}

TEST(ReadKey, OnlyFromAFileOfItsOwner) {
  const auto path = testing::TempDir() + "model-key-" + std::to_string(::getpid());
  std::ofstream(path) << "sk-secret-0815\n";
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(read_key(path).error().code, ErrorCode::kPermissionDenied);
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(read_key(path).value(), "sk-secret-0815");
  std::ofstream(path) << "two\nlines\n";
  EXPECT_EQ(read_key(path).error().code, ErrorCode::kInvalidArgument) << "a second header could hide there";
  std::ofstream(path) << "";
  EXPECT_EQ(read_key(path).error().code, ErrorCode::kInvalidArgument);
  std::filesystem::remove(path);
  EXPECT_EQ(read_key(path).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_key("").value(), "");
}

class WritingTest : public testing::TestWithParam<std::string> {
 protected:
  WritingTest() {
    EXPECT_TRUE(db_->write(soon(), [&](storage::Tx& tx) -> Status {
      ZK_TRY_STATUS(save(tx, "X1", "退款多久到账", {"退款几天到"}));
      ZK_TRY_STATUS(save(tx, "X2", "怎么开发票", {"开发票", "要发票", "发票怎么开", "给我开票", "开个发票"}));
      return knowledge::publish(tx, {.author = "agent:1", .now = clock_.now()}).map([](const auto&) {});
    }));
    answering::Models models;
    models.judge = answering::Judge::open(ZK_SOURCE_DIR "/models/weights/answering-fast.json").value();
    library_ = knowledge::Library::open(*db_, models).value();
  }
  Status save(storage::Tx& tx, const std::string& id, const std::string& question,
              std::vector<std::string> similar) {
    Article a;
    a.external_id = id;
    a.question = question;
    a.similar = std::move(similar);
    a.answer = text_blocks("答");
    return knowledge::save(tx, a, {.author = "agent:1", .now = clock_.now()}).map([](const auto&) {});
  }
  std::unique_ptr<Writing> writing(const Writer* writer, std::int64_t budget = 10) {
    return std::make_unique<Writing>(*db_, clock_, audit_, *library_, talk_, writer,
                                     Writing::Options{.daily_budget = budget, .changed = {}});
  }
  std::vector<StoredProposal> stored() { return db_->read(soon(), stored_proposals).value(); }
  ModelUse use(const Writing& w) {
    return db_->read(soon(), [&](storage::Tx& tx) { return w.use(tx, clock_.now()); }).value();
  }
  std::vector<std::string> audited() {
    static constexpr Query kAll{"test.audit", "SELECT actor, action, target, detail FROM audit ORDER BY seq"};
    std::vector<std::string> out;
    const auto rows = db_->read(soon(), [](storage::Tx& tx) { return tx.all(kAll); }).value();
    for (const auto& r : rows) out.push_back(r.text(0) + " " + r.text(1) + " " + r.text(2) + " " + r.text(3));
    return out;
  }
  ManualClock clock_{from_iso8601("2026-06-01T00:00:00Z").value()};
  std::unique_ptr<storage::TestEngine> engine_ = storage::make_engine(GetParam());
  std::unique_ptr<storage::Db> db_ = storage::Db::open({.url = engine_->url()}).value();
  auth::AuditLog audit_{auth::Key{}};
  std::unique_ptr<knowledge::Library> library_;
  const dialogue::Engine talk_{dialogue::EngineOptions{}};
  StandIn at_;
};
INSTANTIATE_TEST_SUITE_P(Engines, WritingTest, testing::ValuesIn(storage::kEngines));

TEST_P(WritingTest, ThinArticlesGetProposalsAndNothingGoesLive) {
  at_.body =
      completion(R"(["几天能退完", "退款几天到？", "怎么开发票啊", "找13812345678退款", "几天能退完"])");
  const auto model = model_at(at_);
  const auto w = writing(&model);
  ASSERT_TRUE(w->start({.actor = "agent:3"}));
  ASSERT_TRUE(w->wait(soon()));
  const auto run = w->run();
  EXPECT_EQ(run.state, "done") << run.error;
  EXPECT_EQ(run.total, 1) << "X2 has enough";
  EXPECT_EQ(run.found, 2) << "not what is there, not twice, no personal data";
  std::map<std::string, std::string> near;
  for (const auto& s : stored()) near[s.text] = s.near;
  EXPECT_EQ(near, (std::map<std::string, std::string>{{"几天能退完", ""}, {"怎么开发票啊", "X2"}}))
      << "flagged: it lies nearer to another article";
  EXPECT_THAT(audited(), ElementsAre("agent:3 learning.proposed article:X1 "
                                     R"({"model":"stand-in","written":5,"kept":2,"tokens":50})"));
  EXPECT_EQ(use(*w).calls, 1);
  EXPECT_EQ(use(*w).tokens, 50);
  const auto article = db_->read(soon(), [](storage::Tx& tx) { return knowledge::find(tx, "X1"); }).value();
  EXPECT_THAT(article.similar, ElementsAre("退款几天到"));
  ASSERT_TRUE(db_->write(soon(), [&](storage::Tx& tx) {
    return refuse_proposals(tx, "X1", {"几天能退完"}, "agent:3", clock_.now());
  }));
  ASSERT_TRUE(w->start({.actor = "agent:3", .articles = {"X1"}}));
  ASSERT_TRUE(w->wait(soon()));
  EXPECT_EQ(w->run().found, 1) << "what was refused is not proposed again";
}

TEST_P(WritingTest, TheDaysBudgetOutlivesARestartAndEndsARun) {
  const auto model = model_at(at_);
  const auto once = [&](Writing& w) {
    EXPECT_TRUE(w.start({.actor = "agent:3", .articles = {"X1"}}));
    EXPECT_TRUE(w.wait(soon()));
    return w.run().state;
  };
  EXPECT_EQ(once(*writing(&model, 2)), "done");
  const auto w = writing(&model, 2);
  EXPECT_EQ(once(*w), "done");
  EXPECT_EQ(once(*w), "failed");
  EXPECT_THAT(w->run().error, HasSubstr("model.daily_budget"));
  EXPECT_EQ(at_.requests.size(), 2u) << "the third call was never made";
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(once(*w), "done") << "another day";
  EXPECT_EQ(once(*writing(&model, 0)), "failed") << "a budget of nothing";
}

TEST_P(WritingTest, FailuresAreCountedAuditedAndEndTheRun) {
  at_.status = 500;
  const auto model = model_at(at_);
  const auto w = writing(&model);
  ASSERT_TRUE(w->start({.actor = "agent:3"}));
  ASSERT_TRUE(w->wait(soon()));
  EXPECT_EQ(w->run().state, "failed");
  EXPECT_EQ(w->run().failed, 1);
  EXPECT_EQ(use(*w).calls, 1) << "a call that failed was a call";
  EXPECT_THAT(audited(), ElementsAre(HasSubstr(R"("error":"unavailable")")));
  EXPECT_EQ(writing(nullptr)->start({.actor = "a"}).error().code, ErrorCode::kConflict) << "no model";
  EXPECT_EQ(w->start({.actor = "a", .articles = {"X9"}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(w->cancel().error().code, ErrorCode::kConflict);
}

TEST_P(WritingTest, ARunIsCancelledInTheMiddleOfACall) {
  at_.silent = true;
  const auto model = model_at(at_);
  const auto w = writing(&model);
  ASSERT_TRUE(w->start({.actor = "agent:3"}));
  EXPECT_EQ(w->start({.actor = "agent:4"}).error().code, ErrorCode::kConflict) << "one at a time";
  at_.wait_for_request();
  ASSERT_TRUE(w->cancel());
  ASSERT_TRUE(w->wait(soon()));
  EXPECT_EQ(w->run().state, "cancelled");
  EXPECT_TRUE(stored().empty());
}

}  // namespace
}  // namespace zk::learning
