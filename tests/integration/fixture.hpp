// A running server on each storage engine, with a founded company.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/tests/engines.hpp"
#include "tests/integration/company.hpp"
#include "tests/integration/http.hpp"
#include "tests/integration/process.hpp"
#include "tests/integration/socket.hpp"

namespace zk::integration {

class OnEachEngine : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    place.data = dir_.file("data");
    if (GetParam() != "sqlite") {
      engine_ = storage::make_engine(GetParam());
      ASSERT_NE(engine_, nullptr) << "no throw-away PostgreSQL cluster";
      place.database = engine_->url();
    }
    prepare(place);
  }
  void TearDown() override {
    if (HasFailure() && server) std::printf("the server said:\n%s\n", server->said().c_str());
  }

  void start(const std::vector<std::string>& settings = {}) {
    server = std::make_unique<Process>(place.serve(settings));
    const auto at = server->listening();
    ASSERT_TRUE(at) << server->said();
    url = *at;
  }
  void found(const std::vector<std::string>& settings = {}) {
    ASSERT_NO_FATAL_FAILURE(start(settings));
    company = found_company(url);
  }
  void stop() {
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait(), 0) << server->said();
  }
  Http office() const { return company.office(url); }
  Http visitor(const std::string& token) const {
    Http http(url);
    http.bearer = token;
    return http;
  }
  Visitor someone() const {
    Http http(url);
    return open_session(http, company);
  }
  static Answer say(Http& who, const std::string& text, const std::string& client_id) {
    return who.post("/api/v1/widget/messages", {{"client_id", client_id}, {"text", text}});
  }

  Place place;
  Company company;
  std::string url;
  std::unique_ptr<Process> server;

 private:
  storage::TempDir dir_;
  std::unique_ptr<storage::TestEngine> engine_;
};

// "text" of the first block of a message.
inline std::string first_text(const json::value& message) {
  const auto& blocks = message.at("blocks").as_array();
  return blocks.empty() ? "" : std::string(blocks[0].at("text").as_string());
}
inline bool is_event(const json::object& frame, std::string_view kind) {
  return frame.at("type") == "event" && frame.at("kind").as_string() == kind;
}
inline std::function<bool(const json::object&)> message_of(std::string sender) {
  return [sender = std::move(sender)](const json::object& f) {
    return is_event(f, "message.created") && f.at("data").at("message").at("sender").as_string() == sender;
  };
}
inline json::object hello(std::optional<std::int64_t> since, const std::string& token = {}) {
  json::object out{{"type", "hello"}, {"since_seq", since ? json::value(*since) : json::value(nullptr)}};
  if (!token.empty()) out["token"] = token;
  return out;
}

}  // namespace zk::integration
