// Who gets a waiting conversation: the one place where that is decided. A pure function; no clock, no
// database.
//
// Policy: the most urgent first, among equals the one that waits longest; each goes to the agent of its team
// who is there, has room, and holds the fewest conversations (among equals: who was given one longest ago,
// then the lower id). A conversation without a team may go to anyone. Nobody has room: it stays in the queue
// of its team.
#pragma once

#include <span>
#include <vector>

#include "base/time.hpp"
#include "domain/ids.hpp"

namespace zk::conversation {

struct WaitingConversation {
  ConversationId id;
  ContactId contact_id;
  TeamId team_id;  // none: any agent
  int priority = 0;
  Timestamp waiting_since{};
};
struct AvailableAgent {
  AgentId id;
  int load = 0;  // open conversations he holds
  int capacity = 0;
  Timestamp last_given{};  // epoch: never
  std::vector<TeamId> teams;
};
struct Assignment {
  ConversationId conversation_id;
  AgentId agent_id;
};

// Most urgent, then longest waiting, then oldest id.
bool before(const WaitingConversation& a, const WaitingConversation& b);
// `waiting` must be ordered by before(). O((W + A·teams) log A).
std::vector<Assignment> assign(std::span<const WaitingConversation> waiting,
                               std::span<const AvailableAgent> agents);

}  // namespace zk::conversation
