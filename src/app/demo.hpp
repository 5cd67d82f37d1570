// The demo company: an online shop with its knowledge base, teams, agents, customers and some weeks of conversations, made
// once from a fixed seed through the same code that serves real ones, with a clock that is moved through those weeks.
// Written for this project (data/demo).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "api/router.hpp"
#include "auth/auth.hpp"
#include "conversation/responder.hpp"
#include "conversation/service.hpp"
#include "exec/periodic.hpp"
#include "flow/actions.hpp"
#include "knowledge/library.hpp"
#include "storage/storage.hpp"

namespace zk::app {


// Company, inbox, teams, agents, canned responses, labels, articles, a flow, intents. Does nothing when the demo is there already.
Status seed_demo_company(storage::Db& db, auth::Auth& auth, const Clock& clock, const flow::Actions& actions);

struct DemoHistory {
  int conversations = 240;
  int days = 21;
  std::uint64_t seed = 7;
};
// Conversations of the weeks before now, answered by `responder` and by the demo's agents. Needs seed_demo_company; does
// nothing when there are conversations already.
Status seed_demo_history(storage::Db& db, const Clock& clock, const conversation::Intake& intake, conversation::Responder& responder, const DemoHistory& history);

// A new random password for the demo's administrator; the address and the password.
struct SignIn {
  std::string email, password;
};
Result<SignIn> demo_sign_in(storage::Db& db, const Clock& clock);

// {"website_token":…} and {"external_id","hash","name",…} of a signed-in customer, for the demo page.
Result<std::string> demo_config(storage::Db& db);
Result<std::string> demo_identity(storage::Db& db, const auth::Auth& auth);

// A customer who asks something every few seconds while switched on, so that the console is seen at work.
class DemoVisitor {
 public:
  DemoVisitor(storage::Db& db, conversation::Service& service, std::uint64_t seed);
  ~DemoVisitor();
  void turn(bool on) { on_ = on; }
  bool is_on() const { return on_; }

 private:
  void ask();
  storage::Db& db_;
  conversation::Service& service_;
  std::uint64_t state_;
  std::atomic<bool> on_{false};
  std::unique_ptr<exec::Periodic> job_;
};

// POST /api/v1/demo/simulate {"on": true}
std::vector<api::Route> demo_routes(DemoVisitor& visitor);

}  // namespace zk::app
