#include "conversation/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.hpp"
#include "conversation/presence.hpp"

namespace zk::conversation {
namespace {

Timestamp at(std::int64_t us) { return from_micros(us); }

TEST(Assignment, LeastLoadedOfTheTeamThenLongestIdle) {
  const TeamId sales{1}, support{2};
  const std::vector<AvailableAgent> agents{{AgentId{1}, 1, 5, at(10), {support}},
                                           {AgentId{2}, 0, 5, at(20), {sales}},
                                           {AgentId{3}, 1, 5, at(5), {support}}};
  const std::vector<WaitingConversation> waiting{{ConversationId{9}, {}, support, 2, at(100)},
                                                 {ConversationId{7}, {}, support, 0, at(50)},
                                                 {ConversationId{8}, {}, TeamId{}, 0, at(60)}};
  const auto plan = assign(waiting, agents);
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan[0].conversation_id, ConversationId{9}) << "the most urgent is first";
  EXPECT_EQ(plan[0].agent_id, AgentId{3}) << "idle for longer";
  EXPECT_EQ(plan[1].agent_id, AgentId{1});
  EXPECT_EQ(plan[2].agent_id, AgentId{2}) << "without a team, anyone";
}

struct Case {
  std::vector<AvailableAgent> agents;
  std::vector<WaitingConversation> waiting;
};
Case random_case(Random& r) {
  Case c;
  const auto teams = 1 + r.below(4);
  for (std::uint64_t i = 0; i < r.below(12); ++i) {
    AvailableAgent a{AgentId{static_cast<std::int64_t>(i + 1)},
                     static_cast<int>(r.below(5)),
                     static_cast<int>(1 + r.below(5)),
                     at(static_cast<std::int64_t>(r.below(50))),
                     {}};
    for (std::uint64_t t = 1; t <= teams; ++t)
      if (r.below(2)) a.teams.push_back(TeamId{static_cast<std::int64_t>(t)});
    c.agents.push_back(a);
  }
  for (std::uint64_t i = 0; i < r.below(40); ++i)
    c.waiting.push_back({ConversationId{static_cast<std::int64_t>(i + 1)},
                         {},
                         TeamId{static_cast<std::int64_t>(r.below(teams + 1))},
                         static_cast<int>(r.below(4)),
                         at(static_cast<std::int64_t>(r.below(20)))});
  std::sort(c.waiting.begin(), c.waiting.end(), before);
  return c;
}
bool member(const AvailableAgent& a, TeamId team) {
  return !team || std::count(a.teams.begin(), a.teams.end(), team) > 0;
}

// The same policy by brute force: for each in order, the best of all who may.
std::vector<Assignment> slow_assign(const Case& c) {
  std::vector<Assignment> out;
  std::map<AgentId, int> load;
  std::map<AgentId, Timestamp> given;
  for (const auto& a : c.agents) load[a.id] = a.load, given[a.id] = a.last_given;
  for (const auto& w : c.waiting) {
    const AvailableAgent* best = nullptr;
    for (const auto& a : c.agents) {
      if (!member(a, w.team_id) || load[a.id] >= a.capacity) continue;
      if (!best ||
          std::tuple(load[a.id], given[a.id], a.id) < std::tuple(load[best->id], given[best->id], best->id))
        best = &a;
    }
    if (!best) continue;
    out.push_back({w.id, best->id});
    ++load[best->id];
    given[best->id] = Timestamp::max();
  }
  return out;
}

TEST(Assignment, NeverAboveCapacityNobodySkippedAndEqualToBruteForce) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    Random r(seed);
    const auto c = random_case(r);
    const auto plan = assign(c.waiting, c.agents);
    std::map<AgentId, int> load;
    std::map<ConversationId, AgentId> owner;
    for (const auto& a : c.agents) load[a.id] = a.load;
    for (const auto& p : plan) {
      ++load[p.agent_id];
      ASSERT_TRUE(owner.emplace(p.conversation_id, p.agent_id).second);
    }
    for (const auto& a : c.agents) EXPECT_LE(load[a.id], std::max(a.load, a.capacity));
    for (const auto& w : c.waiting) {
      if (owner.contains(w.id)) continue;
      for (const auto& a : c.agents)
        EXPECT_FALSE(member(a, w.team_id) && load[a.id] < a.capacity) << "someone who could take it has room";
    }
    const auto expected = slow_assign(c);
    ASSERT_EQ(plan.size(), expected.size());
    for (std::size_t i = 0; i < plan.size(); ++i) {
      EXPECT_EQ(plan[i].conversation_id, expected[i].conversation_id);
      EXPECT_EQ(plan[i].agent_id, expected[i].agent_id);
    }
  }
}

TEST(Presence, LosingTheLastScreenCountsAfterTheGracePeriod) {
  ManualClock clock(at(1'000'000'000));
  Presence presence(clock, std::chrono::seconds(30));
  const AgentId agent{7};
  EXPECT_FALSE(presence.gone(agent)) << "after a start everyone has the grace period to come back";
  presence.chose(agent, Availability::kOnline);
  EXPECT_FALSE(presence.can_take(agent)) << "no screen yet";
  ASSERT_TRUE(presence.connected(agent).has_value());
  EXPECT_TRUE(presence.can_take(agent));
  EXPECT_FALSE(presence.connected(agent).has_value()) << "a second tab changes nothing";
  EXPECT_FALSE(presence.disconnected(agent).has_value());
  EXPECT_FALSE(presence.disconnected(agent).has_value()) << "a reload is no absence";
  EXPECT_FALSE(presence.can_take(agent));
  EXPECT_FALSE(presence.gone(agent));
  EXPECT_EQ(presence.effective(agent), Availability::kOnline);
  EXPECT_EQ(presence.next_expiry(), clock.now() + std::chrono::seconds(30));
  clock.advance(std::chrono::seconds(30));
  EXPECT_TRUE(presence.gone(agent));
  const auto expired = presence.expire();
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].availability, Availability::kOffline);
  EXPECT_TRUE(presence.expire().empty());
  EXPECT_EQ(presence.next_expiry(), std::nullopt);
  EXPECT_EQ(presence.connected(agent)->availability, Availability::kOnline);
  EXPECT_EQ(presence.chose(agent, Availability::kAway)->availability, Availability::kAway);
  EXPECT_TRUE(presence.gone(agent));
}

}  // namespace
}  // namespace zk::conversation
