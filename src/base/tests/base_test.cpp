#include <gtest/gtest.h>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace zk {
namespace {

TEST(ErrorTable, EveryCodeHasAStatusAnExitCodeAndAName) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_GE(http_status(code), 400);
    EXPECT_GE(exit_code(code), 64);
    EXPECT_FALSE(to_string(code).empty());
  }
}

Result<int> half(int x) {
  if (x % 2) return fail(ErrorCode::kInvalidArgument, "odd");
  return x / 2;
}
Result<int> quarter(int x) {
  ZK_TRY(const int h, half(x));
  ZK_TRY(const int q, half(h));
  return q;
}

TEST(Try, PassesTheErrorUp) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(Time, Iso8601RoundTrip) {
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    const Timestamp t = from_micros(static_cast<std::int64_t>(random.below(4'000'000'000'000'000ull)));
    EXPECT_EQ(from_iso8601(to_iso8601(t)).value(), t);
  }
  EXPECT_EQ(to_iso8601(from_iso8601("2026-11-23").value()), "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(from_iso8601("2026-11-23T08:00:00+08:00").value()), "2026-11-23T00:00:00.000000Z");
}

TEST(Time, RefusesWhatIsNoDate) {
  for (const char* s : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-23T25:00:00Z", "2026-11-23Tx", "2026-11-23T10:00:00Zz", "2026-11-23T10:00:00+99:00"})
    EXPECT_FALSE(from_iso8601(s).has_value()) << s;
}

}  // namespace
}  // namespace zk
