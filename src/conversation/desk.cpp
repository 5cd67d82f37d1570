#include "conversation/desk.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace zk::conversation {
namespace {
using storage::Query;

constexpr Query kAgents{"desk.agents",
                        "SELECT a.id, a.availability, a.capacity, a.role, "
                        "(SELECT COUNT(*) FROM conversation c WHERE c.assignee_id = a.id AND c.status = "
                        "'open') FROM agent a WHERE a.disabled = 0"};
constexpr Query kTeams{"desk.teams", "SELECT team_id, agent_id FROM team_agent ORDER BY agent_id"};
constexpr Query kWaiting{"desk.waiting",
                         "SELECT id, contact_id, team_id, priority, waiting_since FROM conversation WHERE "
                         "handler = 'waiting' AND status = 'open' "
                         "ORDER BY priority DESC, waiting_since, id LIMIT 20000"};
constexpr Query kUnanswered{"desk.unanswered",
                            "SELECT id FROM conversation WHERE assignee_id = $1 AND status = 'open' AND "
                            "last_sender = 'visitor' LIMIT 1000"};

constexpr std::chrono::seconds kRoundLimit{10};
constexpr std::chrono::milliseconds kPauseAfterFailure{500};

}  // namespace

Desk::Desk(storage::Db& db, const Clock& clock, Conversations& conversations, Presence& presence, Hub& hub)
    : db_(db),
      clock_(clock),
      conversations_(conversations),
      presence_(presence),
      hub_(hub),
      places_(std::make_shared<const Places>()) {
  listening_ = db_.listen([this](std::span<const storage::Event> events) {
    if (std::any_of(events.begin(), events.end(),
                    [](const auto& e) { return e.kind == "agent.updated" || e.kind == "team.updated"; }))
      poke();
  });
}

Desk::~Desk() {
  listening_ = nullptr;
  stop();
}

void Desk::start() {
  poke();
  thread_ = std::thread([this] { loop(); });
}

void Desk::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Desk::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_all();
}

void Desk::connected(AgentId agent) {
  if (const auto change = presence_.connected(agent)) hub_.presence(*change);
  poke();
}

void Desk::disconnected(AgentId agent) {
  if (const auto change = presence_.disconnected(agent)) hub_.presence(*change);
  poke();  // the grace period must be waited for
}

std::optional<int> Desk::position(ConversationId id) const {
  std::shared_ptr<const Places> places;
  {
    const std::lock_guard lock(mutex_);
    places = places_;
  }
  const auto it = places->find(id);
  return it == places->end() ? std::nullopt : it->second.position;
}

Desk::Stats Desk::stats() const { return {rounds_, given_, returned_, waiting_}; }

void Desk::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    poked_ = false;
    lock.unlock();
    const auto done = round(after(kRoundLimit));
    std::optional<Timestamp> next = presence_.next_expiry();
    {
      const std::lock_guard round_lock(round_mutex_);
      if (next_wake_ && (!next || *next_wake_ < *next)) next = next_wake_;
    }
    if (!done)
      log::warn("desk", "round failed code={} detail={}", to_string(done.error().code), done.error().detail);
    lock.lock();
    const auto woken = [this] { return stopping_ || poked_; };
    if (!done) {
      wake_.wait_for(lock, kPauseAfterFailure, [this] { return stopping_; });
    } else if (next) {
      wake_.wait_for(lock, std::max(Micros{1000}, *next - clock_.now()), woken);
    } else {
      wake_.wait(lock, woken);
    }
  }
}

Status Desk::round(Deadline deadline) {
  const std::lock_guard lock(round_mutex_);
  ++rounds_;
  ZK_TRY(next_wake_, conversations_.wake(deadline));
  for (const auto& change : presence_.expire()) hub_.presence(change);
  ZK_TRY(auto people, roster(deadline));
  ZK_TRY_STATUS(take_back(people.gone, deadline));
  ZK_TRY(auto queue, waiting(deadline));
  const auto plan = assign(queue, people.available);
  std::vector<Assignment> given;
  for (const auto& a : plan) {
    ZK_TRY(const bool done, conversations_.give_waiting(a.conversation_id, a.agent_id, deadline));
    if (!done) continue;
    given.push_back(a);
    last_given_[a.agent_id] = clock_.now();
  }
  given_ += static_cast<std::int64_t>(given.size());
  publish(queue, given);
  return {};
}

Result<Desk::Roster> Desk::roster(Deadline deadline) {
  Roster out;
  struct Read {
    std::vector<storage::Row> agents, teams;
  };
  ZK_TRY(auto read, db_.read(deadline, [](storage::Tx& tx) -> Result<Read> {
    ZK_TRY(auto agents, tx.all(kAgents));
    ZK_TRY(auto teams, tx.all(kTeams));
    return Read{std::move(agents), std::move(teams)};
  }));
  std::unordered_map<AgentId, std::vector<TeamId>> teams;
  for (const auto& row : read.teams) teams[row.id<AgentId>(1)].push_back(row.id<TeamId>(0));
  for (const auto& row : read.agents) {
    const auto id = row.id<AgentId>(0);
    if (const auto change = presence_.chose(id, availability(row.text(1)).value_or(Availability::kOffline)))
      hub_.presence(*change);
    const int load = static_cast<int>(row.integer(4));
    const auto may_answer = allows(role(row.text(3)).value_or(Role::kViewer), Permission::kConversationWrite);
    if (may_answer && presence_.can_take(id))
      out.available.push_back(
          {id, load, static_cast<int>(row.integer(2)), last_given_[id], std::move(teams[id])});
    else if (load > 0 && presence_.gone(id))
      out.gone.push_back(id);
  }
  return out;
}

Result<std::vector<WaitingConversation>> Desk::waiting(Deadline deadline) const {
  ZK_TRY(auto rows, db_.read(deadline, [](storage::Tx& tx) { return tx.all(kWaiting); }));
  std::vector<WaitingConversation> out;
  out.reserve(rows.size());
  for (const auto& row : rows)
    out.push_back({row.id<ConversationId>(0), row.id<ContactId>(1), row.id<TeamId>(2),
                   static_cast<int>(row.integer(3)), row.time(4)});
  return out;
}

// Only conversations whose visitor waits for an answer go back; the others stay with who knows them until he
// writes again.
Status Desk::take_back(const std::vector<AgentId>& gone, Deadline deadline) {
  for (const auto agent : gone) {
    ZK_TRY(auto rows, db_.read(deadline, [&](storage::Tx& tx) { return tx.all(kUnanswered, {agent}); }));
    for (const auto& row : rows) {
      ZK_TRY(const bool done, conversations_.take_back(row.id<ConversationId>(0), agent, deadline));
      returned_ += done ? 1 : 0;
    }
  }
  return {};
}

void Desk::publish(const std::vector<WaitingConversation>& queue, const std::vector<Assignment>& given) {
  std::unordered_map<ConversationId, AgentId> left;
  for (const auto& a : given) left.emplace(a.conversation_id, a.agent_id);
  auto places = std::make_shared<Places>();
  std::unordered_map<TeamId, int> length;
  for (const auto& w : queue)
    if (!left.contains(w.id)) places->emplace(w.id, QueueMove{w.id, w.contact_id, ++length[w.team_id]});
  waiting_ = static_cast<std::int64_t>(places->size());
  std::shared_ptr<const Places> before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(places_, places);
  }
  std::vector<QueueMove> moves;
  for (const auto& [id, move] : *places)
    if (const auto it = before->find(id); it == before->end() || it->second.position != move.position)
      moves.push_back(move);
  for (const auto& [id, move] : *before)
    if (!places->contains(id)) moves.push_back({id, move.contact_id, std::nullopt});
  if (!moves.empty()) hub_.queue(std::move(moves));
}

}  // namespace zk::conversation
