// Masked on the way in, revealed with a reason, found by number, erased for good: as the console calls it.
#include "api/tests/whole_table.hpp"
#include "vault/vault.hpp"

namespace zk::api {
namespace {

constexpr storage::Query kEntries{"test.entries", "SELECT COUNT(*) FROM vault_entry"};
constexpr storage::Query kClear{"test.clear",
                                "SELECT COUNT(*) FROM message WHERE text LIKE '%13812345678%' OR blocks LIKE '%13812345678%'"};

struct Sealing {  // before the server that refers to it
  vault::Vault vault{vault::KeyFile::fresh(), {}};
  SilentBot silent;
  std::unique_ptr<conversation::Service> talk;
};

class PersonalDataTest : private Sealing, public ApiTest {
 protected:
  PersonalDataTest()
      : ApiTest([this](ApiTest& t) {
          auto& base = t;
          talk = conversation::Service::start(*base.db, base.clock, conversation::Intake(&vault), silent, {}).value();
          Made made;
          for (auto routes : {contact_routes(*talk), personal_data_routes(*talk), widget_routes(*talk, base.auth, {})})
            made.routes.insert(made.routes.end(), routes.begin(), routes.end());
          made.accept = live_sockets(*talk, base.auth, base.clock, base.pool);
          return made;
        }) {}
  ~PersonalDataTest() override {
    pool.stop();
    talk->stop();
  }
  void SetUp() override {
    admin = signed_in(Role::kAdmin);
    const auto inbox = call("POST", "/api/v1/inboxes", admin, R"({"name":"网站"})");
    const auto secret = inbox.text("identity_secret");
    const json::object user{{"external_id", "13812345678"},
                            {"hash", auth::hex(auth::hmac_sha256(secret, "13812345678"))},
                            {"name", "沈若溪"},
                            {"phone", "13812345678"},
                            {"attributes", {{"备用", 13900001111}, {"等级", "金卡"}}}};
    const auto session = call("POST", "/api/v1/widget/sessions", {},
                              json::serialize(json::object{{"website_token", inbox.text("website_token")}, {"user", user}}));
    ASSERT_EQ(session.status, 200) << session.response.body;
    contact = std::to_string(session.body.at("contact").at("id").as_int64());
    visitor = {.bearer = session.text("visitor_token")};
  }
  Answer reveal(std::int64_t mark, const Credentials& who, const std::string& reason = "核对") {
    return call("POST", "/api/v1/personal-data/" + std::to_string(mark) + "/reveal", who,
                json::serialize(json::object{{"reason", reason}}));
  }
  json::array found(const std::string& q) {
    return call("POST", "/api/v1/contacts/search", admin, json::serialize(json::object{{"q", q}})).body.at("items").as_array();
  }
  Answer profile() { return call("GET", "/api/v1/contacts/" + contact, admin); }
  Credentials admin, visitor;
  std::string contact;
};

TEST_F(PersonalDataTest, AContactIsMaskedAndFoundByHisNumber) {
  const auto c = profile().body;
  EXPECT_EQ(c.at("name").as_string(), "沈**");
  EXPECT_EQ(c.at("phone").as_string(), "138****5678");
  EXPECT_EQ(c.at("attributes").at("备用").as_string(), "139****1111");
  EXPECT_EQ(c.at("attributes").at("等级").as_string(), "金卡");
  EXPECT_TRUE(c.at("external_id").as_string().starts_with("138****5678#"));
  EXPECT_EQ(c.at("personal").as_array().size(), 3u);
  for (const auto* q : {"138 1234 5678", "＋86 13812345678", "13900001111", "沈若溪"}) EXPECT_EQ(found(q).size(), 1u) << q;
  EXPECT_TRUE(found("13812345679").empty());
  // The console sends a masked form back as it is: nothing is lost.
  EXPECT_EQ(call("PATCH", "/api/v1/contacts/" + contact, admin, R"({"name":"沈**","attributes":{"备用":"139****1111"}})").status, 200);
  EXPECT_EQ(found("13900001111").size(), 1u);
  EXPECT_EQ(profile().body.at("personal").as_array().size(), 3u);
}

TEST_F(PersonalDataTest, RevealNeedsPermissionAndReasonAndIsAudited) {
  const auto sent = call("POST", "/api/v1/widget/messages", visitor, R"({"client_id":"c-1","text":"打13812345678找我"})");
  ASSERT_EQ(sent.status, 201) << sent.response.body;
  EXPECT_EQ(sent.body.at("message").as_object().if_contains("personal"), nullptr);  // the visitor sees no marks
  EXPECT_EQ(count(kClear), 0);
  const auto mark = profile().body.at("personal").at(0).at("id").as_int64();
  EXPECT_EQ(reveal(mark, signed_in(Role::kAgent)).status, 403);
  EXPECT_EQ(reveal(mark, admin, " ").status, 422);
  const auto shown = reveal(mark, admin, "回访13812345678");
  ASSERT_EQ(shown.status, 200) << shown.response.body;
  EXPECT_EQ(shown.text("value"), "沈若溪");
  EXPECT_EQ(shown.header("cache-control"), "no-store");
  EXPECT_EQ(reveal(mark + 1000, admin).status, 404);
  const auto row = call("GET", "/api/v1/audit", admin).body.at("items").at(0);
  EXPECT_EQ(row.at("action").as_string(), "personal_data.revealed");
  EXPECT_EQ(row.at("target").as_string(), "contact:" + contact);
  EXPECT_EQ(json::serialize(row).find("13812345678"), std::string::npos);
}

TEST_F(PersonalDataTest, ErasedIsGoneAndTheConversationStays) {
  ASSERT_EQ(call("POST", "/api/v1/widget/messages", visitor, R"({"client_id":"c-1","text":"打13812345678找我"})").status, 201);
  ASSERT_EQ(call("POST", "/api/v1/contacts/" + contact + "/notes", admin, R"({"text":"备用电话13900002222"})").status, 201);
  const auto mark = profile().body.at("personal").at(0).at("id").as_int64();
  EXPECT_EQ(call("POST", "/api/v1/contacts/" + contact + "/erase", signed_in(Role::kAgent), R"({"reason":"x"})").status, 403);
  const auto erased = call("POST", "/api/v1/contacts/" + contact + "/erase", admin, R"({"reason":"本人要求"})");
  ASSERT_EQ(erased.status, 200) << erased.response.body;
  EXPECT_EQ(erased.body.at("name").as_string(), "");
  EXPECT_FALSE(erased.body.at("erased_at").is_null());
  EXPECT_EQ(erased.body.at("conversation_count").as_int64(), 1);
  EXPECT_EQ(reveal(mark, admin).status, 404);
  EXPECT_EQ(count(kEntries), 0);
  EXPECT_TRUE(found("13812345678").empty());
  EXPECT_TRUE(call("GET", "/api/v1/contacts/" + contact + "/notes", admin).body.at("items").as_array().empty());
  EXPECT_EQ(call("GET", "/api/v1/audit", admin).body.at("items").at(0).at("action").as_string(), "personal_data.erased");
}

}  // namespace
}  // namespace zk::api
