// Endpoints of releases: the draft and what it would change, checks, publishing, rolling back, regression
// questions.
#pragma once

#include <vector>

#include "api/router.hpp"
#include "review/checks.hpp"

namespace zk::api {

std::vector<Route> release_routes(review::Checks& checks);
std::vector<Route> regression_routes();

}  // namespace zk::api
