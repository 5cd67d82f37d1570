// A visitor and agents through the endpoints and the live socket: everything real but the network, the clock
// and the bot, which here answers by rules.
#include "api/conversations.hpp"

#include <gmock/gmock.h>

#include "api/tests/fixture.hpp"

namespace zk::api {
namespace {
using testing::ElementsAre;

class RuleBot final : public conversation::Responder {
 public:
  Result<conversation::BotReply> reply(const conversation::BotTurn& turn, Deadline) override {
    if (turn.text.find("人工") != std::string::npos)
      return conversation::BotReply{.decision = "handover",
                                    .handover = true,
                                    .blocks = text_blocks("好的"),
                                    .state = "{}",
                                    .trace = R"({"q":"人工"})"};
    if (turn.text.ends_with("?"))
      return conversation::BotReply{
          .decision = "clarify",
          .probability = 0.5,
          .blocks = {TextBlock{"您是想问"}, ButtonsBlock{{{"article:X1", "退款多久到账"}}}},
          .state = "{}",
          .trace = "{}"};
    return conversation::BotReply{.decision = "answer",
                                  .article_id = "X1",
                                  .article_question = "退款多久到账",
                                  .probability = 0.99,
                                  .blocks = text_blocks("三天内到账"),
                                  .state = "{}",
                                  .trace = R"({"q":"退款","decision":"answer"})"};
  }
};

// What the service needs before the server exists.
struct Frontline {
  RuleBot bot;
  std::unique_ptr<conversation::Service> service;
  std::unique_ptr<conversation::MessageSearch> search;
};

class FakeSocket final : public gateway::Socket {
 public:
  void send(std::shared_ptr<const std::string> text) override {
    const std::lock_guard lock(mutex_);
    frames_.push_back(parse_json(*text).value().as_object());
  }
  void close(std::uint16_t code, std::string_view) override { closed = code; }
  std::uint64_t id() const override { return 1; }
  std::vector<json::object> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& f : frames())
      out.emplace_back(f.at("type").as_string() == "event" ? f.at("kind").as_string()
                                                           : f.at("type").as_string());
    return out;
  }
  std::atomic<int> closed{0};

 private:
  mutable std::mutex mutex_;
  std::vector<json::object> frames_;
};

class ConversationApiTest : private Frontline, public ApiTest {
 protected:
  ConversationApiTest()
      : ApiTest([this](ApiTest& t) {
          auto& base = t;
          service =
              conversation::Service::start(*base.db, base.clock, conversation::Intake{}, bot, {}).value();
          search = conversation::MessageSearch::start(*base.db, std::make_unique<search::MessageArchive>())
                       .value();
          Made made;
          for (auto routes :
               {conversation_routes(*service, *search), contact_routes(*service), attachment_routes(*service),
                report_routes(),
                widget_routes(*service, base.auth, {.messages_per_second = 0.001, .messages_burst = 40})})
            made.routes.insert(made.routes.end(), routes.begin(), routes.end());
          made.accept = live_sockets(*service, base.auth, base.clock, base.pool);
          return made;
        }) {}
  ~ConversationApiTest() override {
    pool.stop();
    service->stop();
    search = nullptr;
    service = nullptr;
  }
  void SetUp() override {
    admin = signed_in(Role::kAdmin);
    const auto made = call("POST", "/api/v1/inboxes", admin, R"({"name":"网站"})");
    ASSERT_EQ(made.status, 201) << made.response.body;
    inbox = made.body.at("id").as_int64();
    website_token = made.text("website_token");
    secret = made.text("identity_secret");
  }
  Answer session(const std::string& more = "") {
    return call("POST", "/api/v1/widget/sessions", {},
                R"({"website_token":")" + website_token + "\"" + more + "}");
  }
  Credentials visitor() { return {.bearer = session().text("visitor_token")}; }
  Answer say(const Credentials& who, const std::string& text, const std::string& client_id) {
    return call("POST", "/api/v1/widget/messages", who,
                json::serialize(json::object{{"client_id", client_id}, {"text", text}}));
  }
  std::string conversation_of(const Answer& sent) {
    return "/api/v1/conversations/" + std::to_string(sent.body.at("conversation_id").as_int64());
  }
  void settle() {
    service->turns().wait_idle();
    service->hub().flush();
  }
  std::unique_ptr<gateway::SocketSession> connect(const Credentials& who,
                                                  const std::shared_ptr<FakeSocket>& socket,
                                                  const std::string& hello) {
    auto r = request("GET", "/api/v1/ws", "", who);
    r.headers.emplace_back("origin", "https://zhike.test");
    auto s = server.accept(r).value();
    s->on_open(socket);
    s->on_text(hello);
    return s;
  }
  conversation::Service& talk() { return *service; }
  conversation::MessageSearch& finder() { return *search; }
  Credentials admin;
  std::int64_t inbox = 0;
  std::string website_token, secret;
};

TEST_F(ConversationApiTest, AQuestionIsAnsweredAndTheAgentSeesWhy) {
  const auto who = visitor();
  const auto sent = say(who, "退款多久到账", "c-1");
  ASSERT_EQ(sent.status, 201) << sent.response.body;
  EXPECT_EQ(say(who, "退款多久到账", "c-1").body.at("message").at("id"), sent.body.at("message").at("id"))
      << "a retry";
  settle();
  const auto seen = call("GET", "/api/v1/widget/conversation", who);
  ASSERT_EQ(seen.body.at("messages").as_array().size(), 2u);
  const auto& answer = seen.body.at("messages").at(1);
  EXPECT_EQ(answer.at("article_id").as_string(), "X1");
  EXPECT_FALSE(answer.as_object().contains("sender_id"));
  EXPECT_FALSE(seen.body.at("conversation").as_object().contains("labels"));
  EXPECT_GE(seen.body.at("seq").as_int64(), 3);
  const auto id = std::to_string(answer.at("id").as_int64());
  EXPECT_EQ(call("GET", "/api/v1/messages/" + id + "/trace", admin).text("decision"), "answer");
  EXPECT_EQ(call("POST", "/api/v1/widget/feedback", who, R"({"message_id":)" + id + R"(,"value":1})")
                .body.at("feedback")
                .as_int64(),
            1);
  EXPECT_EQ(call("POST", "/api/v1/widget/rating", who, R"({"rating":5})").body.at("rating").as_int64(), 5);
  EXPECT_EQ(call("GET",
                 "/api/v1/messages/" + std::to_string(sent.body.at("message").at("id").as_int64()) + "/trace",
                 admin)
                .status,
            404);
}

TEST_F(ConversationApiTest, OneVisitorNeverReachesAnother) {
  const auto mine = visitor(), other = visitor();
  const auto sent = say(mine, "退款", "c-1");
  settle();
  const auto answer = std::to_string(
      call("GET", "/api/v1/widget/conversation", mine).body.at("messages").at(1).at("id").as_int64());
  EXPECT_TRUE(call("GET", "/api/v1/widget/conversation", other).body.at("conversation").is_null());
  EXPECT_EQ(
      call("POST", "/api/v1/widget/feedback", other, R"({"message_id":)" + answer + R"(,"value":1})").status,
      404);
  EXPECT_EQ(call("GET", conversation_of(sent), other).status, 403);
  EXPECT_EQ(call("GET", "/api/v1/widget/conversation", admin).status, 403) << "an agent is no visitor";
  EXPECT_EQ(call("GET", "/api/v1/widget/conversation", {}).status, 401);

  auto upload = request("POST", "/api/v1/widget/attachments?name=a.png", "\x89PNG\r\n\x1a\n....", mine);
  const auto file = send(upload);
  ASSERT_EQ(file.status, 201) << file.response.body;
  EXPECT_EQ(file.text("mime"), "image/png");
  const auto url = file.text("url");
  EXPECT_EQ(call("GET", url, other).status, 404);
  const auto served = call("GET", url, mine);
  EXPECT_EQ(served.status, 200);
  EXPECT_EQ(served.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(served.header("content-security-policy"), "default-src 'none'; sandbox");
  EXPECT_THAT(served.header("content-disposition"), testing::StartsWith("inline"));
  EXPECT_EQ(call("GET", url, admin).status, 200);
  const auto with_file = [&](const Credentials& who, const std::string& id) {
    return call("POST", "/api/v1/widget/messages", who,
                R"({"client_id":")" + id + R"(","blocks":[{"type":"image","url":")" + url + R"("}]})");
  };
  EXPECT_EQ(with_file(other, "c-2").field(), "/blocks/0") << "nobody sends what another uploaded";
  EXPECT_EQ(with_file(mine, "c-2").status, 201);
  EXPECT_EQ(send(request("POST", "/api/v1/widget/attachments?name=a.html", "<script>alert(1)</script>", mine))
                .status,
            415);
}

TEST_F(ConversationApiTest, IdentityIsProvenByTheCompanysHash) {
  const auto hash = auth::hex(auth::hmac_sha256(secret, "u-7"));
  const auto anonymous = session();
  const auto user =
      R"(,"visitor_token":")" + anonymous.text("visitor_token") + R"(","user":{"external_id":"u-7","hash":")";
  EXPECT_EQ(session(user + std::string(64, '0') + "\"}").field(), "/user/hash");
  const auto known = session(user + hash + R"(","name":"张三"})");
  ASSERT_EQ(known.status, 200) << known.response.body;
  EXPECT_TRUE(known.body.at("contact").at("verified").as_bool());
  EXPECT_EQ(known.body.at("contact").at("id"), anonymous.body.at("contact").at("id"))
      << "the anonymous visitor is the customer now";
  const auto elsewhere = session(R"(,"user":{"external_id":"u-7","hash":")" + hash + "\"}");
  EXPECT_EQ(elsewhere.body.at("contact").at("id"), known.body.at("contact").at("id"));
  EXPECT_EQ(session(R"(,"visitor_token":"zv_forged.x")").status, 200)
      << "a token that does not hold makes someone new";
  const auto id = std::to_string(known.body.at("contact").at("id").as_int64());
  EXPECT_EQ(call("GET", "/api/v1/contacts/" + id, admin).text("external_id"), "u-7");
  auto search_contacts = request("GET", "/api/v1/contacts", "", admin);
  search_contacts.query = {{"q", "张"}};
  EXPECT_EQ(send(search_contacts).body.at("items").as_array().size(), 1u);
  EXPECT_EQ(call("POST", "/api/v1/contacts/" + id + "/notes", admin, R"({"text":"老客户"})").status, 201);
  EXPECT_EQ(
      call("GET", "/api/v1/contacts/" + id + "/notes", admin).body.at("items").at(0).at("text").as_string(),
      "老客户");
  EXPECT_EQ(call("PATCH", "/api/v1/contacts/" + id, admin, R"({"attributes":{"tier":"gold"}})")
                .body.at("attributes")
                .at("tier")
                .as_string(),
            "gold");
}

TEST_F(ConversationApiTest, OnlyAllowedSitesMayShowTheWidget) {
  const auto path = "/api/v1/inboxes/" + std::to_string(inbox);
  ASSERT_EQ(call("PATCH", path, admin,
                 R"({"settings":{"allowed_origins":["https://shop.example"],"require_identity":false}})")
                .status,
            200);
  EXPECT_EQ(session(R"(,"page_url":"https://shop.example/cart?x=1")").status, 200);
  EXPECT_EQ(session(R"(,"page_url":"https://evil.example/")").status, 403);
  EXPECT_EQ(session(R"(,"page_url":"https://shop.example.evil.example/")").status, 403);
  EXPECT_EQ(session().status, 403);
  EXPECT_EQ(call("GET", "/api/v1/widget/" + website_token + "/config", {}).text("launcher_position"),
            "right");
  EXPECT_EQ(call("GET", "/api/v1/widget/unknown/config", {}).status, 404);
}

TEST_F(ConversationApiTest, AnAgentTakesOverAnswersAndResolves) {
  const auto who = visitor();
  const auto sent = say(who, "转人工", "c-1");
  settle();
  const auto path = conversation_of(sent);
  EXPECT_EQ(call("GET", path, admin).text("handler"), "waiting");
  const auto agent = signed_in(Role::kAgent);
  const auto said = call("POST", path + "/messages", agent,
                         R"({"client_id":"a-1","blocks":[{"type":"text","text":"我来帮您"}]})");
  ASSERT_EQ(said.status, 201) << said.response.body;
  EXPECT_EQ(said.text("sender_name"), "Li Na");
  EXPECT_EQ(call("POST", path + "/messages", agent,
                 R"({"client_id":"a-2","kind":"note","blocks":[{"type":"text","text":"核实中"}]})")
                .status,
            201);
  EXPECT_EQ(call("GET", path, agent).text("handler"), "human");
  EXPECT_EQ(
      call("GET", "/api/v1/conversations?assignee=me&status=open", agent).body.at("items").as_array().size(),
      1u);
  EXPECT_EQ(call("GET", "/api/v1/conversations?assignee=none", agent).body.at("items").as_array().size(), 0u);
  EXPECT_EQ(call("GET", "/api/v1/conversations/counts", agent).body.at("mine").as_int64(), 1);
  const auto thread = call("GET", path + "/messages?limit=3", agent);
  EXPECT_EQ(thread.body.at("items").as_array().size(), 3u);
  const auto older = call("GET", path + "/messages?limit=3&before=" + thread.text("next_cursor"), agent);
  EXPECT_EQ(older.body.at("items").at(0).at("sender").as_string(), "visitor");
  const auto shown = call("GET", "/api/v1/widget/conversation", who);
  for (const auto& m : shown.body.at("messages").as_array()) EXPECT_NE(m.at("kind").as_string(), "note");
  const auto last = std::to_string(said.body.at("id").as_int64());
  EXPECT_EQ(call("POST", "/api/v1/widget/read", who, R"({"message_id":)" + last + "}").status, 204);
  EXPECT_EQ(call("GET", path, agent).body.at("visitor_read_id").as_int64(), said.body.at("id").as_int64());
  EXPECT_EQ(call("PATCH", path, agent, R"({"status":"resolved","priority":2})").text("status"), "resolved");
  EXPECT_EQ(call("PATCH", path, agent, R"({"assignee_id":null})").status, 409);
  EXPECT_EQ(call("PATCH", path, signed_in(Role::kViewer), R"({"priority":1})").status, 403);
  EXPECT_EQ(call("GET", "/api/v1/conversations?status=resolved&sort=waiting", agent)
                .body.at("items")
                .as_array()
                .size(),
            1u);
}

TEST_F(ConversationApiTest, ListsAreCompleteAndWithoutRepeatsPageByPage) {
  for (int i = 0; i < 7; ++i) {
    clock.advance(std::chrono::seconds(i % 2));  // some share their time
    ASSERT_EQ(say(visitor(), "退款", "c-1").status, 201);
  }
  settle();
  for (const auto* query : {"?limit=3", "?limit=3&sort=waiting", "?limit=3&status=open&handler=bot"}) {
    std::vector<std::int64_t> ids;
    std::string cursor;
    do {
      const auto page = call(
          "GET", std::string("/api/v1/conversations") + query + (cursor.empty() ? "" : "&cursor=" + cursor),
          admin);
      ASSERT_EQ(page.status, 200) << page.response.body;
      for (const auto& c : page.body.at("items").as_array()) ids.push_back(c.at("id").as_int64());
      cursor = page.body.at("next_cursor").is_null() ? "" : page.text("next_cursor");
    } while (!cursor.empty());
    EXPECT_EQ(ids.size(), 7u) << query;
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 7u) << query;
  }
  EXPECT_EQ(call("GET", "/api/v1/conversations?cursor=abc", admin).field(), "/cursor");
}

TEST_F(ConversationApiTest, MessagesAreFoundByTwoCharacters) {
  say(visitor(), "我的订单还没有发货", "c-1");
  const auto sent = say(visitor(), "想要退款", "c-1");
  settle();
  ASSERT_TRUE(finder().catch_up(soon()).has_value());
  auto r = request("GET", "/api/v1/messages/search", "", admin);
  r.query = {{"q", "订单"}};
  const auto order = send(r);
  ASSERT_EQ(order.body.at("items").as_array().size(), 1u) << order.response.body;
  EXPECT_EQ(order.body.at("items").at(0).at("snippet").as_string(), "我的订单还没有发货");
  auto l = request("GET", "/api/v1/conversations", "", admin);
  l.query = {{"q", "退款"}};
  EXPECT_EQ(send(l).body.at("items").as_array().size(), 1u);
}

TEST_F(ConversationApiTest, TheOverviewCountsWhatHappened) {
  const auto who = visitor();
  say(who, "退款", "c-1");
  say(visitor(), "人工", "c-1");
  settle();
  const auto o = call("GET", "/api/v1/reports/overview?days=3", admin);
  ASSERT_EQ(o.status, 200) << o.response.body;
  EXPECT_EQ(o.body.at("open").as_int64(), 2);
  EXPECT_EQ(o.body.at("waiting").as_int64(), 1);
  EXPECT_EQ(o.body.at("today").at("conversations").as_int64(), 2);
  EXPECT_EQ(o.body.at("today").at("answered_by_bot").as_int64(), 1);
  EXPECT_EQ(o.body.at("today").at("handed_over").as_int64(), 1);
  EXPECT_EQ(o.body.at("series").as_array().size(), 3u);
  EXPECT_EQ(o.body.at("series").at(2).at("bot_resolved").as_int64(), 1);
  EXPECT_EQ(o.body.at("top_articles").at(0).at("id").as_string(), "X1");
}

TEST_F(ConversationApiTest, TooManyMessagesAtOnceAreRefusedWithRetryAfter) {
  const auto who = visitor();
  int refused = 0;
  for (int i = 0; i < 42; ++i) {
    const auto a = say(who, "在吗", "c-" + std::to_string(i));
    if (a.status != 429) continue;
    ++refused;
    EXPECT_EQ(a.header("retry-after"), "5");
  }
  EXPECT_EQ(refused, 2);
}

TEST_F(ConversationApiTest, TheLiveSocketShowsAndResumes) {
  const auto opened = session();
  const Credentials who{.bearer = opened.text("visitor_token")};
  auto visitor_socket = std::make_shared<FakeSocket>(), agent_socket = std::make_shared<FakeSocket>();
  const auto visitor_side =
      connect({}, visitor_socket,
              R"({"type":"hello","since_seq":)" + std::to_string(opened.body.at("seq").as_int64()) +
                  R"(,"token":")" + who.bearer + "\"}");
  const auto agent_side = connect(admin, agent_socket, R"({"type":"hello","since_seq":null})");
  const auto sent = say(who, "退款", "c-1");
  settle();
  EXPECT_THAT(visitor_socket->kinds(), ElementsAre("welcome", "message.created", "message.created"));
  EXPECT_THAT(agent_socket->kinds(), testing::IsSupersetOf({"welcome", "conversation.created",
                                                            "message.created", "message.created"}));
  EXPECT_EQ(agent_socket->frames()[0].at("self").at("agent_id").as_int64(), 1);

  const auto id = std::to_string(sent.body.at("conversation_id").as_int64());
  agent_side->on_text(R"({"type":"typing","conversation_id":)" + id + R"(,"on":true})");
  agent_side->on_text(R"({"type":"ping"})");
  settle();
  EXPECT_EQ(visitor_socket->kinds().back(), "typing");
  EXPECT_THAT(agent_socket->kinds(), testing::Contains("pong"));
  visitor_side->on_text("nonsense");
  visitor_side->on_text(R"({"type":"dance"})");
  EXPECT_EQ(visitor_socket->frames().back().at("code").as_string(), "invalid_argument");

  const auto since = visitor_socket->frames()[1].at("seq").as_int64();
  auto again = std::make_shared<FakeSocket>();
  const auto resumed = connect(
      {}, again,
      R"({"type":"hello","since_seq":)" + std::to_string(since) + R"(,"token":")" + who.bearer + "\"}");
  settle();
  EXPECT_THAT(again->kinds(), ElementsAre("welcome", "message.created")) << "only what came after";

  auto nobody = std::make_shared<FakeSocket>();
  const auto stranger = connect({}, nobody, R"({"type":"hello","since_seq":null})");
  EXPECT_EQ(nobody->frames().back().at("code").as_string(), "unauthenticated");
  EXPECT_EQ(nobody->closed, 1008);
  for (auto* s : {visitor_side.get(), agent_side.get(), resumed.get(), stranger.get()}) s->on_close();
}

TEST_F(ConversationApiTest, ADisabledAgentSeesNothingMore) {
  const auto agent = add_agent("leaving@example.com", Role::kAgent);
  auto socket = std::make_shared<FakeSocket>();
  const auto side = connect(session_of(agent), socket, R"({"type":"hello","since_seq":null})");
  settle();
  ASSERT_EQ(
      call("PATCH", "/api/v1/agents/" + std::to_string(agent.value), admin, R"({"disabled":true})").status,
      200);
  settle();
  EXPECT_EQ(socket->closed, 1008);
  const auto shown = socket->frames().size();
  say(visitor(), "退款", "c-1");
  settle();
  EXPECT_EQ(socket->frames().size(), shown);
  side->on_close();
}

}  // namespace
}  // namespace zk::api
