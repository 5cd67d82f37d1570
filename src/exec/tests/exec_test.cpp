#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <vector>

#include "exec/histogram.hpp"
#include "exec/periodic.hpp"
#include "exec/pool.hpp"

namespace zk::exec {
namespace {
using namespace std::chrono_literals;

TEST(Pool, RefusesWhenFullAndCountsIt) {
  Pool pool({.name = "t", .threads = 1, .queue = 2});
  std::latch started(1), release(1);
  ASSERT_TRUE(pool.post([&] {
    started.count_down();
    release.wait();
  }));
  started.wait();  // the only thread is taken; the queue is empty
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.post([&] { ++ran; }));
  EXPECT_TRUE(pool.post([&] { ++ran; }));
  const auto refused = pool.post([&] { ++ran; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(pool.stats().depth, 2u);
  EXPECT_EQ(pool.stats().rejected, 1u);
  release.count_down();
  pool.stop();
  EXPECT_EQ(ran, 2) << "stop() finishes what was accepted";
  EXPECT_EQ(pool.stats().executed, 3u);
  EXPECT_EQ(pool.stats().waiting.count(), 3u);
  EXPECT_FALSE(pool.post([] {})) << "a stopped pool refuses";
}

TEST(Pool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  Pool pool({.name = "t", .threads = 1, .queue = 100});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.post([&order, i] { order.push_back(i); }));
  pool.stop();
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Pool, LateTaskRunsItsOtherHalf) {
  Pool pool({.name = "t", .threads = 1, .queue = 8});
  std::promise<bool> late;
  ASSERT_TRUE(pool.post(
      std::chrono::steady_clock::now() - 1s, [&] { late.set_value(false); }, [&] { late.set_value(true); }));
  EXPECT_TRUE(late.get_future().get());
  pool.stop();
  EXPECT_EQ(pool.stats().expired, 1u);
  EXPECT_EQ(pool.stats().executed, 0u);
}

TEST(Pool, SurvivesAThrowingTask) {
  Pool pool({.name = "t", .threads = 1, .queue = 8});
  std::promise<void> after;
  ASSERT_TRUE(pool.post([] { throw std::runtime_error("broken"); }));
  ASSERT_TRUE(pool.post([&] { after.set_value(); }));
  after.get_future().get();
}

TEST(Pool, ManyThreadsPostAndRunEveryTaskOnce) {
  constexpr int kPosters = 4, kEach = 2000;
  std::atomic<int> ran{0}, refused{0};
  Pool pool({.name = "t", .threads = 3, .queue = 64});
  std::vector<std::thread> posters;
  for (int p = 0; p < kPosters; ++p) {
    posters.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        if (!pool.post([&] { ++ran; })) ++refused;
      }
    });
  }
  for (auto& t : posters) t.join();
  pool.stop();
  EXPECT_EQ(ran + refused, kPosters * kEach);
  EXPECT_EQ(pool.stats().rejected, static_cast<std::uint64_t>(refused));
}

TEST(Periodic, RunsAgainAndAgainAndStops) {
  std::latch three(3);
  std::atomic<int> runs{0};
  Periodic job({.name = "t", .period = 1ms}, [&] {
    if (++runs <= 3) three.count_down();
  });
  three.wait();
  job.stop();
  const int at_stop = runs;
  EXPECT_GE(at_stop, 3);
  job.poke();
  EXPECT_EQ(runs, at_stop) << "nothing runs after stop()";
}

TEST(Periodic, PokeRunsNowAndAnExceptionDoesNotEndIt) {
  std::promise<void> second;
  std::atomic<int> runs{0};
  std::latch first(1);
  Periodic job({.name = "t", .period = 1h}, [&] {
    if (++runs == 1) {
      first.count_down();
      throw std::runtime_error("broken");
    }
    if (runs == 2) second.set_value();
  });
  job.poke();
  first.wait();
  job.poke();
  second.get_future().get();
}

TEST(Histogram, PutsDurationsIntoTheirBuckets) {
  Histogram h;
  h.observe(50us);
  h.observe(100us);  // bounds are inclusive
  h.observe(3ms);
  h.observe(1min);
  const auto s = h.snapshot();
  EXPECT_EQ(s.counts[0], 2u);
  EXPECT_EQ(s.counts[5], 1u);
  EXPECT_EQ(s.counts.back(), 1u);
  EXPECT_EQ(s.count(), 4u);
  EXPECT_NEAR(s.sum_seconds, 60.00315, 1e-9);
}

}  // namespace
}  // namespace zk::exec
