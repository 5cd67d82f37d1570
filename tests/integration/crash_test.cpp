// The server is killed again and again while visitors write, a person answers and the bot replies. What was
// acknowledged must be there once and in order, and everything derived must say what the messages say.
//
// The moments come from one seed (ZK_SEED, printed); the load itself is as the machine schedules it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/random.hpp"
#include "conversation/message_search.hpp"
#include "conversation/writer.hpp"
#include "domain/block.hpp"
#include "search/archive.hpp"
#include "tests/integration/company.hpp"

namespace zk::integration {
namespace {
using storage::Query;
using storage::Row;
using storage::Tx;

constexpr int kKills = 30;
constexpr int kWriters = 6;               // threads of visitors
constexpr int kNewVisitorsEachRound = 3;  // of each thread: with 6 of them below what one address may open
constexpr std::int64_t kSeeded =
    search::MessageArchive::kBlock - 300;  // so that a block of the archive fills under load
constexpr std::size_t kPhrases = 7;
constexpr const char* kPhrase[kPhrases] = {"退款多久到账", "怎么开电子发票", "发票抬头写错了怎么改",
                                           "快递到哪了",   "转人工",         "你们支持团购吗",
                                           "谢谢"};

Deadline soon() { return after(std::chrono::seconds(60)); }

// One message that has to arrive: sent again until the server says it has it.
struct Sent {
  std::string client_id, text;
};
struct Acknowledged {
  std::string client_id, text;  // the text as the server stored it
  std::int64_t id = 0, conversation = 0;
};
struct Writer {
  std::string bearer;
  std::int64_t sender = 0;
  std::optional<Sent> pending;
  std::vector<Acknowledged> acknowledged;  // in this order
  int said = 0;
};

// Where the server is now, for the threads that write to it.
class Address {
 public:
  void set(std::string url) {
    const std::lock_guard lock(mutex_);
    url_ = std::move(url);
    ++generation_;
    changed_.notify_all();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  bool over() const {
    const std::lock_guard lock(mutex_);
    return over_;
  }
  // Waits for another server than `generation`'s; "" when the load ends.
  std::string next(int& generation) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || (generation_ > generation && !url_.empty()); });
    generation = generation_;
    return over_ ? "" : url_;
  }
  void count() {
    const std::lock_guard lock(mutex_);
    ++acknowledged_;
    changed_.notify_all();
  }
  // Returns when that many more were acknowledged, or after `limit`.
  void wait_for(int more, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto goal = acknowledged_ + more;
    changed_.wait_for(lock, limit, [&] { return acknowledged_ >= goal; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string url_;
  int generation_ = 0, acknowledged_ = 0;
  bool over_ = false;
};

// The visitors of one thread.
class Crowd {
 public:
  Crowd(int number, std::uint64_t seed, const Company& company, Address& address)
      : number_(number), random_(seed), company_(company), address_(address) {}

  void run() {
    int generation = 0;
    for (auto url = address_.next(generation); !url.empty(); url = address_.next(generation)) {
      Http http(url, std::chrono::seconds(20));
      for (int i = 0; i < kNewVisitorsEachRound; ++i)
        if (!come(http)) break;
      while (!visitors_.empty() && !address_.over()) {
        auto& one = visitors_[random_.below(visitors_.size())];
        if (!(random_.below(20) == 0 ? repeat(http, one) : write(http, one))) break;
      }
    }
  }

  std::vector<Writer> visitors_;
  std::vector<std::string> surprises_;  // answers that should not come

 private:
  bool come(Http& http) {
    const auto opened = http.post("/api/v1/widget/sessions", {{"website_token", company_.website_token}});
    if (opened.status == 429) return true;
    if (opened.status != 200) return surprised(opened);
    visitors_.push_back({.bearer = std::string(opened["visitor_token"].as_string()),
                         .sender = opened["contact"].as_object().at("id").as_int64()});
    return true;
  }

  Answer send(Http& http, const Writer& who, const std::string& client_id, const std::string& text) {
    http.bearer = who.bearer;
    auto answer = http.post("/api/v1/widget/messages", {{"client_id", client_id}, {"text", text}});
    http.bearer.clear();
    return answer;
  }

  // False: the server is gone.
  bool write(Http& http, Writer& who) {
    if (!who.pending) {
      ++who.said;
      const auto name =
          std::to_string(number_) + "." + std::to_string(who.sender) + "." + std::to_string(who.said);
      who.pending = Sent{name, std::string(kPhrase[random_.below(kPhrases)]) + " " + name};
    }
    const auto answer = send(http, who, who.pending->client_id, who.pending->text);
    if (answer.status == 429) return true;  // too much of this visitor; another one speaks
    if (answer.status != 201) return surprised(answer);
    const auto& message = answer["message"].as_object();
    who.acknowledged.push_back({who.pending->client_id,
                                std::string(message.at("blocks").at(0).at("text").as_string()),
                                message.at("id").as_int64(), answer.id("conversation_id")});
    who.pending.reset();
    address_.count();
    return true;
  }

  // What was acknowledged is sent again: the same message must come back.
  bool repeat(Http& http, Writer& who) {
    if (who.acknowledged.empty()) return true;
    const auto& one = who.acknowledged[random_.below(who.acknowledged.size())];
    const auto answer = send(http, who, one.client_id, one.text);
    if (answer.status == 429) return true;
    if (answer.status != 201) return surprised(answer);
    if (answer["message"].as_object().at("id").as_int64() != one.id)
      surprises_.push_back("a repeated message became another one: " + one.client_id);
    return true;
  }

  bool surprised(const Answer& answer) {
    if (answer.status != 0) surprises_.push_back(std::to_string(answer.status) + " " + answer.text);
    return answer.status != 0;
  }

  const int number_;
  Random random_;
  const Company& company_;
  Address& address_;
};

// The person: answers who waits, resolves every other conversation.
class Desk {
 public:
  Desk(std::uint64_t seed, const Company& company, Address& address)
      : random_(seed), company_(company), address_(address) {
    agent_.sender = company.admin;
  }

  void run() {
    int generation = 0;
    for (auto url = address_.next(generation); !url.empty(); url = address_.next(generation)) {
      auto office = company_.office(url);
      while (!address_.over() && serve(office)) continue;
    }
  }

  Writer agent_;
  std::vector<std::string> surprises_;

 private:
  bool serve(Http& office) {
    if (!conversation_) {
      const auto open = office.get("/api/v1/conversations?status=open&limit=50");
      if (open.status != 200) return surprised(open);
      const auto& items = open["items"].as_array();
      if (items.empty()) return true;
      conversation_ = items[random_.below(items.size())].at("id").as_int64();
      ++agent_.said;
      agent_.pending = Sent{"a." + std::to_string(agent_.said), "马上为您查 " + std::to_string(agent_.said)};
    }
    const auto path = "/api/v1/conversations/" + std::to_string(conversation_);
    const auto answer =
        office.post(path + "/messages", {{"client_id", agent_.pending->client_id},
                                         {"kind", "text"},
                                         {"blocks", {{{"type", "text"}, {"text", agent_.pending->text}}}}});
    if (answer.status != 201) return surprised(answer);
    agent_.acknowledged.push_back(
        {agent_.pending->client_id, agent_.pending->text, answer.id(), conversation_});
    address_.count();
    conversation_ = 0;
    if (random_.below(2) == 0) {
      const auto resolved = office.patch(path, {{"status", "resolved"}});
      if (resolved.status == 0) return false;
      if (resolved.status != 200) surprised(resolved);
    }
    return true;
  }
  bool surprised(const Answer& answer) {
    if (answer.status != 0) surprises_.push_back(std::to_string(answer.status) + " " + answer.text);
    return answer.status != 0;
  }

  Random random_;
  const Company& company_;
  Address& address_;
  std::int64_t conversation_ = 0;  // whose answer is not acknowledged yet
};

// What must be true of the database at any time.
class Ground {
 public:
  explicit Ground(const std::string& url) : db_(storage::Db::open({.url = url}).value()) {}
  storage::Db& db() { return *db_; }

  void check_rows() {
    EXPECT_TRUE(db_->integrity_check());
    static constexpr Query kEmpty{"test.empty",
                                  "SELECT id FROM conversation c WHERE NOT EXISTS (SELECT 1 FROM message m "
                                  "WHERE m.conversation_id = c.id)"};
    EXPECT_EQ(ids(kEmpty), std::vector<std::int64_t>{}) << "conversations without a message";
    static constexpr Query kStale{
        "test.stale",
        "SELECT id FROM (SELECT c.*, "
        "(SELECT MAX(m.id) FROM message m WHERE m.conversation_id = c.id AND m.kind <> 'note') AS last_id, "
        "(SELECT m.created_at FROM message m WHERE m.id = c.last_message_id) AS last_at, "
        "(SELECT MAX(m.id) FROM message m WHERE m.conversation_id = c.id AND m.sender = 'visitor') AS "
        "asked_id, "
        "(SELECT COUNT(*) FROM message m WHERE m.conversation_id = c.id AND m.sender = 'visitor' "
        "AND m.id > COALESCE(c.agent_read_id, 0)) AS unread FROM conversation c) AS t "
        "WHERE COALESCE(last_message_id, 0) <> last_id OR last_message_at <> last_at "
        "OR COALESCE(last_visitor_id, 0) <> asked_id OR unread_count <> unread"};
    EXPECT_EQ(ids(kStale), std::vector<std::int64_t>{})
        << "conversations whose row is not what their messages say";
    static constexpr Query kSaidTwice{
        "test.said_twice",
        "SELECT conversation_id FROM message GROUP BY conversation_id HAVING "
        "SUM(CASE sender WHEN 'bot' THEN 1 ELSE 0 END) > SUM(CASE sender WHEN 'visitor' THEN 1 ELSE 0 END)"};
    EXPECT_EQ(ids(kSaidTwice), std::vector<std::int64_t>{}) << "the bot said more than it was asked";
    static constexpr Query kPreviews{"test.previews",
                                     "SELECT c.id, c.preview, m.blocks FROM conversation c JOIN message m ON "
                                     "m.id = (SELECT MAX(t.id) FROM "
                                     "message t WHERE t.conversation_id = c.id AND t.kind = 'text')"};
    for (const auto& row : all(kPreviews))
      EXPECT_EQ(row.text(1), conversation::preview_of(blocks_from_json(row.text(2)).value()))
          << row.integer(0);
  }

  // Everything acknowledged once, in the order it was said; at the end at most the one that was still under
  // way.
  void check_writer(const Writer& w, std::string_view sender) {
    static constexpr Query kOf{"test.of",
                               "SELECT id, client_id, text, conversation_id FROM message WHERE sender = $1 "
                               "AND sender_id = $2 AND client_id <> '' ORDER BY id"};
    const auto rows = all(kOf, {sender, w.sender});
    const bool one_more =
        rows.size() == w.acknowledged.size() + 1 && w.pending && rows.back().text(1) == w.pending->client_id;
    ASSERT_EQ(rows.size(), w.acknowledged.size() + (one_more ? 1 : 0)) << "of " << sender << " " << w.sender;
    for (std::size_t i = 0; i < w.acknowledged.size(); ++i) {
      const auto& a = w.acknowledged[i];
      EXPECT_EQ(rows[i].text(1), a.client_id);
      EXPECT_EQ(rows[i].text(2), a.text);
      EXPECT_EQ(rows[i].integer(0), a.id);
      EXPECT_EQ(rows[i].integer(3), a.conversation);
    }
  }

  // Each message has one event, in the order of the messages; the last event of a conversation says what its
  // row says.
  void check_ledger(std::int64_t after_message) {
    std::vector<std::int64_t> told;
    std::map<std::int64_t, json::value> last;
    for (std::int64_t seq = 0;;) {
      const auto events = db_->events_after(seq, 1000).value();
      if (events.empty()) break;
      for (const auto& e : events) {
        if (e.conversation_id == 0) continue;
        auto data = json::parse(e.payload);
        if (e.kind == "message.created") told.push_back(data.at("message").at("id").as_int64());
        if (e.kind == "conversation.read")
          last.erase(e.conversation_id);
        else
          last[e.conversation_id] = e.kind.starts_with("message.") ? data.at("conversation") : data;
      }
      seq = events.back().seq;
    }
    static constexpr Query kNew{"test.new", "SELECT id FROM message WHERE id > $1 ORDER BY id"};
    EXPECT_EQ(told, ids(kNew, {after_message})) << "messages and their events";
    EXPECT_GT(last.size(), 100u);
    for (auto& [id, data] : last) {
      conversation::JsonWriter w;
      const auto row = db_->read(soon(),
                                 [&, c = ConversationId{id}](Tx& tx) {
                                   const conversation::QueuePosition none;
                                   return conversation::Writer(tx, {}, none).load(c);
                                 })
                           .value();
      write(w, row, conversation::Audience::kAgents, std::nullopt);
      data.as_object()["queue_position"] = nullptr;  // of that moment
      EXPECT_EQ(data, json::parse(w.str())) << "conversation " << id;
    }
  }

  // The archive as it was left is the archive made anew, and both are what a look at every text finds.
  void check_search(const std::string& file) {
    auto kept = search::MessageArchive::open(file).value();
    EXPECT_GT(kept->watermark(), 0) << "no block of the archive was written";
    auto fresh = std::make_unique<search::MessageArchive>();
    static constexpr Query kTexts{"test.texts", "SELECT id, text FROM message ORDER BY id"};
    const auto rows = all(kTexts);
    for (const auto& row : rows) ASSERT_TRUE(fresh->add(row.integer(0), row.text(1)));
    auto search = conversation::MessageSearch::start(*db_, std::move(kept)).value();
    ASSERT_TRUE(search->catch_up(soon()));
    const auto everything = static_cast<std::size_t>(kSeeded) * 4;
    EXPECT_EQ(search->archive().messages(), rows.size());
    for (const auto* phrase : {"退款", "发票抬头", "转人工", "马上为您查", "0.1", "历史", "抬头改"}) {
      const auto found = search->archive().find(phrase, search::kNewest, everything);
      EXPECT_EQ(found, fresh->find(phrase, search::kNewest, everything)) << phrase;
      const std::set<std::int64_t> among(found.begin(), found.end());
      for (const auto& row : rows)
        if (search::MessageArchive::contains(row.text(1), phrase)) {
          ASSERT_TRUE(among.contains(row.integer(0))) << phrase << " in " << row.text(1);
        }
    }
  }

  std::int64_t number(const Query& q) { return all(q).at(0).integer(0); }

 private:
  std::vector<Row> all(const Query& q, std::initializer_list<storage::Param> p = {}) {
    return db_->read(soon(), [&](Tx& tx) { return tx.all(q, p); }).value();
  }
  std::vector<std::int64_t> ids(const Query& q, std::initializer_list<storage::Param> p = {}) {
    std::vector<std::int64_t> out;
    for (const auto& row : all(q, p)) out.push_back(row.integer(0));
    return out;
  }
  std::unique_ptr<storage::Db> db_;
};

// The long past: one resolved conversation with as many messages as nearly fill a block of the archive.
void write_past(storage::Db& db, const Company& company) {
  static constexpr Query kContact{"test.contact", "INSERT INTO contact (name) VALUES ('旧客') RETURNING id"};
  static constexpr Query kConversation{"test.conversation",
                                       "INSERT INTO conversation (inbox_id, contact_id, status, resolved_at, "
                                       "created_at) VALUES ($1, $2, 'resolved', 1, 1) RETURNING id"};
  static constexpr Query kMessage{"test.message",
                                  "INSERT INTO message (conversation_id, sender, sender_id, blocks, text, "
                                  "created_at) VALUES ($1, 'visitor', $2, $3, $4, 1) RETURNING id"};
  static constexpr Query kLast{
      "test.last",
      "UPDATE conversation SET last_message_id = $2, last_visitor_id = $2, turn_done_id = $2, agent_read_id "
      "= $2, last_message_at = 1, preview = $3 WHERE id = $1"};
  const auto done = db.write(soon(), [&](Tx& tx) -> Result<int> {
    ZK_TRY(const auto contact, tx.one(kContact));
    ZK_TRY(const auto conversation, tx.one(kConversation, {company.inbox, contact.integer(0)}));
    std::int64_t last = 0;
    std::string text;
    for (std::int64_t i = 0; i < kSeeded; ++i) {
      text = "历史" + std::to_string(i) + kPhrase[static_cast<std::size_t>(i) % kPhrases];
      const auto blocks = json::serialize(json::array{{{"type", "text"}, {"text", text}}});
      ZK_TRY(const auto row, tx.one(kMessage, {conversation.integer(0), contact.integer(0), blocks, text}));
      last = row.integer(0);
    }
    ZK_TRY_STATUS(tx.run(kLast, {conversation.integer(0), last, text}).map([](auto) {}));
    return 0;
  });
  ASSERT_TRUE(done) << done.error().message << done.error().detail;
}

class Crash : public testing::Test {
 protected:
  Crash() {
    if (const char* given = std::getenv("ZK_SEED")) seed_ = std::strtoull(given, nullptr, 10);
    place_.data = dir_.file("data");
    RecordProperty("seed", std::to_string(seed_));
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
  }

  void found() {
    prepare(place_);
    Process server(place_.serve());
    const auto url = server.listening();
    ASSERT_TRUE(url) << server.said();
    company_ = found_company(*url);
    server.signal(SIGTERM);
    ASSERT_EQ(server.wait(), 0) << server.said();
    Ground ground("sqlite:" + file());
    write_past(ground.db(), company_);
    static constexpr Query kLast{"test.last_id", "SELECT MAX(id) FROM message"};
    past_ = ground.number(kLast);
  }
  std::string file() const { return place_.data + "/zhike.db"; }

  // Looks at a copy, so that what mends the files after a kill is the server and nothing else.
  void check_copy(int round) {
    SCOPED_TRACE("after kill " + std::to_string(round));
    const storage::TempDir copy;
    for (const auto* part : {"", "-wal"})
      if (std::filesystem::exists(file() + part))
        std::filesystem::copy_file(file() + part, copy.file("zhike.db") + part);
    Ground ground("sqlite:" + copy.file("zhike.db"));
    ground.check_rows();
  }

  // Starts the server and kills it: in one round of five while it starts, else some moments after it has
  // acknowledged a number of messages.
  void live_and_die(Random& random, Address& address) {
    Process server(place_.serve());
    const auto moment = std::chrono::microseconds(random.below(20'000));
    if (random.below(5) == 0) {
      (void)server.listening(std::chrono::milliseconds(random.below(200)));
    } else {
      const auto url = server.listening();
      ASSERT_TRUE(url) << server.said();
      address.set(*url);
      address.wait_for(static_cast<int>(1 + random.below(400)), std::chrono::milliseconds(2500));
    }
    std::this_thread::sleep_for(moment);
    server.signal(SIGKILL);
    EXPECT_EQ(server.wait(), -SIGKILL) << server.said();
    address.set("");
  }

  // Starts the server once more and lets it pay the turns it owes.
  void settle() {
    Process server(place_.serve());
    const auto url = server.listening();
    ASSERT_TRUE(url) << server.said();
    Http http(*url);
    const auto idle = [&] {
      const auto figures = http.get("/metrics").text;
      return figures.find("\nzhike_turns_running 0\n") != std::string::npos &&
             figures.find("\nzhike_queue_depth{queue=\"turn\"} 0\n") != std::string::npos;
    };
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!idle())
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the turns that are owed do not end";
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0) << server.said();
  }

  storage::TempDir dir_;
  Place place_;
  Company company_;
  std::uint64_t seed_ = 20261123;
  std::int64_t past_ = 0;  // the last message written before the load
};

TEST_F(Crash, NothingAcknowledgedIsLostOrDoubledOverThirtyKills) {
  ASSERT_NO_FATAL_FAILURE(found());
  Random random(seed_);
  Address address;
  std::vector<std::unique_ptr<Crowd>> crowds;
  for (int i = 0; i < kWriters; ++i)
    crowds.push_back(std::make_unique<Crowd>(i, random.next(), company_, address));
  Desk desk(random.next(), company_, address);
  {
    std::vector<std::jthread> threads;
    for (auto& crowd : crowds) threads.emplace_back([&crowd] { crowd->run(); });
    threads.emplace_back([&desk] { desk.run(); });
    for (int round = 1; round <= kKills && !HasFatalFailure(); ++round) {
      live_and_die(random, address);
      check_copy(round);
    }
    address.end();
  }
  ASSERT_NO_FATAL_FAILURE(settle());

  Ground ground("sqlite:" + file());
  ground.check_rows();
  std::size_t acknowledged = desk.agent_.acknowledged.size(), visitors = 0;
  EXPECT_THAT(desk.surprises_, testing::IsEmpty());
  ground.check_writer(desk.agent_, "agent");
  for (const auto& crowd : crowds) {
    EXPECT_THAT(crowd->surprises_, testing::IsEmpty());
    for (const auto& w : crowd->visitors_) ground.check_writer(w, "visitor");
    for (const auto& w : crowd->visitors_) acknowledged += w.acknowledged.size();
    visitors += crowd->visitors_.size();
  }
  ground.check_ledger(past_);
  ground.check_search(place_.data + "/cache/messages.archive");
  static constexpr Query kOwed{"test.owed",
                               "SELECT COUNT(*) FROM conversation WHERE status = 'open' AND handler = 'bot' "
                               "AND last_visitor_id > COALESCE(turn_done_id, 0)"};
  EXPECT_EQ(ground.number(kOwed), 0) << "questions without an answer";
  std::printf("%d kills, %zu messages of %zu visitors and an agent acknowledged\n", kKills, acknowledged,
              visitors);
  EXPECT_GT(acknowledged, 500u);
  EXPECT_GT(desk.agent_.acknowledged.size(), 10u);
}

}  // namespace
}  // namespace zk::integration
