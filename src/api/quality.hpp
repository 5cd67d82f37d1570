// How good the answers are: measured figures, their curve over the threshold, and what another precision
// target would have made of last month's questions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/router.hpp"
#include "knowledge/library.hpp"
#include "review/meter.hpp"

namespace zk::api {

// What answering runs with, and what a turn took since the server started.
struct AnsweringCost {
  std::string profile;  // best | fast | multilingual | lexical: what really runs
  std::vector<std::string> encoders;
  std::uint64_t turns = 0;
  double ms_mean = 0, ms_p95 = 0;  // meaningless without turns; p95 is the upper bound of its bucket
};
struct QualityParts {
  const review::Meter& meter;
  const knowledge::Library& library;
  std::function<AnsweringCost()> cost;
};
std::vector<Route> quality_routes(const QualityParts& parts);

// {"asked","answerable","answered","right","reached","precision","precision_low","precision_high","coverage",
// "coverage_low",…,"reach",…}; precision is null when nothing was answered, the others when nothing could be.
json::object quality_figures(const review::Rates& rates);

}  // namespace zk::api
