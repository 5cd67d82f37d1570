// Endpoints of intents: what customers want by examples, how well it is told apart, and a try.
#pragma once

#include <vector>

#include "api/router.hpp"
#include "intent/live.hpp"

namespace zk::api {

struct IntentParts {
  const intent::Live& live;
  const knowledge::Library& library;  // a try is read as a customer's question is
};
// The parts must outlive the routes.
std::vector<Route> intent_routes(IntentParts parts);

}  // namespace zk::api
