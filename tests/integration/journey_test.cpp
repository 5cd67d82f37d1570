// What a visitor and an agent live through, over real sockets: question, answer, choice, hand-over, reply,
// end; and what each screen knows after sleep and restart.
#include <map>

#include "tests/integration/fixture.hpp"

namespace zk::integration {
namespace {
using testing::Contains;
using testing::ElementsAreArray;

class Journey : public OnEachEngine {
 protected:
  // The choices of the last buttons block of a message.
  static std::vector<std::string> choices(const json::value& message) {
    std::vector<std::string> out;
    for (const auto& block : message.at("blocks").as_array())
      if (block.at("type") == "buttons")
        for (const auto& c : block.at("choices").as_array()) out.emplace_back(c.at("id").as_string());
    return out;
  }
  json::value reply_to(LiveSocket& screen) {
    const auto frame = screen.until(message_of("bot"));
    EXPECT_TRUE(frame) << "the bot says nothing";
    return frame ? frame->at("data").at("message") : json::value(json::object{{"blocks", json::array{}}});
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Journey, testing::ValuesIn(storage::kEngines));

TEST_P(Journey, NobodyGetsInWithoutSigningIn) {
  ASSERT_NO_FATAL_FAILURE(found());
  Http http(url);
  EXPECT_EQ(http.get("/api/v1/conversations").status, 401);
  EXPECT_EQ(http.post("/api/v1/session", {{"email", kEmail}, {"password", "wrong horse battery"}}).status,
            401);
  EXPECT_EQ(http.get("/api/v1/widget/conversation").status, 401);
  auto agent = office();
  EXPECT_EQ(agent.get("/api/v1/session")["agent"].at("email").as_string(), kEmail);
  agent.csrf = "forged";
  EXPECT_EQ(agent.patch("/api/v1/session", {{"availability", "online"}}).status, 403);
  LiveSocket stranger(url);
  stranger.send(hello(std::nullopt));
  EXPECT_EQ(stranger.next()->at("code"), "unauthenticated");
  EXPECT_EQ(stranger.close_code(), 1008);
  // One visitor's token opens no other door.
  auto guest = visitor(someone().token);
  EXPECT_EQ(guest.get("/api/v1/conversations").status, 403);
}

TEST_P(Journey, AQuestionIsAnsweredAskedBackAndHandedOver) {
  ASSERT_NO_FATAL_FAILURE(found());
  auto agent = office();
  ASSERT_EQ(agent.patch("/api/v1/session", {{"availability", "online"}}).status, 200);
  LiveSocket console(url, company.session);
  console.send(hello(std::nullopt));
  ASSERT_EQ(console.next()->at("type"), "welcome");

  const auto who = someone();
  auto guest = visitor(who.token);
  LiveSocket widget(url);
  widget.send(hello(std::nullopt, who.token));
  ASSERT_EQ(widget.next()->at("self").at("contact_id").as_int64(), who.contact);

  // Unclear: a question with buttons; the one taken is answered, with its source.
  const auto asked = say(guest, "发票", "q-1");
  ASSERT_EQ(asked.status, 201) << asked.text;
  const auto unclear = reply_to(widget);
  EXPECT_EQ(unclear.at("decision"), "clarify");
  const auto offered = choices(unclear);
  ASSERT_THAT(offered, Contains("article:T2"));
  ASSERT_EQ(guest.post("/api/v1/widget/messages", {{"client_id", "q-2"}, {"pick", "article:T2"}}).status,
            201);
  const auto answer = reply_to(widget);
  EXPECT_EQ(answer.at("decision"), "answer");
  EXPECT_EQ(answer.at("article_id"), "T2");
  EXPECT_EQ(first_text(answer), "在订单详情里申请,当天发到邮箱。");
  // What the visitor's client sends again is stored once.
  EXPECT_EQ(say(guest, "发票", "q-1")["message"].at("id"), asked["message"].at("id"));

  // A wish for a person: the conversation waits, is given to the agent who is there, and he sees it arrive.
  ASSERT_EQ(say(guest, "转人工", "q-3").status, 201);
  const auto given = console.until([&](const json::object& f) {
    return f.contains("data") && f.at("data").is_object() && f.at("data").as_object().contains("handler") &&
           f.at("data").at("handler") == "human";
  });
  ASSERT_TRUE(given) << "nobody was given the conversation";
  const auto id = given->at("conversation_id").as_int64();
  EXPECT_EQ(id, asked.id("conversation_id"));
  EXPECT_EQ(given->at("data").at("assignee_id").as_int64(), company.admin);
  EXPECT_GE(given->at("data").at("bot_attempts").as_int64(), 2);

  // He types, writes and reads; the visitor sees each of it, and never his id.
  console.send({{"type", "typing"}, {"conversation_id", id}, {"on", true}});
  ASSERT_TRUE(
      widget.until([](const json::object& f) { return f.at("type") == "typing" && f.at("who") == "agent"; }));
  const auto path = "/api/v1/conversations/" + std::to_string(id);
  const auto sent = agent.post(
      path + "/messages",
      {{"client_id", "a-1"}, {"kind", "text"}, {"blocks", {{{"type", "text"}, {"text", "您好,我来处理"}}}}});
  ASSERT_EQ(sent.status, 201) << sent.text;
  const auto note = agent.post(
      path + "/messages",
      {{"client_id", "a-2"}, {"kind", "note"}, {"blocks", {{{"type", "text"}, {"text", "老顾客"}}}}});
  ASSERT_EQ(note.status, 201) << note.text;
  const auto seen = widget.until(message_of("agent"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(first_text(seen->at("data").at("message")), "您好,我来处理");
  EXPECT_FALSE(seen->at("data").at("message").as_object().contains("sender_id"));
  widget.send({{"type", "read"}, {"conversation_id", id}, {"message_id", sent.id()}});
  ASSERT_TRUE(console.until([&](const json::object& f) {
    return is_event(f, "conversation.read") && f.at("data").at("message_id").as_int64() == sent.id();
  }));

  // The end, the rating, and a thread in order without the note.
  ASSERT_EQ(agent.patch(path, {{"status", "resolved"}}).status, 200);
  EXPECT_EQ(guest.post("/api/v1/widget/rating", {{"rating", 5}})["rating"].as_int64(), 5);
  const auto thread = guest.get("/api/v1/widget/conversation");
  std::int64_t last = 0;
  std::map<std::string, int> said;
  for (const auto& m : thread["messages"].as_array()) {
    EXPECT_GT(m.at("id").as_int64(), last);
    last = m.at("id").as_int64();
    ++said[std::string(m.at("sender").as_string())];
    EXPECT_NE(m.at("kind"), "note");
  }
  EXPECT_EQ(said["visitor"], 3);
  EXPECT_EQ(said["agent"], 1);
  EXPECT_EQ(agent
                .get("/api/v1/messages/search?q="
                     "%E5%A4%84%E7%90%86")["items"]
                .as_array()
                .size(),
            1u);
}

TEST_P(Journey, AClearQuestionIsAnsweredWithItsSource) {
  const std::string models = std::string(ZK_SOURCE_DIR) + "/models";
  if (!std::filesystem::exists(models + "/libonnxruntime.so"))
    GTEST_SKIP() << "set up without models (tools/setup --lexical-only)";
  ASSERT_NO_FATAL_FAILURE(found({"models.lexical_only=false", "models.dir=" + models}));
  const auto who = someone();
  auto guest = visitor(who.token);
  LiveSocket widget(url);
  widget.send(hello(std::nullopt, who.token));
  ASSERT_TRUE(widget.next());
  ASSERT_EQ(say(guest, "退款多久到账？", "q-1").status, 201);
  const auto answer = reply_to(widget);
  EXPECT_EQ(answer.at("decision"), "answer");
  EXPECT_EQ(answer.at("article_question"), "退款多久到账");
  auto agent = office();
  const auto trace = agent.get("/api/v1/messages/" + std::to_string(answer.at("id").as_int64()) + "/trace");
  EXPECT_GT(trace["stages"].as_array().size(), 2u);

  // An edit that goes live at once: the next answer has the new words.
  ASSERT_EQ(agent.patch("/api/v1/settings", {{"publishing", "at_once"}}).status, 200);
  const auto generation = [&] { return agent.get("/api/v1/knowledge/status").id("generation"); };
  const auto before = generation();
  const auto article = agent.get("/api/v1/articles/T1");
  ASSERT_EQ(article.status, 200) << article.text;
  agent.if_match = "\"1\"";
  const auto changed = agent.call(
      "PUT", "/api/v1/articles/T1",
      json::serialize(json::object{{"question", "退款多久到账"},
                                   {"similar", article["similar"]},
                                   {"answer", {{{"type", "text"}, {"text", "退款在两天内退回。"}}}},
                                   {"status", "published"}}));
  ASSERT_EQ(changed.status, 200) << changed.text;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (generation() == before)
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the edit is not taken in";
  ASSERT_EQ(say(guest, "退款多久到账？", "q-2").status, 201);
  EXPECT_EQ(first_text(reply_to(widget)), "退款在两天内退回。");
}

// A screen that keeps the numbers of all events it was shown.
class Diary {
 public:
  void read(LiveSocket& screen, const std::function<bool(const json::object&)>& last) {
    while (true) {
      const auto f = screen.next(std::chrono::seconds(20));
      ASSERT_TRUE(f) << "events are missing after " << (seqs.empty() ? 0 : seqs.back());
      ASSERT_NE(f->at("type"), "reset");
      if (f->at("type") != "event") continue;
      seqs.push_back(f->at("seq").as_int64());
      if (last(*f)) return;
    }
  }
  void read_to(LiveSocket& screen, std::int64_t seq) {
    if (seqs.empty() || seqs.back() < seq)
      read(screen, [seq](const json::object& f) { return f.at("seq").as_int64() >= seq; });
  }
  std::vector<std::int64_t> seqs;
};

// Two screens go to sleep, the server restarts meanwhile, they come back: each has every event once.
TEST_P(Journey, ResumingLosesAndDoublesNothingAcrossARestart) {
  ASSERT_NO_FATAL_FAILURE(found());
  const auto who = someone();
  Diary agents, visitors;
  int said = 0;
  std::int64_t conversation = 0;
  const auto speak = [&](const std::string& text) {
    auto guest = visitor(who.token);
    const auto sent = say(guest, text, "s-" + std::to_string(++said));
    EXPECT_EQ(sent.status, 201) << sent.text;
    conversation = sent.id("conversation_id");
  };
  const auto last_seq = [&] { return Http(url).get("/readyz").id("events"); };
  const auto begin = last_seq();
  {
    LiveSocket console(url, company.session), widget(url);
    console.send(hello(std::nullopt));
    widget.send(hello(std::nullopt, who.token));
    ASSERT_EQ(console.next()->at("seq").as_int64(), begin);
    ASSERT_TRUE(widget.next());
    for (int i = 0; i < 5; ++i) speak("你们支持团购吗");
    const auto seq = last_seq();
    ASSERT_NO_FATAL_FAILURE(agents.read_to(console, seq));
    ASSERT_NO_FATAL_FAILURE(visitors.read_to(widget, seq));
  }
  for (int i = 0; i < 5; ++i) speak("你们支持团购吗");  // while both sleep
  stop();
  ASSERT_NO_FATAL_FAILURE(start());
  for (int i = 0; i < 5; ++i) speak("你们支持团购吗");
  LiveSocket console(url, company.session), widget(url);
  console.send(hello(agents.seqs.back()));
  widget.send(hello(visitors.seqs.back(), who.token));
  for (int i = 0; i < 5; ++i) speak("你们支持团购吗");  // while both catch up
  speak("转人工");
  // Turns are in order: when this one has handed over, all are done. One more change is then the last event.
  ASSERT_NO_FATAL_FAILURE(agents.read(console, [](const json::object& f) {
    const auto* data = f.at("data").if_object();
    return data != nullptr && data->contains("handler") && data->at("handler") == "waiting";
  }));
  auto agent = office();
  ASSERT_EQ(agent.patch("/api/v1/conversations/" + std::to_string(conversation), {{"priority", 2}}).status,
            200);
  const auto end = last_seq();
  ASSERT_NO_FATAL_FAILURE(agents.read_to(console, end));
  ASSERT_NO_FATAL_FAILURE(visitors.read_to(widget, end));

  std::vector<std::int64_t> for_agents, for_visitor;
  for (auto after = begin; after < end;) {
    const auto page = agent.get("/api/v1/events?limit=100&after=" + std::to_string(after));
    ASSERT_EQ(page.status, 200) << page.text;
    for (const auto& e : page["items"].as_array()) {
      after = e.at("seq").as_int64();
      for_agents.push_back(after);
      if (e.at("kind") != "conversation.created") for_visitor.push_back(after);
    }
  }
  EXPECT_THAT(agents.seqs, ElementsAreArray(for_agents));
  EXPECT_THAT(visitors.seqs, ElementsAreArray(for_visitor));
  EXPECT_GT(agents.seqs.size(), 40u);
}

}  // namespace
}  // namespace zk::integration
