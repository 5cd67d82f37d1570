#include "flow/testing.hpp"

#include <fmt/format.h>

#include "flow/run.hpp"
#include "text/text.hpp"

namespace zk::flow {
namespace {

class Given final : public Calls {
 public:
  explicit Given(const std::map<std::string, Values>& results) : results_(results) {}
  Result<Values> call(std::string_view action, const Values&) override {
    const auto at = results_.find(std::string(action));
    if (at == results_.end()) return fail(ErrorCode::kNotFound, "the test gives no result for this action");
    return at->second;
  }

 private:
  const std::map<std::string, Values>& results_;
};

struct Said {
  std::string words, end;
};

Said said_by(const Outcome& o) {
  Said s;
  for (const auto& w : o.said) s.words += (s.words.empty() ? "" : "\n") + w;
  s.end = o.end == Outcome::End::kAnswered ? "answer" : o.end == Outcome::End::kHandover ? "handover" : "";
  return s;
}

Said turn(const Flow& flow, Run& run, bool first, const std::string& words, const Context& context) {
  constexpr std::string_view kPick = "pick:";
  if (first) {
    run = start(flow, words, context);
    return said_by(go_on(flow, run, context));
  }
  if (words.starts_with(kPick)) {
    if (!pick(flow, run, std::string_view(words).substr(kPick.size()))) return {"no such choice", ""};
    return said_by(go_on(flow, run, context));
  }
  const auto normalised = text::normalise(words);
  if (cancels(normalised)) return {"", "cancelled"};
  const bool again =
      normalised.starts_with("不对") || normalised.starts_with("不是") || normalised.starts_with("错了");
  if (take(flow, run, words, again, context)) return said_by(go_on(flow, run, context));
  return said_by(ask_again(flow, run));
}

TestReport report_of(const Flow& flow, const Test& test, Timestamp now) {
  TestReport r{test.name, test.line, true, {}, {}};
  Given given(test.calls);
  const Context context{now, "zh", &given};
  Run run;
  for (const auto& t : test.turns) {
    const auto said = turn(flow, run, r.turns.empty(), t.customer, context);
    r.turns.push_back({t.customer, said.words, said.end, t.line, {}});
    auto& failure = r.turns.back().failure;
    if (!t.says.empty() && said.words.find(t.says) == std::string::npos)
      failure = fmt::format("expected \"{}\", was \"{}\"", t.says, said.words);
    else if (t.ends != said.end)
      failure = fmt::format("expected the end \"{}\", was \"{}\"", t.ends, said.end);
    if (failure.empty()) continue;
    r.passed = false;
    r.failure = fmt::format("line {}: {}", t.line, failure);
    break;
  }
  return r;
}

}  // namespace

std::vector<TestReport> run_tests(const Flow& flow, Timestamp now) {
  std::vector<TestReport> out;
  for (const auto& t : flow.tests) out.push_back(report_of(flow, t, now));
  return out;
}

}  // namespace zk::flow
