// Every endpoint there is, over real services: what the access matrix and the OpenAPI document are made of.
#pragma once

#include "api/conversations.hpp"
#include "api/tests/fixture.hpp"
#include "search/archive.hpp"

namespace zk::api {

class SilentBot final : public conversation::Responder {
 public:
  Result<conversation::BotReply> reply(const conversation::BotTurn&, Deadline) override {
    return conversation::BotReply{
        .decision = "none", .blocks = text_blocks("…"), .state = "{}", .trace = "{}"};
  }
};

// Made before the server that refers to it, hence a base of its own.
struct Desk {
  SilentBot bot;
  std::unique_ptr<conversation::Service> service;
  std::unique_ptr<conversation::MessageSearch> search;
};

class WholeTableTest : private Desk, public ApiTest {
 protected:
  WholeTableTest()
      : ApiTest([this](ApiTest& t) {
          auto& base = t;
          service =
              conversation::Service::start(*base.db, base.clock, conversation::Intake{}, bot, {}).value();
          search = conversation::MessageSearch::start(*base.db, std::make_unique<search::MessageArchive>())
                       .value();
          Made made;
          for (auto routes : {article_routes(base.knowledge()), conversation_routes(*service, *search),
                              contact_routes(*service), attachment_routes(*service), report_routes(),
                              widget_routes(*service, base.auth, {})})
            made.routes.insert(made.routes.end(), routes.begin(), routes.end());
          made.accept = live_sockets(*service, base.auth, base.clock, base.pool);
          return made;
        }) {}
  ~WholeTableTest() override {
    pool.stop();
    service->stop();
  }
};

}  // namespace zk::api
