#include "app/demo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <thread>

#include "api/agents.hpp"
#include "app/demo_data.hpp"
#include "app/flows.hpp"
#include "auth/password.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "guard/forbidden.hpp"
#include "intent/store.hpp"
#include "knowledge/import.hpp"

namespace zk::app {
namespace json = boost::json;
using conversation::BotReply;
using conversation::Conversations;
using storage::Query;
using storage::Tx;

namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr const char* kAdminEmail = "admin@qinghe.example";

constexpr Query kInboxes{"demo.inboxes", "SELECT id, website_token, identity_secret FROM inbox ORDER BY id LIMIT 1"};
constexpr Query kConversationCount{"demo.conversations", "SELECT COUNT(*) FROM conversation"};
constexpr Query kAddTeam{"demo.add_team", "INSERT INTO team (name, created_at) VALUES ($1, $2) RETURNING id"};
constexpr Query kAddMember{"demo.add_member", "INSERT INTO team_agent (team_id, agent_id) VALUES ($1, $2)"};
constexpr Query kAddInbox{"demo.add_inbox", "INSERT INTO inbox (name, channel, website_token, identity_secret, team_id, settings, created_at, updated_at) VALUES ($1, 'web', $2, $3, $4, $5, $6, $6) RETURNING id"};
constexpr Query kAddLabel{"demo.add_label", "INSERT INTO label (name, color) VALUES ($1, $2) RETURNING id"};
constexpr Query kAddCanned{"demo.add_canned", "INSERT INTO canned_response (shortcut, title, blocks, updated_at) VALUES ($1, $2, $3, $4) RETURNING id"};
constexpr Query kSetSetting{"demo.set_setting", "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING"};
constexpr Query kSetAvailability{"demo.set_availability", "UPDATE agent SET availability = $2 WHERE id = $1"};
constexpr Query kAgents{"demo.agents", "SELECT id, name FROM agent WHERE role = 'agent' OR role = 'supervisor' ORDER BY id"};
constexpr Query kSetPassword{"demo.set_password", "UPDATE agent SET password_hash = $2, updated_at = $3 WHERE email = $1"};
constexpr Query kTeamNamed{"demo.team_named", "SELECT id FROM team WHERE name = $1"};
constexpr Query kLabelNamed{"demo.label_named", "SELECT id FROM label WHERE name = $1"};
constexpr Query kLabels{"demo.labels", "SELECT id FROM label ORDER BY id"};

struct Person {
  const char* email;
  const char* name;
  Role role;
  int team;  // 0-based
};
constexpr Person kPeople[] = {{"lina@qinghe.example", "李娜", Role::kSupervisor, 0}, {"wangqiang@qinghe.example", "王强", Role::kAgent, 0}, {"zhoumin@qinghe.example", "周敏", Role::kAgent, 0},
                              {"chenjie@qinghe.example", "陈洁", Role::kAgent, 1},     {"zhaolei@qinghe.example", "赵磊", Role::kAgent, 1},    {"sunyue@qinghe.example", "孙悦", Role::kAgent, 2}};
constexpr const char* kTeams[] = {"售前咨询", "售后服务", "企业团购"};
constexpr std::array<std::pair<const char*, const char*>, 5> kLabelList{{{"退换货", "#b45309"}, {"物流", "#1d4ed8"}, {"发票", "#6d28d9"}, {"投诉", "#b91c1c"}, {"企业客户", "#047857"}}};
struct Canned {
  const char* shortcut;
  const char* title;
  const char* text;
};
constexpr Canned kCanned[] = {{"hi", "问候", "您好，我是青禾的客服，很高兴为您服务，请问有什么可以帮您？"},
                              {"wait", "请稍等", "请稍等，我马上为您查询。"},
                              {"sorry", "致歉", "非常抱歉给您带来不便，我来为您处理。"},
                              {"refund", "退款时间", "退款会在仓库验货后1至2个工作日发起，原路退回您的付款账户，请您留意。"},
                              {"photo", "请发照片", "麻烦您拍一下商品和外箱的照片发到这里，我来登记。"},
                              {"bye", "结束语", "感谢您的来信，祝您生活愉快！如果满意，欢迎给我一个评价。"}};
constexpr const char* kNames[] = {"林小满", "何雨欣", "高俊杰", "许诺", "蒋欣怡", "郑浩然", "宋佳", "唐糖", "冯晨", "邓子涵", "曹阳", "彭悦", "萧然", "田甜", "董思远", "袁媛", "潘宁", "于洋", "蔡文", "余乐"};

json::object inbox_settings() {
  return {{"brand_color", "#2f6f4f"}, {"title", "青禾生活"}, {"greeting", "您好，我是青禾小助手。订单、退换货、会员、商品养护，都可以问我。"}, {"locale", "zh-CN"},
          {"suggested_questions", json::array{"退款多久到账？", "运费怎么算？", "四件套怎么选尺寸？", "怎么开发票？"}}, {"allowed_origins", json::array{}}, {"bot_enabled", true}, {"launcher_position", "right"}, {"require_identity", false}};
}

Status seed_people(Tx& tx, auth::Auth& auth, Timestamp now, std::vector<std::int64_t>& teams) {
  for (const char* name : kTeams) {
    ZK_TRY(const auto row, tx.one(kAddTeam, {name, now}));
    teams.push_back(row.integer(0));
  }
  ZK_TRY(const auto admin, api::add_agent(tx, auth.audit(), {.email = kAdminEmail, .name = "管理员", .role = Role::kAdmin, .capacity = 20}, "system", now));
  ZK_TRY_STATUS(tx.run(kSetAvailability, {admin, "online"}).map([](auto) {}));
  for (const auto& p : kPeople) {
    ZK_TRY(const auto id, api::add_agent(tx, auth.audit(), {.email = p.email, .name = p.name, .role = p.role}, "system", now));
    ZK_TRY_STATUS(tx.run(kAddMember, {teams[static_cast<std::size_t>(p.team)], id}).map([](auto) {}));
    ZK_TRY_STATUS(tx.run(kSetAvailability, {id, "online"}).map([](auto) {}));
  }
  return tx.run(kAddMember, {teams[0], admin}).map([](auto) {});
}

// What an online shop may not promise (advertising law), with phrases in which it is harmless.
const std::vector<std::pair<std::string, std::vector<std::string>>> kForbidden = {
    {"国家级", {}}, {"绝对有效", {}}, {"最低价", {"最低价保护"}}, {"百分之百退款", {}}};

Status seed_desk(Tx& tx, auth::Auth& auth, Timestamp now, std::int64_t team) {
  const auto token = auth::base64url(auth::random_bytes(16));
  const auto sealed = auth.sealer().seal(auth::random_token());
  ZK_TRY_STATUS(tx.one(kAddInbox, {"青禾生活官网", token, storage::Blob{sealed}, team, json::serialize(inbox_settings()), now}).map([](const auto&) {}));
  for (const auto& [name, color] : kLabelList) ZK_TRY_STATUS(tx.one(kAddLabel, {name, color}).map([](const auto&) {}));
  for (const auto& c : kCanned) {
    const auto blocks = blocks_to_json(text_blocks(c.text));
    ZK_TRY_STATUS(tx.one(kAddCanned, {c.shortcut, c.title, blocks, now}).map([](const auto&) {}));
  }
  for (const auto& [word, exceptions] : kForbidden)
    ZK_TRY_STATUS(guard::add(tx, {.word = word, .exceptions = exceptions, .author = "system", .created_at = now}).map([](const auto&) {}));
  // An edit shows in the next answer, so that a visitor of the demo sees it happen (docs/adr/0030).
  ZK_TRY_STATUS(tx.run(kSetSetting, {"publishing", "\"at_once\"", now}).map([](auto) {}));
  return tx.run(kSetSetting, {"company_name", "\"青禾生活\"", now}).map([](auto) {});
}

Status seed_intent(Tx& tx, const json::object& o, Timestamp now) {
  const auto text = [&](const char* name) {
    const auto* v = o.if_contains(name);
    return v ? std::string(v->as_string()) : std::string();
  };
  intent::Draft draft{.name = text("name"), .description = text("description")};
  for (const auto& e : o.at("examples").as_array()) draft.examples.emplace_back(e.as_string());
  ZK_TRY(draft.lead, intent::lead_of(text("leads_to")));
  draft.flow = text("flow");
  if (const auto* p = o.if_contains("priority")) draft.priority = p->to_number<int>();
  if (const auto team = text("team"); !team.empty()) {
    ZK_TRY(const auto row, tx.one(kTeamNamed, {team}));
    draft.team = row.id<TeamId>(0);
  }
  if (const auto label = text("label"); !label.empty()) {
    ZK_TRY(const auto row, tx.one(kLabelNamed, {label}));
    draft.label = row.id<LabelId>(0);
  }
  return intent::create(tx, std::move(draft), {"system", now}).map([](const auto&) {});
}

Status seed_intents(storage::Db& db, Timestamp now) {
  return db.write(after(kPatience), [&](Tx& tx) -> Status {
    const std::string_view text = demo_intents();
    for (std::size_t from = 0; from < text.size();) {
      const auto to = std::min(text.find('\n', from), text.size());
      if (to > from) ZK_TRY_STATUS(seed_intent(tx, json::parse(text.substr(from, to - from)).as_object(), now));
      from = to + 1;
    }
    return {};
  });
}

// --- history ---------------------------------------------------------------------------------------------------------

struct Case {
  std::string question, reply;
};

struct Material {
  std::vector<std::string> questions;  // customers' wordings of what the knowledge base answers
  std::vector<Case> cases;             // what only a person could answer
  std::vector<conversation::Actor> agents;
  std::vector<LabelId> labels;
  InboxId inbox;
};

std::vector<Case> read_cases() {
  std::vector<Case> out;
  const std::string_view text = demo_cases();
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find('\n', from), text.size());
    const auto line = text.substr(from, to - from);
    const auto tab = line.find('\t');
    if (!line.starts_with('#') && tab != std::string_view::npos) out.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
    from = to + 1;
  }
  return out;
}

Result<Material> material(storage::Db& db) {
  Material m;
  m.cases = read_cases();
  ZK_TRY(const auto rows, knowledge::read_articles(demo_articles(), knowledge::Format::kJsonl));
  for (const auto& row : rows)
    if (row.article && row.article->valid_until == Timestamp{})
      for (const auto& s : row.article->similar) m.questions.push_back(s);
  ZK_TRY_STATUS(db.read(after(kPatience), [&](Tx& tx) -> Status {
    m.agents.clear();
    m.labels.clear();
    ZK_TRY(const auto inbox, tx.one(kInboxes));
    m.inbox = inbox.id<InboxId>(0);
    ZK_TRY(const auto agents, tx.all(kAgents));
    for (const auto& a : agents) m.agents.push_back(conversation::agent_actor(a.id<AgentId>(0), a.text(1)));
    ZK_TRY(const auto labels, tx.all(kLabels));
    for (const auto& l : labels) m.labels.push_back(l.id<LabelId>(0));
    return {};
  }));
  return m;
}

// One past conversation, lived through with its own clock.
class Past {
 public:
  Past(storage::Db& db, const conversation::Intake& intake, conversation::Inboxes& inboxes, conversation::Responder& responder, const Material& m, Timestamp start, std::uint64_t customers, std::uint64_t seed)
      : clock_(start), random_(seed), material_(m), responder_(responder), contacts_(db, clock_, intake), conversations_(db, clock_, intake, inboxes), customers_(customers), seed_(seed) {
    // Times and agents are the script's: nothing acts by itself.
    conversations_.connect({.turn_due = [](ConversationId, const auto&) { return true; }, .queue_changed = [] {}, .available = [](AgentId) { return true; }, .position = {}});
  }

  Status live(bool finish) {
    conversation::Visit visit;
    visit.locale = "zh-CN";
    visit.page_url = "/demo/";
    if (random_.below(3) > 0) {
      // Ten customers a worker: one person is never in two conversations at once.
      visit.external_id = fmt::format("C{}", 1000 + customers_ * 10 + random_.below(10));
      visit.name = kNames[random_.below(std::size(kNames))];
      visit.attributes = fmt::format(R"({{"会员等级":"{}","累计订单":{}}})", std::array{"新芽", "银叶", "金叶", "常青"}[random_.below(4)], random_.below(30));
    }
    ZK_TRY(const auto contact, contacts_.visit(visit, after(kPatience)));
    contact_ = contact.id;
    const bool needs_person = random_.below(5) == 0;
    if (!needs_person) return bot_only(finish);
    return with_person(material_.cases[random_.below(material_.cases.size())], finish);
  }

 private:
  Result<conversation::Posted> say(const std::string& text, const std::string& pick = {}) {
    auto posted = conversations_.post_visitor({contact_, material_.inbox, fmt::format("demo-{}-{}", seed_, ++said_), pick.empty() ? text_blocks(text) : Blocks{}, pick, "zh-CN"}, after(kPatience));
    if (posted) id_ = posted->conversation.id;
    return posted;
  }
  void wait(std::int64_t from_s, std::int64_t to_s) { clock_.advance(std::chrono::seconds(from_s + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(to_s - from_s))))); }

  // The bot's turn, as the server would run it. The reply, so that a button can be taken.
  Result<std::optional<BotReply>> bot() {
    ZK_TRY(const auto due, conversations_.due_turn(id_, after(kPatience)));
    if (!due) return std::optional<BotReply>{};
    ZK_TRY(auto reply, responder_.reply(*due, after(kPatience)));
    clock_.advance(std::chrono::milliseconds(40));
    ZK_TRY([[maybe_unused]] const bool said, conversations_.finish_turn(*due, reply, after(kPatience)));
    return std::optional(std::move(reply));
  }

  Status bot_only(bool finish) {
    const int questions = 1 + static_cast<int>(random_.below(2));
    for (int i = 0; i < questions; ++i) {
      ZK_TRY_STATUS(say(material_.questions[random_.below(material_.questions.size())]).map([](const auto&) {}));
      ZK_TRY(const auto reply, bot());
      wait(15, 90);
      if (!reply || reply->handover) return finish ? person("您好，我来为您处理，请稍等。", finish) : Status{};
      if (reply->decision == "clarify")
        for (const auto& block : reply->blocks)
          if (const auto* buttons = std::get_if<ButtonsBlock>(&block); buttons && !buttons->choices.empty()) {
            ZK_TRY_STATUS(say("", buttons->choices[0].id).map([](const auto&) {}));
            ZK_TRY_STATUS(bot().map([](const auto&) {}));
            wait(15, 60);
            break;
          }
    }
    if (!finish) return {};
    if (random_.below(2)) {
      ZK_TRY_STATUS(say("好的谢谢").map([](const auto&) {}));
      ZK_TRY_STATUS(bot().map([](const auto&) {}));
    }
    wait(60, 600);
    return close(conversation::system_actor());
  }

  Status with_person(const Case& c, bool finish) {
    ZK_TRY_STATUS(say(c.question).map([](const auto&) {}));
    ZK_TRY(const auto reply, bot());
    wait(5, 40);
    if (reply && !reply->handover) ZK_TRY_STATUS(conversations_.ask_for_human(contact_, material_.inbox, "zh-CN", after(kPatience)).map([](const auto&) {}));
    return finish ? person(c.reply, true) : Status{};
  }

  Status person(const std::string& text, bool finish) {
    const auto& actor = material_.agents[random_.below(material_.agents.size())];
    wait(20, 150);
    ZK_TRY_STATUS(conversations_.post_agent({id_, actor, fmt::format("demo-a-{}-{}", seed_, ++said_), MessageKind::kText, text_blocks(text)}, after(kPatience)).map([](const auto&) {}));
    wait(20, 120);
    ZK_TRY_STATUS(say("好的，麻烦你了").map([](const auto&) {}));
    if (random_.below(3) == 0) ZK_TRY_STATUS(conversations_.post_agent({id_, actor, fmt::format("demo-n-{}-{}", seed_, ++said_), MessageKind::kNote, text_blocks("已登记，明天回访一次。")}, after(kPatience)).map([](const auto&) {}));
    if (!finish) return {};
    conversation::Change labels;
    labels.labels = std::vector<LabelId>{material_.labels[random_.below(material_.labels.size())]};
    ZK_TRY_STATUS(conversations_.change(id_, labels, actor, after(kPatience)).map([](const auto&) {}));
    wait(60, 900);
    return close(actor);
  }

  Status close(const conversation::Actor& by) {
    conversation::Change change;
    change.status = ConversationStatus::kResolved;
    ZK_TRY_STATUS(conversations_.change(id_, change, by, after(kPatience)).map([](const auto&) {}));
    if (random_.below(3) > 0) return {};
    const int rating = std::array{5, 5, 5, 4, 4, 3}[random_.below(6)];
    return conversations_.rate(contact_, material_.inbox, rating, rating == 5 ? "很满意" : "", after(kPatience)).map([](const auto&) {});
  }

  ManualClock clock_;
  Random random_;
  const Material& material_;
  conversation::Responder& responder_;
  conversation::Contacts contacts_;
  Conversations conversations_;
  const std::uint64_t customers_, seed_;
  ContactId contact_;
  ConversationId id_;
  int said_ = 0;
};

// A time of day when people write: mostly between nine and twenty-two o'clock in China.
Timestamp start_of(Random& random, Timestamp now, int days_back) {
  const auto day = std::chrono::floor<std::chrono::days>(now) - std::chrono::days{days_back};
  const auto hour = 1 + static_cast<int>(random.below(13));  // UTC: 09:00 to 22:00 in China
  return std::chrono::time_point_cast<Micros>(day) + std::chrono::hours{hour} + std::chrono::seconds{static_cast<long>(random.below(3600))};
}

}  // namespace

Status seed_demo_company(storage::Db& db, auth::Auth& auth, const Clock& clock, const flow::Actions& actions) {
  ZK_TRY(const bool there, db.read(after(kPatience), [](Tx& tx) -> Result<bool> {
    ZK_TRY(const auto inbox, tx.maybe(kInboxes));
    return inbox.has_value();
  }));
  if (there) return {};
  ZK_TRY_STATUS(db.write(after(kPatience), [&](Tx& tx) -> Status {
    std::vector<std::int64_t> teams;
    ZK_TRY_STATUS(seed_people(tx, auth, clock.now(), teams));
    return seed_desk(tx, auth, clock.now(), teams[0]);
  }));
  ZK_TRY(const auto report, knowledge::import_articles(db, clock, demo_articles(), knowledge::Format::kJsonl, {.author = "system"}));
  if (!report.refused.empty()) return fail(ErrorCode::kInternal, "the demo's knowledge base was not accepted", {}, report.refused[0].reason);
  ZK_TRY_STATUS(publish_flows(db, {{"refund_time.yaml", std::string(demo_refund_flow())}}, &actions, "system", clock.now()).map([](const auto&) {}));
  return seed_intents(db, clock.now());
}

Status seed_demo_history(storage::Db& db, const Clock& clock, const conversation::Intake& intake, conversation::Responder& responder, const DemoHistory& history) {
  ZK_TRY(const auto count, db.read(after(kPatience), [](Tx& tx) -> Result<std::int64_t> {
    ZK_TRY(const auto row, tx.one(kConversationCount));
    return row.integer(0);
  }));
  if (count > 0) return {};
  ZK_TRY(const auto m, material(db));
  conversation::Inboxes inboxes(db);
  Random random(history.seed);
  std::vector<Timestamp> starts;
  for (int i = 0; i < history.conversations; ++i) starts.push_back(start_of(random, clock.now(), 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(history.days)))));
  std::sort(starts.begin(), starts.end());
  // Side by side, so that their commits are grouped; what each says depends on its own seed only.
  constexpr int kWorkers = 16;
  std::vector<Status> results(kWorkers);
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w)
    workers.emplace_back([&, w] {
      for (std::size_t i = static_cast<std::size_t>(w); i < starts.size() && results[static_cast<std::size_t>(w)]; i += kWorkers)
        results[static_cast<std::size_t>(w)] = Past(db, intake, inboxes, responder, m, starts[i], static_cast<std::uint64_t>(w), history.seed * 1000 + i).live(true);
    });
  for (auto& t : workers) t.join();
  for (auto& r : results) ZK_TRY_STATUS(std::move(r));
  // A few that are going on now, so that there is something to do.
  for (std::uint64_t i = 0; i < 5; ++i)
    ZK_TRY_STATUS(Past(db, intake, inboxes, responder, m, clock.now() - std::chrono::minutes(static_cast<long>(4 * (i + 1))), kWorkers + i, history.seed * 1'000'000 + i).live(false));
  return {};
}

Result<SignIn> demo_sign_in(storage::Db& db, const Clock& clock) {
  SignIn out{kAdminEmail, auth::base64url(auth::random_bytes(9))};
  ZK_TRY(const auto hash, auth::hash_password(out.password));
  ZK_TRY_STATUS(db.write(after(kPatience), [&](Tx& tx) { return tx.run(kSetPassword, {kAdminEmail, hash, clock.now()}).map([](auto) {}); }));
  return out;
}

Result<std::string> demo_config(storage::Db& db) {
  ZK_TRY(const auto row, db.read(after(kPatience), [](Tx& tx) { return tx.one(kInboxes); }));
  return json::serialize(json::object{{"website_token", row.text(1)}});
}

Result<std::string> demo_identity(storage::Db& db, const auth::Auth& auth) {
  ZK_TRY(const auto row, db.read(after(kPatience), [](Tx& tx) { return tx.one(kInboxes); }));
  ZK_TRY(const auto secret, auth.sealer().open(row.text(2)));
  const std::string customer = "C2001";
  return json::serialize(json::object{{"external_id", customer}, {"hash", auth::hex(auth::hmac_sha256(secret, customer))}, {"name", "沈若溪"}, {"attributes", json::object{{"会员等级", "金叶"}, {"累计订单", 12}, {"最近订单", "202611200018"}}}});
}

DemoVisitor::DemoVisitor(storage::Db& db, conversation::Service& service, std::uint64_t seed) : db_(db), service_(service), state_(seed) {
  job_ = std::make_unique<exec::Periodic>(exec::PeriodicOptions{"demo-visitor", std::chrono::seconds(6)}, [this] {
    if (on_) ask();
  });
}

DemoVisitor::~DemoVisitor() { job_->stop(); }

void DemoVisitor::ask() {
  const auto run = [&]() -> Status {
    ZK_TRY(const auto m, material(db_));
    Random random(state_++);
    conversation::Visit visit;
    visit.locale = "zh-CN";
    visit.page_url = "/demo/";
    ZK_TRY(const auto contact, service_.contacts().visit(visit, after(kPatience)));
    const bool person = random.below(4) == 0;
    const std::string text = person ? m.cases[random.below(m.cases.size())].question : m.questions[random.below(m.questions.size())];
    return service_.conversations().post_visitor({contact.id, m.inbox, fmt::format("visitor-{}", state_), text_blocks(text), "", "zh-CN"}, after(kPatience)).map([](const auto&) {});
  };
  if (const auto s = run(); !s) log::warn("demo", "simulated visitor failed code={}", to_string(s.error().code));
}

std::vector<api::Route> demo_routes(DemoVisitor& visitor) {
  static const api::Schema kSwitch = api::is::object("DemoSwitch", {{"on", api::is::boolean(), api::kRequired}});
  std::vector<api::Route> routes;
  routes.push_back({.method = api::Method::kPost,
                    .path = "/api/v1/demo/simulate",
                    .access = Permission::kSettingsWrite,
                    .summary = "Switch the simulated visitor on or off (demo only)",
                    .body = kSwitch,
                    .reply = kSwitch,
                    .repeat = api::Repeat::kNatural,
                    .handler = [&visitor](api::Context& c) -> Result<api::Reply> {
                      visitor.turn(c.body().boolean("on"));
                      return api::Context::json(json::object{{"on", visitor.is_on()}});
                    }});
  return routes;
}

}  // namespace zk::app
