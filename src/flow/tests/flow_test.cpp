#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "flow/actions.hpp"
#include "flow/run.hpp"
#include "flow/testing.hpp"

namespace zk::flow {
namespace {

std::string demo() {
  std::ifstream in(std::string(ZK_SOURCE_DIR) + "/data/demo/flows/refund_time.yaml");
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

std::string error_of(std::string_view source) {
  const auto flow = parse(source);
  return flow ? "" : flow.error().message;
}

constexpr std::string_view kHead = "flow: f\narticle: A\ntitle: T\n";
std::string with(std::string_view rest) { return std::string(kHead) + std::string(rest); }

TEST(Flow, TheDemosConversationsPass) {
  const auto flow = parse(demo());
  ASSERT_TRUE(flow) << flow.error().message;
  const auto reports = run_tests(*flow, *from_iso8601("2026-11-23"));
  EXPECT_GE(reports.size(), 7U);
  for (const auto& r : reports) EXPECT_TRUE(r.passed) << r.name << ": " << r.failure;
}

TEST(Flow, AConversationThatGoesOtherwiseFailsWithItsLine) {
  const auto flow =
      parse(with("steps:\n  - say: hello\ntests:\n  - name: t\n    turns:\n      - {customer: hi, says: bye, "
                 "ends: answer}\n"));
  ASSERT_TRUE(flow) << flow.error().message;
  const auto reports = run_tests(*flow, {});
  EXPECT_FALSE(reports[0].passed);
  EXPECT_TRUE(reports[0].failure.starts_with("line 9:")) << reports[0].failure;
}

TEST(Flow, ErrorsNameLineAndRemedy) {
  EXPECT_TRUE(error_of("flow: [").starts_with("line "));
  EXPECT_EQ(error_of(with("steps:\n  - ask: x\n")), "line 5: there is no slot \"x\"");
  EXPECT_EQ(error_of(with("steps:\n  - goto: x\n")), "line 5: no step has the id \"x\"");
  EXPECT_NE(error_of(with("steps:\n  - shout: x\n")).find("knows no \"shout\""), std::string::npos);
  EXPECT_NE(error_of(with("steps:\n  - say: a\n    end: true\n")).find("exactly one"), std::string::npos);
  EXPECT_NE(error_of(with("slots:\n  a: {type: number, ask: b}\nsteps:\n  - end: true\n"))
                .find("type \"number\" is unknown"),
            std::string::npos);
  EXPECT_NE(error_of("flow: f\n").find("needs \"article\""), std::string::npos);
  EXPECT_NE(error_of(with("steps:\n  - if: a b\n    then: x\n")).find("is no condition"), std::string::npos);
}

TEST(Flow, BoundsAreKept) {
  EXPECT_NE(error_of(std::string(kMostBytes + 1, 'a')).find("at most"), std::string::npos);
  EXPECT_NE(error_of(std::string(1'000, '[')).find("nest"), std::string::npos);
  std::string steps = "steps:\n";
  for (std::size_t i = 0; i <= kMostSteps; ++i) steps += "  - say: a\n";
  EXPECT_NE(error_of(with(steps)).find("at most"), std::string::npos);
  const auto loop = parse(with("steps:\n  - id: a\n    say: again\n  - goto: a\n"));
  ASSERT_TRUE(loop);
  auto run = start(*loop, "", {});
  EXPECT_EQ(go_on(*loop, run, {}).end, Outcome::End::kHandover);
}

TEST(FlowRun, SlotsAreReadAndChecked) {
  const auto now = *from_iso8601("2026-11-23");
  Slot amount{"a", Type::kAmount, {}, {}, {}, 10, 100, false};
  EXPECT_EQ(value_of(amount, "50元", now), "50.00");
  EXPECT_EQ(value_of(amount, "5000元", now), std::nullopt);
  Slot date{"d", Type::kDate, {}, {}, {}, {}, {}, true};
  EXPECT_EQ(value_of(date, "昨天", now), "2026-11-22");
  EXPECT_EQ(value_of(date, "明天", now), std::nullopt);
  Slot phone{"p", Type::kPhone, {}, {}, {}, {}, {}, false};
  EXPECT_EQ(value_of(phone, "我的电话138 0013 8000", now), "13800138000");
  EXPECT_EQ(value_of(phone, "订单1138001380001", now), std::nullopt);
}

TEST(FlowRun, ConditionsSetAndCalls) {
  const auto flow =
      parse(with("steps:\n  - set: {n: \"7\", who: \"{missing}x\"}\n  - if: n >= 10 and who == x\n    then: "
                 "big\n  - say: small {n}\n  - call: nowhere\n  - id: big\n    say: big\n"));
  ASSERT_TRUE(flow) << flow.error().message;
  auto run = start(*flow, "", {});
  const auto out = go_on(*flow, run, {});
  EXPECT_EQ(out.said, std::vector<std::string>{"small 7"});
  EXPECT_EQ(out.end, Outcome::End::kHandover) << "a call that fails and says nothing else brings in a person";
}

TEST(FlowRun, SurvivesItsJson) {
  flow::Run run{"f", "p", 3, "order", 1, "en", {{"method", "信用卡"}}};
  const auto back = run_from_json(to_json(run));
  EXPECT_EQ(back.flow, "f");
  EXPECT_EQ(back.at, 3U);
  EXPECT_EQ(back.asked, "order");
  EXPECT_EQ(back.tries, 1);
  EXPECT_EQ(back.values, run.values);
  EXPECT_EQ(run_from_json("{\"at\":-5,\"values\":3}").flow, "");
}

TEST(FlowRun, CancelWords) {
  for (const char* s : {"算了", "算了吧", "取消", "不查了", "never mind"}) EXPECT_TRUE(cancels(s)) << s;
  for (const char* s : {"取消订单", "算了一下是三天"}) EXPECT_FALSE(cancels(s)) << s;
}

TEST(Actions, ATableIsLookedUp) {
  auto actions = Actions::parse("order:\n  key: id\n  rows: [{id: A1, state: sent}]\n", false);
  ASSERT_TRUE(actions) << actions.error().message;
  EXPECT_EQ((*actions)->call("order", {{"id", "A1"}})->at("state"), "sent");
  EXPECT_EQ((*actions)->call("order", {{"id", "A2"}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ((*actions)->call("nothing", {}).error().code, ErrorCode::kNotFound);
}

TEST(Actions, AnInternalAddressIsRefused) {
  auto actions = Actions::parse("a:\n  url: http://127.0.0.1:9/{id}\n  timeout_ms: 500\n", false);
  ASSERT_TRUE(actions) << actions.error().message;
  EXPECT_EQ((*actions)->call("a", {{"id", "1"}}).error().code, ErrorCode::kPermissionDenied);
}

TEST(Actions, ErrorsNameTheLine) {
  EXPECT_EQ(Actions::parse("a:\n  url: x\n  method: PUT\n", false).error().message,
            "line 3: method is GET or POST");
  EXPECT_FALSE(Actions::parse("a: {key: id}", false));
  EXPECT_TRUE(Actions::parse("", false));
}

}  // namespace
}  // namespace zk::flow
