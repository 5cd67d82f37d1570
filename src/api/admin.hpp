// Endpoints of administration: session, agents, teams, inboxes, labels, canned responses, API keys, webhooks,
// settings, ledger, audit.
#pragma once

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
std::vector<Route> settings_routes();
std::vector<Route> ledger_routes();                 // /events, /audit
std::vector<Route> admin_routes(auth::Auth& auth);  // all of these

// What the ledger may hold: what a webhook may ask for.
const std::vector<std::string>& event_kinds();

}  // namespace zk::api
