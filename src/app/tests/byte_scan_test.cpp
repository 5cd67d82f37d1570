// A whole installation over HTTP, fed with personal data through every entrance, then every byte it left
// anywhere searched for it. ZK_BYTE_SCAN_MESSAGES sets how many messages (1,000; 10,000 is the figure stated).
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "app/maintenance.hpp"
#include "app/server.hpp"
#include "app/tests/personal_data.hpp"
#include "auth/secret.hpp"
#include "gateway/tests/client.hpp"

namespace zk::app {
namespace {
namespace fs = std::filesystem;
namespace json = boost::json;
using gateway::test::Client;
using test::Person;

// Keeps every byte that is posted to it.
class Sink {
 public:
  Sink() : acceptor_(ioc_, {boost::asio::ip::make_address("127.0.0.1"), 0}), thread_([this] { serve(); }) {}
  ~Sink() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    boost::asio::ip::tcp::socket wake(ioc_);
    boost::system::error_code ignored;
    wake.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string url() { return fmt::format("http://127.0.0.1:{}/hook", acceptor_.local_endpoint().port()); }
  const std::string& bytes() const { return bytes_; }  // after stop()

 private:
  void serve() {
    for (;;) {
      boost::system::error_code ec;
      boost::asio::ip::tcp::socket socket(ioc_);
      acceptor_.accept(socket, ec);
      if (ec || stopping_) return;
      std::string in;
      const auto head = boost::asio::read_until(socket, boost::asio::dynamic_buffer(in), "\r\n\r\n", ec);
      const auto at = in.find("ontent-Length: ");
      const auto body = at < head ? std::stoul(in.substr(at + 15)) : 0;
      if (head + body > in.size())
        boost::asio::read(socket, boost::asio::dynamic_buffer(in), boost::asio::transfer_exactly(head + body - in.size()), ec);
      bytes_ += in;
      boost::asio::write(socket, boost::asio::buffer(std::string_view("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")), ec);
    }
  }
  boost::asio::io_context ioc_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::string bytes_;
  std::thread thread_;
};

// Standard error of the process into a file, for the time of a scope.
class LogFile {
 public:
  explicit LogFile(const std::string& path) : kept_(::dup(2)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(fd, 2);
    ::close(fd);
  }
  ~LogFile() {
    ::dup2(kept_, 2);
    ::close(kept_);
  }

 private:
  int kept_;
};

class ByteScan : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (fs::temp_directory_path() / "zk-byte-scan-XXXXXX").string();
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    dir_ = dir;
    config_.server.listen = "127.0.0.1:0";
    config_.server.trusted_proxies = {"127.0.0.1"};
    config_.storage.data = dir_ + "/data";
    config_.models.lexical_only = true;
    config_.webhooks.allow_internal = true;
    config_.server.rate_per_second = 0;
    config_.log.level = "debug";
  }
  void TearDown() override { fs::remove_all(dir_); }

  // Sends and expects 2xx; the JSON of the answer. `from`: the address the proxy would name.
  static json::value call(Client& c, const std::string& method, const std::string& target, const std::string& headers,
                          const json::value& body, const std::string& from = "203.0.113.9") {
    return send(c, method, target, headers + "Content-Type: application/json\r\n", body.is_null() ? "" : json::serialize(body), from);
  }
  static json::value send(Client& c, const std::string& method, const std::string& target, const std::string& headers,
                          const std::string& body, const std::string& from) {
    c.write(fmt::format("{} {} HTTP/1.1\r\nHost: zhike.test\r\nX-Forwarded-For: {}\r\n{}Content-Length: {}\r\n\r\n{}", method, target,
                        from, headers, body.size(), body));
    const auto reply = c.read();
    EXPECT_TRUE(reply.status >= 200 && reply.status < 300) << method << " " << target << " " << reply.status << "\n" << reply.body;
    json::error_code ec;
    auto value = json::parse(reply.body, ec);
    return ec ? json::value() : value;
  }
  static std::string text(const json::value& v, const char* key) { return std::string(v.at(key).as_string()); }

  std::uint16_t port() const { return static_cast<std::uint16_t>(std::stoi(server_->url().substr(17))); }
  void start();
  void visitors(std::uint64_t seed, int messages);
  void agents(Client& c);
  void leave(const std::string& name, const std::string& bytes) { std::ofstream(dir_ + "/left/" + name, std::ios::binary) << bytes; }

  static constexpr const char* kPassword = "correct horse battery staple 7";
  std::string dir_, token_, secret_, admin_;
  config::Config config_;
  std::unique_ptr<Server> server_;
  Sink sink_;
  std::mutex mutex_;
  std::vector<std::string> words_, numbers_;
  std::vector<std::int64_t> conversations_;
};

constexpr std::string_view kNoPages("ZKPACK1\n\0\0\0\0", 12);

void ByteScan::start() {
  ASSERT_TRUE(add_user(config_, {.email = "li@example.com", .name = "值班", .password = kPassword}));
  auto server = Server::start({.config = config_, .assets = kNoPages});
  ASSERT_TRUE(server) << server.error().message;
  server_ = *std::move(server);
  Client c(port());
  c.write(fmt::format("POST /api/v1/session HTTP/1.1\r\nHost: zhike.test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                      70, R"({"email":"li@example.com","password":"correct horse battery staple 7"})"));
  const auto reply = c.read();
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto at = reply.raw_head.find("zk_session=");
  const auto cookie = reply.raw_head.substr(at, reply.raw_head.find(';', at) - at);
  admin_ = "X-CSRF-Token: " + text(json::parse(reply.body), "csrf_token") + "\r\nCookie: " + cookie + "\r\n";
  const auto inbox = call(c, "POST", "/api/v1/inboxes", admin_, {{"name", "网站"}});
  token_ = text(inbox, "website_token");
  secret_ = text(inbox, "identity_secret");
  call(c, "POST", "/api/v1/webhooks", admin_,
       {{"url", sink_.url()}, {"events", {"message.created", "conversation.created", "conversation.updated", "contact.updated"}}});
}

// Each visitor signs in with all his data and says ten things.
void ByteScan::visitors(std::uint64_t seed, int messages) {
  Random random(seed);
  Client c(port());
  std::vector<std::string> words, numbers;
  std::vector<std::int64_t> conversations;
  for (int said = 0, who = 0; said < messages; ++who) {
    Person p(random);
    const auto from = fmt::format("10.{}.{}.{}", seed % 250, who / 250, who % 250);
    for (const auto* w : {&p.name, &p.email, &p.address, &p.wechat}) words.push_back(*w);
    for (const auto* n : {&p.phone, &p.id_card}) numbers.push_back(*n);
    const json::value user{{"external_id", p.phone}, {"hash", auth::hex(auth::hmac_sha256(secret_, p.phone))},
                           {"name", p.name}, {"email", p.email}, {"phone", p.phone},
                           {"attributes", {{"地址", p.address}, {"证件", "身份证" + p.id_card}, {"备用", p.phone}, {"订单", "202411230018"}}}};
    const auto session = call(c, "POST", "/api/v1/widget/sessions", "",
                              {{"website_token", token_}, {"page_url", "https://shop.example/?mail=" + p.email}, {"user", user}}, from);
    const auto bearer = "Authorization: Bearer " + text(session, "visitor_token") + "\r\n";
    for (int i = 0; i < 10 && said < messages; ++i, ++said) {
      const auto sent = call(c, "POST", "/api/v1/widget/messages", bearer,
                             {{"client_id", fmt::format("s{}-{}", seed, said)}, {"text", p.sentence(words, numbers)}}, from);
      if (i == 0) conversations.push_back(sent.at("conversation_id").to_number<std::int64_t>());
    }
    numbers.push_back(p.card);
    send(c, "POST", "/api/v1/widget/attachments?name=" + p.card + ".txt", bearer + "Content-Type: text/plain\r\n", "a file", from);
    call(c, "POST", "/api/v1/widget/rating", bearer, {{"rating", 4}, {"comment", "回访请打" + p.phone}}, from);
  }
  const std::lock_guard lock(mutex_);
  words_.insert(words_.end(), words.begin(), words.end());
  numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
  conversations_.insert(conversations_.end(), conversations.begin(), conversations.end());
}

// What agents write about and to each, and everything they can list or take out.
void ByteScan::agents(Client& c) {
  Random random(4242);
  std::string seen;
  for (const auto id : conversations_) {
    Person p(random);
    const auto at = fmt::format("/api/v1/conversations/{}", id);
    for (const auto* kind : {"note", "text"})
      call(c, "POST", at + "/messages", admin_,
           {{"client_id", fmt::format("{}-{}", kind, id)}, {"kind", kind},
            {"blocks", {{{"type", "text"}, {"text", p.sentence(words_, numbers_)}},
                        {{"type", "list"}, {"ordered", false}, {"items", {p.sentence(words_, numbers_)}}},
                        {{"type", "link"}, {"url", "tel:" + p.phone}, {"title", "打给" + p.phone}}}}});
    numbers_.push_back(p.phone);
    const auto conversation = call(c, "GET", at, admin_, nullptr);
    const auto contact = fmt::format("/api/v1/contacts/{}", conversation.at("contact").at("id").to_number<std::int64_t>());
    call(c, "POST", contact + "/notes", admin_, {{"text", p.sentence(words_, numbers_)}});
    words_.push_back(p.name);
    call(c, "PATCH", contact, admin_, {{"name", p.name}, {"attributes", {{"住址", p.address}, {"手机", p.phone}}}});
    words_.push_back(p.address);
    call(c, "POST", "/api/v1/contacts/search", admin_, {{"q", p.phone}});
    for (const auto& target : {at + "/messages", contact, contact + "/notes"}) seen += json::serialize(call(c, "GET", target, admin_, nullptr));
  }
  std::string cursor = "0";
  for (int page = 0; page < 400 && !cursor.empty(); ++page) {
    const auto events = call(c, "GET", "/api/v1/events?limit=100&after=" + cursor, admin_, nullptr);
    seen += json::serialize(events);
    const auto& next = events.at("next_cursor");
    cursor = next.is_string() ? std::string(next.as_string()) : "";
  }
  seen += json::serialize(call(c, "GET", "/api/v1/audit?limit=100", admin_, nullptr));
  c.write("GET /api/v1/articles/export?format=jsonl HTTP/1.1\r\nHost: zhike.test\r\n" + admin_ + "\r\n");
  seen += c.read().body;
  leave("exports", seen);
}

TEST_F(ByteScan, NothingOfAPersonIsLeftAnywhere) {
  const auto* given = std::getenv("ZK_BYTE_SCAN_MESSAGES");
  const int messages = given ? std::atoi(given) : 1000;
  constexpr int kClients = 8;
  fs::create_directories(dir_ + "/left");
  std::int64_t shown = 0;
  {
    const LogFile log(dir_ + "/left/log");
    ASSERT_NO_FATAL_FAILURE(start());
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) clients.emplace_back([&, i] { visitors(static_cast<std::uint64_t>(i) + 1, messages / kClients); });
    for (auto& t : clients) t.join();
    Client c(port());
    agents(c);
    // What was masked is there, sealed: the first mark of a thread opens to something that was said.
    const auto thread = call(c, "GET", fmt::format("/api/v1/conversations/{}/messages", conversations_[0]), admin_, nullptr);
    for (const auto& m : thread.at("items").as_array())
      for (const auto& mark : m.at("personal").as_array()) {
        const auto original = call(c, "POST", fmt::format("/api/v1/personal-data/{}/reveal", mark.at("id").to_number<std::int64_t>()), admin_,
                                   {{"reason", "核对"}});
        EXPECT_FALSE(text(original, "value").empty());
        ++shown;
      }
    ASSERT_TRUE(backup(config_, dir_ + "/left/backup", {}));
    fs::copy(dir_ + "/data", dir_ + "/left/running", fs::copy_options::recursive);  // with the write-ahead log
    server_->stop();
    server_.reset();
    sink_.stop();
  }
  leave("webhooks", sink_.bytes());
  EXPECT_GT(shown, 10);
  EXPECT_GT(sink_.bytes().size(), 10'000u);

  test::Scanner scanner;
  for (const auto& w : words_) scanner.add_word(w);
  for (const auto& n : numbers_) scanner.add_number(n);
  // The scanner sees what it looks for, in any writing.
  ASSERT_EQ(scanner.find("x" + words_.front() + "y").size(), 1u);
  ASSERT_FALSE(scanner.find("+86 " + numbers_.front().substr(0, 3) + "-" + numbers_.front().substr(3)).empty());
  std::int64_t files = 0, bytes = 0;
  for (const auto* root : {"/data", "/left"})
    for (const auto& entry : fs::recursive_directory_iterator(dir_ + root)) {
      if (!entry.is_regular_file()) continue;
      const auto content = test::bytes_of(entry.path());
      ++files, bytes += static_cast<std::int64_t>(content.size());
      const auto found = scanner.find(content);
      EXPECT_TRUE(found.empty()) << entry.path().filename() << " holds " << fmt::format("{}", fmt::join(found, " "));
    }
  std::cout << fmt::format("{} messages, {} originals looked for in {} files of {:.1f} MB, {} revealed\n", messages, scanner.size(), files,
                           static_cast<double>(bytes) / 1e6, shown);
  EXPECT_GT(bytes, 1'000'000);
}

}  // namespace
}  // namespace zk::app
