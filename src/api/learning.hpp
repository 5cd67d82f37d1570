// Endpoints of the learning queue.
#pragma once

#include <vector>

#include "api/router.hpp"
#include "learning/learning.hpp"
#include "learning/writing.hpp"

namespace zk::api {

std::vector<Route> learning_routes(learning::Learning& learning, learning::Writing& writing);

}  // namespace zk::api
