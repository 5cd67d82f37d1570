// Endpoints of flows.
#pragma once

#include <vector>

#include "api/router.hpp"
#include "flow/actions.hpp"

namespace zk::api {

// `actions`: what call steps reach; must outlive the routes.
std::vector<Route> flow_routes(const flow::Actions& actions);

}  // namespace zk::api
