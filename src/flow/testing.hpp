// Runs the conversations written in a flow. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "flow/flow.hpp"

namespace zk::flow {

struct TurnReport {
  std::string customer, said, end;  // end: "", answer, handover, cancelled
  int line = 0;
  std::string failure;  // "expected …, was …"; "" when it went as written
};
struct TestReport {
  std::string name;
  int line = 0;
  bool passed = false;
  std::string failure;            // "line 41: expected …, was …"; "" when it passed
  std::vector<TurnReport> turns;  // up to the one that failed
};

std::vector<TestReport> run_tests(const Flow& flow, Timestamp now);

}  // namespace zk::flow
