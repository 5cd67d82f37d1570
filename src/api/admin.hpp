// Endpoints of administration: session, agents, teams, inboxes, labels, canned responses, API keys, webhooks,
// settings, ledger, audit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/router.hpp"
#include "auth/auth.hpp"

namespace zk::api {

std::vector<Route> session_routes(auth::Auth& auth);
std::vector<Route> agent_routes(auth::Auth& auth);
std::vector<Route> team_routes();
std::vector<Route> inbox_routes(auth::Auth& auth);
std::vector<Route> label_routes();
std::vector<Route> canned_response_routes();
std::vector<Route> api_key_routes(auth::Auth& auth);
std::vector<Route> webhook_routes(auth::Auth& auth);
// Posts a made-up event to a webhook and returns the status of the answer. kNotFound: no such webhook; other
// errors: why there was no answer. Blocks; called by one thread at a time.
using WebhookTest = std::function<Result<int>(std::int64_t webhook, Deadline deadline)>;
std::vector<Route> webhook_test_routes(WebhookTest test);
std::vector<Route> forbidden_word_routes();
std::vector<Route> settings_routes();
std::vector<Route> ledger_routes();                 // /events, /audit
std::vector<Route> admin_routes(auth::Auth& auth);  // all of these but webhook_test_routes

// What the ledger may hold: what a webhook may ask for.
const std::vector<std::string>& event_kinds();

}  // namespace zk::api
