// Every endpoint there is, over real services: what the access matrix and the OpenAPI document are made of.
#pragma once

#include "api/conversations.hpp"
#include "api/flows.hpp"
#include "api/intents.hpp"
#include "api/learning.hpp"
#include "api/quality.hpp"
#include "api/releases.hpp"
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
  std::unique_ptr<knowledge::Library> library;
  const dialogue::Engine talk{dialogue::EngineOptions{}};
  std::unique_ptr<flow::LiveBook> flows;
  std::unique_ptr<intent::Live> intents;
  std::unique_ptr<review::Checks> checks;
  std::unique_ptr<review::Meter> meter;
  std::unique_ptr<learning::Learning> learn;
  const std::unique_ptr<flow::Actions> actions =
      flow::Actions::parse("order: {key: order, rows: [{order: A1, state: sent}]}", false).value();
  std::unique_ptr<learning::Writing> writing;
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
          library = knowledge::Library::open(*base.db, answering::Models{}).value();
          flows = std::make_unique<flow::LiveBook>(*base.db);
          intents = intent::Live::open(*base.db, base.clock, *library, *flows).value();
          checks = std::make_unique<review::Checks>(*base.db, base.clock, base.auth.audit(), *library, talk,
                                                    review::Checks::Options{});
          meter = std::make_unique<review::Meter>(*base.db, base.clock, *library, review::Meter::Options{});
          learn = std::make_unique<learning::Learning>(*base.db, base.clock, *library, talk,
                                                       learning::Learning::Options{});
          writing = std::make_unique<learning::Writing>(*base.db, base.clock, base.auth.audit(), *library, talk,
                                                        nullptr, learning::Writing::Options{});
          Made made;
          for (auto routes :
               {article_routes(base.knowledge()), conversation_routes(*service, *search),
                contact_routes(*service), personal_data_routes(*service), attachment_routes(*service),
                report_routes(), webhook_test_routes([](std::int64_t, Deadline) -> Result<int> {
                  return fail(ErrorCode::kNotFound, "");
                }),
                widget_routes(*service, base.auth, {}), release_routes(*checks), regression_routes(),
                learning_routes(*learn, *writing), flow_routes(*actions),
                intent_routes({*intents, *library}),
                quality_routes({*meter, *library, [] { return AnsweringCost{.profile = "lexical"}; }})})
            made.routes.insert(made.routes.end(), routes.begin(), routes.end());
          made.accept = live_sockets(*service, base.auth, base.clock, base.pool);
          return made;
        }) {}
  bool wait_for_checks() { return checks->wait(soon()); }
  bool wait_for_intents() { return intents->wait(soon()); }
  // Learnt and measured as often as it takes to see what was published.
  void measure() {
    ASSERT_TRUE(library->wait(soon(), true));
    meter->refresh();
  }
  ~WholeTableTest() override {
    pool.stop();
    checks = nullptr;
    writing = nullptr;
    meter = nullptr;
    learn = nullptr;
    intents = nullptr;
    flows = nullptr;
    library = nullptr;
    service->stop();
  }
};

}  // namespace zk::api
