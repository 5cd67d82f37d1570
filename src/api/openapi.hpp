// The OpenAPI 3.1 document of a table of routes: what the server enforces is what it says.
#pragma once

#include <string>
#include <vector>

#include "api/router.hpp"

namespace zk::api {

// Deterministic, indented, for GET /openapi.json and docs/openapi.json.
std::string openapi_json(const std::vector<Route>& routes);

}  // namespace zk::api
