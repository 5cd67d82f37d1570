// Which agents are there: what an agent chose (online, away, offline) and whether any screen of his is
// connected. Losing the last screen counts after a grace period only: a reload, a lift, a sleeping laptop is
// no absence. Kept in memory; after a restart everyone has the grace period to come back. Thread-safe.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "domain/people.hpp"

namespace zk::conversation {

class Presence {
 public:
  // For presence frames and the queue; called outside the lock, after each change of an agent's effective
  // availability.
  struct Changed {
    AgentId agent;
    Availability availability;
  };
  Presence(const Clock& clock, std::chrono::microseconds grace = std::chrono::seconds(30))
      : clock_(clock), grace_(grace), started_(clock.now()) {}

  // A screen of the agent appeared or went. What changed by it, if anything.
  std::optional<Changed> connected(AgentId agent);
  std::optional<Changed> disconnected(AgentId agent);
  // What the agent chose, as the database has it.
  std::optional<Changed> chose(AgentId agent, Availability availability);

  // May be given a conversation now: chose online, and a screen is connected.
  bool can_take(AgentId agent) const;
  bool anyone_can_take() const;
  // Is not coming back: chose not to be online, or had no screen for the grace period.
  bool gone(AgentId agent) const;
  // What others see: his choice while a screen is connected or was just now, else offline.
  Availability effective(AgentId agent) const;
  // When the next grace period ends, if one runs; whose grace has ended since the last call.
  std::optional<Timestamp> next_expiry() const;
  std::vector<Changed> expire();

 private:
  struct State {
    int screens = 0;
    Timestamp left_at{};  // of the last screen; epoch: never seen since start
    Availability chosen = Availability::kOffline;
    bool expired = false;  // its grace ended and was told
  };
  bool in_grace(const State& s) const;
  Availability effective_of(const State& s) const;
  template <class F>
  std::optional<Changed> update(AgentId agent, F&& f);

  const Clock& clock_;
  const std::chrono::microseconds grace_;
  const Timestamp started_;
  mutable std::mutex mutex_;
  std::unordered_map<AgentId, State> states_;
};

}  // namespace zk::conversation
