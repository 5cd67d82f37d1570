// The rest of Conversations: what agents change, read marks, ratings, waking from snooze.
#include <fmt/format.h>

#include <algorithm>

#include "conversation/conversations.hpp"

namespace zk::conversation {
namespace {
using storage::Query;

constexpr Query kAgent{"agent.assignable", "SELECT name, disabled FROM agent WHERE id = $1"};
constexpr Query kTeam{"team.name", "SELECT name FROM team WHERE id = $1"};
constexpr Query kInTeam{"team.has", "SELECT 1 FROM team_agent WHERE team_id = $1 AND agent_id = $2"};
constexpr Query kLabel{"label.exists", "SELECT 1 FROM label WHERE id = $1"};
constexpr Query kDropLabels{"conversation.drop_labels",
                            "DELETE FROM conversation_label WHERE conversation_id = $1"};
constexpr Query kAddLabel{"conversation.add_label",
                          "INSERT INTO conversation_label (conversation_id, label_id) VALUES ($1, $2)"};
constexpr Query kUnread{
    "message.unread",
    "SELECT COUNT(*) FROM message WHERE conversation_id = $1 AND id > $2 AND sender = 'visitor'"};
constexpr Query kNewest{
    "conversation.newest",
    "SELECT id FROM conversation WHERE contact_id = $1 AND inbox_id = $2 ORDER BY id DESC LIMIT 1"};
constexpr Query kMessage{"message.load", "SELECT " ZK_MESSAGE_COLUMNS ZK_MESSAGE_FROM "WHERE m.id = $1"};
constexpr Query kFeedback{"message.feedback", "UPDATE message SET feedback = $2 WHERE id = $1"};
constexpr Query kRoom{"agent.room",
                      "SELECT a.name, (SELECT COUNT(*) FROM conversation c WHERE c.assignee_id = a.id AND "
                      "c.status = 'open'), a.capacity "
                      "FROM agent a WHERE a.id = $1 AND a.disabled = 0"};
constexpr Query kAsleep{"conversation.asleep",
                        "SELECT id FROM conversation WHERE status = 'snoozed' AND snoozed_until <= $1 ORDER "
                        "BY snoozed_until LIMIT 500"};
constexpr Query kNextWake{"conversation.next_wake",
                          "SELECT MIN(snoozed_until) FROM conversation WHERE status = 'snoozed'"};

constexpr std::size_t kMaxLabels = 50;
constexpr std::size_t kMaxComment = 2000;

// The agent's name; kInvalidArgument when he cannot be given a conversation.
Result<std::string> assignable(Writer& w, AgentId id) {
  ZK_TRY(auto row, w.tx().maybe(kAgent, {id}));
  if (!row || row->boolean(1))
    return fail(ErrorCode::kInvalidArgument, "no such agent, or the account is disabled", "/assignee_id");
  return row->text(0);
}

Status change_status(Writer& w, ConversationRecord& c, const Change& change, const Actor& by) {
  const auto status = change.status.value_or(change.snoozed_until ? ConversationStatus::kSnoozed : c.status);
  if (status == ConversationStatus::kSnoozed) {
    if (!change.snoozed_until || *change.snoozed_until <= w.now())
      return fail(ErrorCode::kInvalidArgument, "snoozing needs a time in the future", "/snoozed_until");
    if (c.status == ConversationStatus::kResolved)
      return fail(ErrorCode::kConflict, "the conversation is resolved: reopen it first", "/status");
    c.status = status;
    c.snoozed_until = *change.snoozed_until;
    if (c.handler == Handler::kWaiting && by.agent) w.give_to(c, by.agent);  // who snoozes it has taken it
    return {};
  }
  if (status == c.status) return {};
  if (status == ConversationStatus::kResolved) {
    w.resolve(c);
    return w.note_activity(c, by.name.empty() ? "对话已结束" : fmt::format("{} 结束了对话", by.name),
                           by.name.empty() ? "The conversation was resolved"
                                           : fmt::format("{} resolved the conversation", by.name),
                           by);
  }
  const bool was_resolved = c.status == ConversationStatus::kResolved;
  c.status = ConversationStatus::kOpen;
  c.snoozed_until = {};
  if (!was_resolved) return {};
  c.resolved_at = {};
  if (c.assignee_id)
    w.give_to(c, c.assignee_id);
  else if (by.agent)
    w.give_to(c, by.agent);
  else
    w.hand_over(c, 0);
  return w.note_activity(c, by.name.empty() ? "对话已重新打开" : fmt::format("{} 重新打开了对话", by.name),
                         by.name.empty() ? "The conversation was reopened"
                                         : fmt::format("{} reopened the conversation", by.name),
                         by);
}

Status change_owner(Writer& w, ConversationRecord& c, const Change& change, const Actor& by) {
  if (!change.assignee && !change.team) return {};
  if (c.status == ConversationStatus::kResolved)
    return fail(ErrorCode::kConflict, "the conversation is resolved: reopen it first");
  if (change.team && *change.team != c.team_id) {
    std::string name;
    if (*change.team) {
      ZK_TRY(auto row, w.tx().maybe(kTeam, {*change.team}));
      if (!row) return fail(ErrorCode::kInvalidArgument, "no such team", "/team_id");
      name = row->text(0);
    }
    c.team_id = *change.team;
    ZK_TRY(auto member, w.tx().maybe(kInTeam, {c.team_id, c.assignee_id}));
    if (!change.assignee && c.team_id && !member) {
      w.hand_over(c, 0);
      ZK_TRY_STATUS(w.note_activity(c, fmt::format("已转给{}", name), fmt::format("Handed to {}", name), by));
    }
  }
  if (!change.assignee || *change.assignee == c.assignee_id) return {};
  if (!*change.assignee) {
    w.hand_over(c, 0);
    return w.note_activity(c, "正在为您转接人工客服", "Connecting you to a person", by);
  }
  ZK_TRY(auto name, assignable(w, *change.assignee));
  w.give_to(c, *change.assignee);
  return w.note_activity(c, fmt::format("{} 接入了对话", name), fmt::format("{} joined", name), by);
}

Status change_labels(Writer& w, ConversationRecord& c, std::vector<LabelId> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  if (labels.size() > kMaxLabels)
    return fail(ErrorCode::kInvalidArgument, fmt::format("at most {} labels", kMaxLabels), "/labels");
  ZK_TRY([[maybe_unused]] auto n, w.tx().run(kDropLabels, {c.id}));
  JsonWriter json(64);
  json.begin_array();
  for (const auto label : labels) {
    ZK_TRY(auto known, w.tx().maybe(kLabel, {label}));
    if (!known) return fail(ErrorCode::kInvalidArgument, "no such label", "/labels");
    ZK_TRY([[maybe_unused]] auto added, w.tx().run(kAddLabel, {c.id, label}));
    json.value(label.value);
  }
  c.labels = json.end_array().take();
  return {};
}

}  // namespace

Result<ConversationRecord> Conversations::change(ConversationId id, const Change& change, const Actor& who,
                                                 Deadline deadline) {
  auto done = write<ConversationRecord>(deadline, [&](Writer& w) -> Result<ConversationRecord> {
    ZK_TRY(auto c, w.load(id));
    ZK_TRY(const auto by, w.named(who));
    ZK_TRY_STATUS(change_status(w, c, change, by));
    ZK_TRY_STATUS(change_owner(w, c, change, by));
    if (change.priority) {
      if (*change.priority < 0 || *change.priority > 3)
        return fail(ErrorCode::kInvalidArgument, "priority goes from 0 to 3", "/priority");
      c.priority = *change.priority;
    }
    if (change.labels) ZK_TRY_STATUS(change_labels(w, c, *change.labels));
    ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce(c, by));
    return std::move(c);
  });
  if (done) queue_changed();
  return done;
}

Status Conversations::read_by_agent(ConversationId id, MessageId upto, const Actor& by, Deadline deadline) {
  auto done = write<bool>(deadline, [&](Writer& w) -> Result<bool> {
    ZK_TRY(auto c, w.load(id));
    upto = std::min(upto, c.last_message_id);
    if (upto <= c.agent_read_id) return false;
    c.agent_read_id = upto;
    ZK_TRY(auto row, w.tx().one(kUnread, {id, upto}));
    c.unread = static_cast<int>(row.integer(0));
    ZK_TRY_STATUS(w.save_message_state(c));
    ZK_TRY_STATUS(w.announce_read(c, by, "agent", upto));
    return true;
  });
  return done ? Status{} : Status(tl::unexpected(done.error()));
}

Status Conversations::read_by_visitor(ContactId contact, InboxId inbox, MessageId upto, Deadline deadline) {
  auto done = write<bool>(deadline, [&](Writer& w) -> Result<bool> {
    ZK_TRY(auto newest, w.tx().one(kNewest, {contact, inbox}));
    ZK_TRY(auto c, w.load(newest.id<ConversationId>(0)));
    upto = std::min(upto, c.last_message_id);
    if (upto <= c.visitor_read_id) return false;
    c.visitor_read_id = upto;
    ZK_TRY_STATUS(w.save_message_state(c));
    ZK_TRY_STATUS(w.announce_read(c, visitor_actor(contact), "visitor", upto));
    return true;
  });
  return done ? Status{} : Status(tl::unexpected(done.error()));
}

Result<ConversationRecord> Conversations::rate(ContactId contact, InboxId inbox, int rating,
                                               const std::string& comment, Deadline deadline) {
  if (rating < 1 || rating > 5)
    return fail(ErrorCode::kInvalidArgument, "rating goes from 1 to 5", "/rating");
  ZK_TRY(auto text, intake_.clean(comment, kMaxComment, "/comment"));
  return write<ConversationRecord>(deadline, [&](Writer& w) -> Result<ConversationRecord> {
    ZK_TRY(auto newest, w.tx().one(kNewest, {contact, inbox}));
    ZK_TRY(auto c, w.load(newest.id<ConversationId>(0)));
    c.rating = rating;
    c.rating_comment = text.text;
    ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce(c, visitor_actor(contact)));
    return std::move(c);
  });
}

Result<StoredMessage> Conversations::feedback(ContactId contact, MessageId message, int value,
                                              Deadline deadline) {
  if (value < -1 || value > 1) return fail(ErrorCode::kInvalidArgument, "value must be 1, -1 or 0", "/value");
  return write<StoredMessage>(deadline, [&](Writer& w) -> Result<StoredMessage> {
    ZK_TRY(auto row, w.tx().maybe(kMessage, {message}));
    if (!row) return fail(ErrorCode::kNotFound, "no such message", "/message_id");
    auto m = read_message(*row);
    ZK_TRY(auto c, w.load(m.conversation_id));
    if (c.contact_id != contact || m.sender != SenderKind::kBot)
      return fail(ErrorCode::kNotFound, "no such message", "/message_id");
    if (m.feedback == value) return m;
    m.feedback = value;
    ZK_TRY([[maybe_unused]] auto n, w.tx().run(kFeedback, {message, value}));
    ZK_TRY_STATUS(w.announce_message(c, m, visitor_actor(contact), "message.updated"));
    return m;
  });
}

Result<bool> Conversations::give_waiting(ConversationId id, AgentId agent, Deadline deadline) {
  return write<bool>(deadline, [&](Writer& w) -> Result<bool> {
    ZK_TRY(auto c, w.load(id));
    if (c.status != ConversationStatus::kOpen || c.handler != Handler::kWaiting) return false;
    ZK_TRY(auto row, w.tx().maybe(kRoom, {agent}));
    if (!row || row->integer(1) >= row->integer(2)) return false;
    w.give_to(c, agent);
    const auto& name = row->text(0);
    ZK_TRY_STATUS(w.note_activity(c, fmt::format("{} 接入了对话", name), fmt::format("{} joined", name),
                                  system_actor()));
    ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce(c, system_actor()));
    return true;
  });
}

Result<bool> Conversations::take_back(ConversationId id, AgentId agent, Deadline deadline) {
  return write<bool>(deadline, [&](Writer& w) -> Result<bool> {
    ZK_TRY(auto c, w.load(id));
    if (c.status != ConversationStatus::kOpen || c.handler != Handler::kHuman || c.assignee_id != agent)
      return false;
    w.hand_over(c, 0);
    ZK_TRY_STATUS(w.note_activity(c, "客服暂时离开，正在为您转接其他人工客服",
                                  "The agent is away; connecting you to another person", system_actor()));
    ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce(c, system_actor()));
    return true;
  });
}

Result<std::optional<Timestamp>> Conversations::wake(Deadline deadline) {
  ZK_TRY(auto due, db_.read(deadline, [&](storage::Tx& tx) { return tx.all(kAsleep, {clock_.now()}); }));
  for (const auto& row : due) {
    ZK_TRY([[maybe_unused]] auto woken, write<bool>(deadline, [&](Writer& w) -> Result<bool> {
             ZK_TRY(auto c, w.load(row.id<ConversationId>(0)));
             if (c.status != ConversationStatus::kSnoozed || c.snoozed_until > w.now()) return false;
             c.status = ConversationStatus::kOpen;
             c.snoozed_until = {};
             ZK_TRY_STATUS(w.save(c));
             ZK_TRY_STATUS(w.announce(c, system_actor()));
             return true;
           }));
  }
  ZK_TRY(auto next, db_.read(deadline, [](storage::Tx& tx) { return tx.one(kNextWake); }));
  if (next.is_null(0)) return std::nullopt;
  return next.time(0);
}

}  // namespace zk::conversation
