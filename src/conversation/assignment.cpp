#include "conversation/assignment.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/check.hpp"

namespace zk::conversation {
namespace {

// Ordered so that the first is who gets the next one.
struct Slot {
  int load;
  Timestamp last_given;
  AgentId id;
  std::size_t index;
  bool operator<(const Slot& o) const {
    return std::tie(load, last_given, id) < std::tie(o.load, o.last_given, o.id);
  }
};
using Roster = std::set<Slot>;

}  // namespace

bool before(const WaitingConversation& a, const WaitingConversation& b) {
  return std::tie(b.priority, a.waiting_since, a.id) < std::tie(a.priority, b.waiting_since, b.id);
}

std::vector<Assignment> assign(std::span<const WaitingConversation> waiting,
                               std::span<const AvailableAgent> agents) {
  ZK_CHECK(std::is_sorted(waiting.begin(), waiting.end(), before));
  std::vector<int> load;
  std::vector<Timestamp> last_given;
  Roster everyone;
  std::unordered_map<TeamId, Roster> by_team;
  const auto slot = [&](std::size_t i) { return Slot{load[i], last_given[i], agents[i].id, i}; };
  for (std::size_t i = 0; i < agents.size(); ++i) {
    load.push_back(agents[i].load);
    last_given.push_back(agents[i].last_given);
    if (load[i] >= agents[i].capacity) continue;
    everyone.insert(slot(i));
    for (const auto team : agents[i].teams) by_team[team].insert(slot(i));
  }
  std::vector<Assignment> out;
  for (const auto& w : waiting) {
    if (everyone.empty()) break;
    auto& roster = w.team_id ? by_team[w.team_id] : everyone;
    if (roster.empty()) continue;
    const auto i = roster.begin()->index;
    out.push_back({w.id, agents[i].id});
    const auto was = slot(i);
    everyone.erase(was);
    for (const auto team : agents[i].teams) by_team[team].erase(was);
    last_given[i] = Timestamp::max();  // given just now: behind everyone with the same load
    if (++load[i] >= agents[i].capacity) continue;
    everyone.insert(slot(i));
    for (const auto team : agents[i].teams) by_team[team].insert(slot(i));
  }
  return out;
}

}  // namespace zk::conversation
