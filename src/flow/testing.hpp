// Runs the conversations written in a flow. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "flow/flow.hpp"

namespace zk::flow {

struct TestReport {
  std::string name;
  bool passed = false;
  std::string failure;     // "line 41: expected …, was …"; "" when it passed
  std::string transcript;  // what was said, a line a turn
};

std::vector<TestReport> run_tests(const Flow& flow, Timestamp now);

}  // namespace zk::flow
