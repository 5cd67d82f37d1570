#include "conversation/presence.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace zk::conversation {

bool Presence::in_grace(const State& s) const {
  return clock_.now() < std::max(s.left_at, started_) + grace_;
}

Availability Presence::effective_of(const State& s) const {
  return s.screens > 0 || (!s.expired && s.left_at != Timestamp{} && in_grace(s)) ? s.chosen
                                                                                  : Availability::kOffline;
}

template <class F>
std::optional<Presence::Changed> Presence::update(AgentId agent, F&& f) {
  const std::lock_guard lock(mutex_);
  auto& s = states_[agent];
  const auto before = effective_of(s);
  f(s);
  const auto after = effective_of(s);
  if (before == after) return std::nullopt;
  return Changed{agent, after};
}

std::optional<Presence::Changed> Presence::connected(AgentId agent) {
  return update(agent, [](State& s) {
    ++s.screens;
    s.expired = false;
  });
}

std::optional<Presence::Changed> Presence::disconnected(AgentId agent) {
  return update(agent, [this](State& s) {
    ZK_CHECK(s.screens > 0);
    if (--s.screens == 0) s.left_at = clock_.now();
  });
}

std::optional<Presence::Changed> Presence::chose(AgentId agent, Availability availability) {
  return update(agent, [&](State& s) { s.chosen = availability; });
}

bool Presence::can_take(AgentId agent) const {
  const std::lock_guard lock(mutex_);
  const auto it = states_.find(agent);
  return it != states_.end() && it->second.screens > 0 && it->second.chosen == Availability::kOnline;
}

bool Presence::anyone_can_take() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(states_.begin(), states_.end(), [](const auto& entry) {
    return entry.second.screens > 0 && entry.second.chosen == Availability::kOnline;
  });
}

bool Presence::gone(AgentId agent) const {
  const std::lock_guard lock(mutex_);
  const auto it = states_.find(agent);
  if (it == states_.end()) return clock_.now() >= started_ + grace_;
  const auto& s = it->second;
  return s.chosen != Availability::kOnline || (s.screens == 0 && !in_grace(s));
}

Availability Presence::effective(AgentId agent) const {
  const std::lock_guard lock(mutex_);
  const auto it = states_.find(agent);
  return it == states_.end() ? Availability::kOffline : effective_of(it->second);
}

std::optional<Timestamp> Presence::next_expiry() const {
  const std::lock_guard lock(mutex_);
  std::optional<Timestamp> next;
  for (const auto& [agent, s] : states_) {
    if (s.screens > 0 || s.expired) continue;
    const auto at = std::max(s.left_at, started_) + grace_;
    if (!next || at < *next) next = at;
  }
  return next;
}

std::vector<Presence::Changed> Presence::expire() {
  const std::lock_guard lock(mutex_);
  std::vector<Changed> out;
  for (auto& [agent, s] : states_) {
    if (s.screens > 0 || s.expired || in_grace(s)) continue;
    s.expired = true;
    if (s.left_at != Timestamp{} && s.chosen != Availability::kOffline)
      out.push_back({agent, Availability::kOffline});
  }
  return out;
}

}  // namespace zk::conversation
