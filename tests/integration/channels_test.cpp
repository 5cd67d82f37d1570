// One engine behind every channel: the same 200 questions through the widget's live socket, the REST
// interface, the console's "try it" and the shell get the same decision, the same article and the same words
// and buttons.
//
// ZK_SEED=7 chooses other questions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "domain/block.hpp"
#include "storage/tests/temp_dir.hpp"
#include "tests/integration/fixture.hpp"

namespace zk::integration {
namespace {

constexpr std::size_t kQuestions = 200;
const std::string kDemo = std::string(ZK_SOURCE_DIR) + "/data/demo";

struct Said {
  std::string decision, article, words;  // words: what is read, buttons included
  bool operator==(const Said&) const = default;
};
void PrintTo(const Said& s, std::ostream* out) { *out << s.decision << " " << s.article << "\n" << s.words; }

std::string text_of(const json::value& v) { return v.is_string() ? std::string(v.as_string()) : ""; }
Said said_of(const json::object& o, const json::value& blocks) {
  return {text_of(o.at("decision")), text_of(o.at("article_id")),
          plain_text(blocks_from_json(json::serialize(blocks)).value())};
}
Said said_of(const json::value& message) { return said_of(message.as_object(), message.at("blocks")); }

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') out.push_back(line);
  return out;
}

// Wordings of every kind: all that only a person could answer, what is no question, what nobody answers, what
// is unclear, what holds personal data; the rest drawn from the articles' own questions and from others'
// words for them.
std::vector<std::string> questions() {
  std::vector<std::string> out = {"转人工",
                                  "别让机器人跟我说话，找个真人来",
                                  "I want to talk to a person",
                                  "刚收到的蜡烛点着以后杯子炸了，我手被割伤了",
                                  "你好",
                                  "谢谢",
                                  "再见",
                                  "hello",
                                  "你们能帮我订一张去北京的机票吗",
                                  "今天股市怎么样",
                                  "写一首关于秋天的诗",
                                  "退货",
                                  "发票",
                                  "会员",
                                  "快递",
                                  "那个怎么弄",
                                  "A20261118001",
                                  "12345",
                                  "？？？",
                                  "👍",
                                  "我的手机号是13812345678，包裹到哪了",
                                  "收件人改成王小明，电话 139 8765 4321",
                                  "退款多久到账",
                                  "When will I get my refund?",
                                  "支付宝退款几天到",
                                  "怎么开发票，还有运费怎么算"};
  for (const auto& line : lines_of(kDemo + "/cases.tsv")) out.push_back(line.substr(0, line.find('\t')));
  std::vector<std::string> drawn;
  for (const auto& line :
       lines_of(std::string(ZK_SOURCE_DIR) + "/tests/golden/answering/demo_questions.jsonl"))
    drawn.push_back(text_of(json::parse(line).at("q")));
  for (const auto& line : lines_of(kDemo + "/articles.jsonl")) {
    const auto article = json::parse(line);
    drawn.push_back(text_of(article.at("question")));
    for (const auto& s : article.at("similar").as_array()) drawn.push_back(text_of(s));
  }
  const char* seed = std::getenv("ZK_SEED");
  std::mt19937_64 random(seed ? std::strtoull(seed, nullptr, 10) : 1);
  std::shuffle(drawn.begin(), drawn.end(), random);
  for (const auto& q : drawn)
    if (out.size() < kQuestions && std::find(out.begin(), out.end(), q) == out.end()) out.push_back(q);
  return out;
}

class Channels : public testing::Test {
 protected:
  void SetUp() override {
    place_.data = dir_.file("data");
    must({"user", "add", std::string(kEmail), "--name", "林青"}, std::string(kPassword) + "\n");
    must({"import", "articles", kDemo + "/articles.jsonl"});
    must({"import", "flows", kDemo + "/flows", "--set", actions_});
    server_ = std::make_unique<Process>(
        place_.serve({actions_, "widget.sessions_per_second=100000", "widget.sessions_burst=100000",
                      "widget.messages_per_second=100000", "widget.messages_burst=100000",
                      "server.rate_per_second=100000", "server.rate_burst=100000"}));
    const auto at = server_->listening();
    ASSERT_TRUE(at) << server_->said();
    url_ = *at;
    company_ = found_company(url_);
    auto office = company_.office(url_);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (text_of(office.get("/api/v1/knowledge/status")["state"]) != "ready")
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "what was imported is not learnt";
  }
  void must(std::vector<std::string> words, const std::string& input = {}) {
    std::string said;
    ASSERT_EQ(run(place_.command(std::move(words)), input, &said), 0) << said;
  }
  Http stranger(Visitor& who) {
    Http http(url_);
    who = open_session(http, company_);
    http.bearer = who.token;
    return http;
  }

  // Read on the visitor's own live socket.
  Said widget(const std::string& question) {
    Visitor who;
    auto http = stranger(who);
    LiveSocket screen(url_);
    screen.send(hello(std::nullopt, who.token));
    EXPECT_TRUE(screen.next());
    EXPECT_EQ(post(http, question), 201);
    const auto frame = screen.until(message_of("bot"));
    EXPECT_TRUE(frame) << question;
    return frame ? said_of(frame->at("data").at("message")) : Said{};
  }
  // Read over REST; an agent's screen tells when.
  Said rest(LiveSocket& desk, const std::string& question) {
    Visitor who;
    auto http = stranger(who);
    EXPECT_EQ(post(http, question), 201);
    EXPECT_TRUE(desk.until(message_of("bot"))) << question;
    const auto thread = http.get("/api/v1/widget/conversation");
    for (const auto& m : thread["messages"].as_array())
      if (m.at("sender") == "bot") return said_of(m);
    ADD_FAILURE() << question << ": the bot said nothing";
    return {};
  }
  static int post(Http& http, const std::string& question) {
    return http.post("/api/v1/widget/messages", {{"client_id", "q"}, {"text", question}}).status;
  }
  Said tried(Http& office, const std::string& question) {
    const auto a = office.post("/api/v1/articles/try", {{"q", question}});
    EXPECT_EQ(a.status, 200) << a.text;
    return said_of(a.body.as_object(), a["reply"]);
  }
  std::vector<Said> shell(const std::vector<std::string>& all) {
    std::string input, said;
    for (const auto& q : all) input += q + "\n";
    EXPECT_EQ(run({"ask", "--batch", "--profile", "lexical", "--articles", kDemo + "/articles.jsonl"}, input,
                  &said),
              0)
        << said;
    std::vector<Said> out;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("{")) continue;
      const auto o = json::parse(line).as_object();
      out.push_back({text_of(o.at("decision")), text_of(o.at("article_id")), text_of(o.at("reply"))});
    }
    return out;
  }

  const std::string actions_ = "dialogue.actions=" + kDemo + "/flows/actions.yaml";
  storage::TempDir dir_;
  Place place_;
  std::string url_;
  Company company_;
  std::unique_ptr<Process> server_;
};

TEST_F(Channels, TheSameQuestionsGetTheSameDecision) {
  const auto all = questions();
  ASSERT_EQ(all.size(), kQuestions);
  const auto asked = shell(all);
  ASSERT_EQ(asked.size(), all.size());
  auto office = company_.office(url_);
  LiveSocket desk(url_, company_.session);
  desk.send(hello(std::nullopt));
  ASSERT_TRUE(desk.next());
  std::map<std::string, int> decisions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto by_rest = rest(desk, all[i]);
    ++decisions[by_rest.decision];
    EXPECT_EQ(by_rest, tried(office, all[i])) << "REST and the console: " << all[i];
    EXPECT_EQ(by_rest, asked[i]) << "REST and the shell: " << all[i];
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(widget(all[i]), asked[i]) << "the widget and the shell: " << all[i];
  for (const auto* kind : {"answer", "clarify", "handover", "smalltalk"})
    EXPECT_GE(decisions[kind], 3) << "the questions are not of every kind: " << kind;
}

}  // namespace
}  // namespace zk::integration
