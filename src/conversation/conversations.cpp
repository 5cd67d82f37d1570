#include "conversation/conversations.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "conversation/attachments.hpp"

namespace zk::conversation {
namespace {
using storage::Query;

constexpr Query kSaidByBot{
    "message.said_by_bot",
    "SELECT blocks FROM message WHERE conversation_id = $1 AND sender = 'bot' ORDER BY id DESC LIMIT 5"};
constexpr Query kDueMessage{
    "message.due",
    "SELECT id, text, pick FROM message WHERE conversation_id = $1 AND id > $2 AND sender = 'visitor' "
    "ORDER BY id LIMIT 1"};
constexpr Query kTurnsDue{
    "conversation.turns_due",
    "SELECT id FROM conversation WHERE status = 'open' AND handler = 'bot' AND last_visitor_id > "
    "COALESCE(turn_done_id, 0) ORDER BY last_visitor_id LIMIT 100000"};
constexpr Query kTrace{"trace.insert", "INSERT INTO trace (message_id, body) VALUES ($1, $2)"};

constexpr std::size_t kMaxClientId = 100;

Status check_client_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxClientId)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("client_id must have 1 to {} bytes: send a fresh random one for each message",
                            kMaxClientId),
                "/client_id");
  return {};
}

// What a choice taken without words says: its label, from the last things the bot offered.
Result<Blocks> label_of(Writer& w, ConversationId conversation, std::string_view pick) {
  ZK_TRY(auto rows, w.tx().all(kSaidByBot, {conversation}));
  for (const auto& row : rows) {
    ZK_TRY(auto blocks, blocks_from_json(row.text(0)));
    for (const auto& block : blocks)
      if (const auto* buttons = std::get_if<ButtonsBlock>(&block))
        for (const auto& choice : buttons->choices)
          if (choice.id == pick) return text_blocks(choice.label);
  }
  return fail(ErrorCode::kInvalidArgument, "this choice is no longer offered: write what you want to know",
              "/pick");
}

struct Opened {
  ConversationRecord conversation;
  bool fresh = false;
};
Result<Opened> find_or_open(Writer& w, ContactId contact, const InboxProfile& inbox,
                            const std::string& locale) {
  ZK_TRY(auto found, w.find_open(contact, inbox.id));
  if (found) return Opened{*std::move(found), false};
  ZK_TRY(auto opened, w.open(contact, inbox.id, inbox.team_id, locale.empty() ? inbox.locale : locale,
                             inbox.bot_enabled ? Handler::kBot : Handler::kWaiting));
  return Opened{std::move(opened), true};
}

BotTurn turn_of(const ConversationRecord& c, MessageId message, std::string text, std::string pick,
                Timestamp now) {
  BotTurn turn;
  turn.conversation_id = c.id;
  turn.inbox_id = c.inbox_id;
  turn.contact_id = c.contact_id;
  turn.message_id = message;
  turn.after = c.turn_done_id;
  turn.text = std::move(text);
  turn.pick = std::move(pick);
  turn.locale = c.locale;
  turn.contact_name = c.contact_name;
  turn.state = c.bot_state;
  turn.now = now;
  return turn;
}

}  // namespace

Conversations::Conversations(storage::Db& db, const Clock& clock, Intake intake, Inboxes& inboxes)
    : db_(db), clock_(clock), intake_(std::move(intake)), inboxes_(inboxes) {}

Result<Posted> Conversations::post_visitor(const VisitorPost& post, Deadline deadline) {
  ZK_TRY_STATUS(check_client_id(post.client_id));
  ZK_TRY(auto inbox, inboxes_.by_id(post.inbox_id, deadline));
  CleanBlocks cleaned;
  if (!post.blocks.empty() || post.pick.empty()) {
    ZK_TRY(cleaned, intake_.clean(post.blocks, SenderKind::kVisitor));
  }
  bool opened = false;
  std::optional<BotTurn> turn;
  auto posted = write<Posted>(deadline, [&](Writer& w) -> Result<Posted> {
    turn.reset();
    ZK_TRY(auto found, w.find_open(post.contact_id, inbox->id));
    opened = !found;
    if (opened) {  // a retry must not open a conversation: what was sent may stand in one that is resolved
      ZK_TRY(auto sent, w.find_sent(SenderKind::kVisitor, post.contact_id.value, post.client_id));
      if (sent) {
        ZK_TRY(auto its, w.load(sent->conversation_id));
        return Posted{*std::move(sent), std::move(its), false};
      }
    }
    ZK_TRY(auto place, find_or_open(w, post.contact_id, *inbox, post.locale));
    auto& c = place.conversation;
    const bool owed = c.turn_due();  // for an older message, which comes first
    NewMessage m{.sender = SenderKind::kVisitor,
                 .sender_id = post.contact_id.value,
                 .blocks = cleaned.blocks,
                 .client_id = post.client_id,
                 .pick = post.pick};
    if (m.blocks.empty()) {
      ZK_TRY(m.blocks, label_of(w, c.id, post.pick));
    }
    ZK_TRY_STATUS(bind_uploads(w.tx(), m.blocks, c.contact_id, c.id));
    ZK_TRY(auto stored, w.insert(c, m));
    if (!stored) {
      ZK_TRY(auto sent, w.find_sent(SenderKind::kVisitor, post.contact_id.value, post.client_id));
      if (!sent) return fail(ErrorCode::kInternal, "a message was refused as known, but is not there");
      ZK_TRY(auto its, w.load(sent->conversation_id));
      return Posted{*std::move(sent), std::move(its), false};
    }
    ZK_TRY_STATUS(w.keep_originals(c, *stored, cleaned.originals, intake_.vault()));
    const bool woken = c.status == ConversationStatus::kSnoozed;
    if (woken) {
      c.status = ConversationStatus::kOpen;
      c.snoozed_until = {};
    }
    ZK_TRY_STATUS(woken ? w.save(c) : w.save_message_state(c));
    if (opened) ZK_TRY_STATUS(w.announce(c, visitor_actor(c.contact_id), "conversation.created"));
    ZK_TRY_STATUS(w.announce_message(c, *stored, visitor_actor(c.contact_id)));
    if (!owed && c.turn_due()) turn = turn_of(c, stored->id, plain_text(m.blocks), m.pick, w.now());
    return Posted{*std::move(stored), std::move(c), true};
  });
  if (posted && posted->stored)
    after_visitor_message(posted->conversation, opened, std::move(turn), deadline);
  return posted;
}

void Conversations::after_visitor_message(const ConversationRecord& c, bool opened,
                                          std::optional<BotTurn> turn, Deadline deadline) {
  if (c.turn_due()) {
    if (to_.turn_due && to_.turn_due(c.id, std::move(turn))) return;
    if (auto s = abandon_turn(c.id, Failure::kOverload, deadline); !s)
      log::warn("conversation", "turn refused and hand-over failed conversation={} code={}", c.id.value,
                to_string(s.error().code));
    return;
  }
  const bool left_alone = c.handler == Handler::kHuman && to_.available && !to_.available(c.assignee_id);
  if ((c.handler == Handler::kWaiting && opened) || left_alone) queue_changed();
}

Result<Posted> Conversations::post_agent(const AgentPost& post, Deadline deadline) {
  ZK_TRY_STATUS(check_client_id(post.client_id));
  if (post.kind == MessageKind::kActivity)
    return fail(ErrorCode::kInvalidArgument, "kind must be text or note", "/kind");
  if (to_.screen) ZK_TRY_STATUS(to_.screen(post, deadline));
  ZK_TRY(const auto cleaned, intake_.clean(post.blocks, SenderKind::kAgent));
  bool taken = false;
  auto posted = write<Posted>(deadline, [&](Writer& w) -> Result<Posted> {
    taken = false;
    ZK_TRY(auto c, w.load(post.conversation_id));
    ZK_TRY(const auto by, w.named(post.by));
    ZK_TRY(auto sent, w.find_sent(SenderKind::kAgent, by.agent.value, post.client_id));
    if (sent) return Posted{*std::move(sent), std::move(c), false};
    NewMessage m{.sender = SenderKind::kAgent,
                 .sender_id = by.agent.value,
                 .sender_name = by.name,
                 .kind = post.kind,
                 .blocks = cleaned.blocks,
                 .client_id = post.client_id};
    if (post.kind == MessageKind::kText) {
      if (c.status == ConversationStatus::kResolved)
        return fail(ErrorCode::kConflict, "the conversation is resolved: reopen it to write to the visitor");
      taken = c.handler != Handler::kHuman && by.agent;
      if (taken) {
        w.give_to(c, by.agent);
        ZK_TRY_STATUS(
            w.note_activity(c, fmt::format("{} 接入了对话", by.name), fmt::format("{} joined", by.name), by));
      }
      c.status = ConversationStatus::kOpen;
      c.snoozed_until = {};
    }
    ZK_TRY_STATUS(bind_uploads(w.tx(), m.blocks, c.contact_id, c.id));
    ZK_TRY(auto stored, w.insert(c, m));
    if (!stored) return fail(ErrorCode::kConflict, "this client_id was used before", "/client_id");
    ZK_TRY_STATUS(w.keep_originals(c, *stored, cleaned.originals, intake_.vault()));
    if (post.kind == MessageKind::kText) ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce_message(c, *stored, by));
    if (taken) ZK_TRY_STATUS(w.announce(c, by));
    return Posted{*std::move(stored), std::move(c), true};
  });
  if (posted && taken) queue_changed();
  return posted;
}

Result<ConversationRecord> Conversations::ask_for_human(ContactId contact, InboxId inbox_id,
                                                        const std::string& locale, Deadline deadline) {
  ZK_TRY(auto inbox, inboxes_.by_id(inbox_id, deadline));
  auto done = write<ConversationRecord>(deadline, [&](Writer& w) -> Result<ConversationRecord> {
    ZK_TRY(auto place, find_or_open(w, contact, *inbox, locale));
    auto& c = place.conversation;
    if (!place.fresh && c.handler != Handler::kBot) return std::move(c);
    w.hand_over(c, 0);
    if (place.fresh) ZK_TRY_STATUS(w.announce(c, visitor_actor(contact), "conversation.created"));
    ZK_TRY_STATUS(
        w.note_activity(c, "正在为您转接人工客服", "Connecting you to a person", visitor_actor(contact)));
    ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce(c, visitor_actor(contact)));
    return std::move(c);
  });
  if (done) queue_changed();
  return done;
}

Result<std::optional<BotTurn>> Conversations::due_turn(ConversationId id, Deadline deadline) {
  return db_.read(deadline, [&](storage::Tx& tx) -> Result<std::optional<BotTurn>> {
    Writer w(tx, clock_.now(), to_.position);
    ZK_TRY(auto c, w.load(id));
    if (!c.turn_due()) return std::nullopt;
    ZK_TRY(auto row, tx.one(kDueMessage, {id, c.turn_done_id.value}));
    return turn_of(c, row.id<MessageId>(0), row.text(1), row.text(2), w.now());
  });
}

Result<Conversations::TurnEnd> Conversations::end_turn(Writer& w, const BotTurn& turn,
                                                       const BotReply& reply) {
  ZK_TRY(auto c, w.load(turn.conversation_id));
  if (!c.turn_due() || c.turn_done_id != turn.after) return TurnEnd{.said = false, .due = c.turn_due()};
  c.turn_done_id = turn.message_id;
  c.bot_state = reply.state;
  if (reply.decision == "answer" || reply.decision == "clarify") ++c.bot_attempts;
  ZK_TRY(const bool sorted, w.sort_in(c, reply));
  if (reply.handover) w.hand_over(c, reply.priority);
  if (!reply.blocks.empty()) {
    ZK_TRY(auto stored, w.insert(c, {.sender = SenderKind::kBot,
                                     .blocks = reply.blocks,
                                     .article_id = reply.article_id,
                                     .article_question = reply.article_question,
                                     .decision = reply.decision,
                                     .probability = reply.probability}));
    if (!reply.trace.empty()) {
      ZK_TRY([[maybe_unused]] auto n, w.tx().run(kTrace, {stored->id, reply.trace}));
    }
    ZK_TRY_STATUS(w.announce_message(c, *stored, bot_actor()));
  }
  if (reply.handover && !reply.note.empty()) {
    ZK_TRY(auto note, w.insert(c, {.sender = SenderKind::kBot,
                                   .kind = MessageKind::kNote,
                                   .blocks = text_blocks(reply.note)}));
    ZK_TRY_STATUS(w.announce_message(c, *note, bot_actor()));
  }
  if (reply.handover) {
    ZK_TRY_STATUS(w.note_activity(c, "正在为您转接人工客服", "Connecting you to a person", bot_actor()));
    ZK_TRY_STATUS(w.announce(c, bot_actor()));
  }
  if (sorted && !reply.handover) ZK_TRY_STATUS(w.announce(c, bot_actor()));
  ZK_TRY_STATUS(reply.handover || sorted ? w.save(c) : w.save_message_state(c));
  return TurnEnd{.said = true, .due = c.turn_due(), .handed_over = reply.handover};
}

Result<bool> Conversations::finish_turn(const BotTurn& turn, const BotReply& reply, Deadline deadline) {
  ZK_TRY(const auto end, write<TurnEnd>(deadline, [&](Writer& w) { return end_turn(w, turn, reply); }));
  if (end.handed_over) queue_changed();
  return end.said;
}

void Conversations::finish_turn_later(BotTurn turn, BotReply reply, Deadline deadline,
                                      std::function<void(Result<TurnEnd>)> done) {
  db_.write_later(
      deadline,
      [this, turn = std::move(turn), reply = std::move(reply)](storage::Tx& tx) {
        Writer w(tx, clock_.now(), to_.position);
        return end_turn(w, turn, reply);
      },
      [this, done = std::move(done)](Result<TurnEnd> end) {
        if (end && end->handed_over) queue_changed();
        done(std::move(end));
      });
}

Status Conversations::abandon_turn(ConversationId id, Failure why, Deadline deadline) {
  auto done = write<bool>(deadline, [&](Writer& w) -> Result<bool> {
    ZK_TRY(auto c, w.load(id));
    if (!c.turn_due()) return false;
    w.hand_over(c, 0);
    const bool busy = why == Failure::kOverload;
    ZK_TRY_STATUS(w.note_activity(
        c,
        busy ? "现在咨询的人较多，已为您转接人工客服，请稍候"
             : "自动回复暂时不可用，已为您转接人工客服，请稍候",
        busy ? "Many people are asking right now; a person will answer you shortly"
             : "The automatic answer is not available right now; a person will answer you shortly",
        system_actor()));
    ZK_TRY_STATUS(w.save(c));
    ZK_TRY_STATUS(w.announce(c, system_actor()));
    return true;
  });
  if (!done) return tl::unexpected(done.error());
  if (*done) queue_changed();
  return {};
}

Result<std::vector<ConversationId>> Conversations::turns_due(Deadline deadline) {
  return db_.read(deadline, [](storage::Tx& tx) -> Result<std::vector<ConversationId>> {
    ZK_TRY(auto rows, tx.all(kTurnsDue));
    std::vector<ConversationId> out;
    for (const auto& row : rows) out.push_back(row.id<ConversationId>(0));
    return out;
  });
}

}  // namespace zk::conversation
