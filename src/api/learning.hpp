// Endpoints of the learning queue.
#pragma once

#include <vector>

#include "api/router.hpp"
#include "learning/learning.hpp"

namespace zk::api {

std::vector<Route> learning_routes(learning::Learning& learning);

}  // namespace zk::api
