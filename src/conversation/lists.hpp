// What is read and listed: conversations by filter, threads, contacts, notes. Functions over any transaction;
// nothing changes. Lists are keyset pages: `next` is where the following page begins, nothing at the end.
// Limits are 1–100.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/record.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

enum class Sort { kActivity, kWaiting };  // newest activity first; most urgent, then longest waiting first
using Cursor = std::array<std::int64_t, 3>;

struct Filter {  // absent: any
  std::optional<ConversationStatus> status;
  std::optional<Handler> handler;
  std::optional<AgentId> assignee;  // id 0: nobody
  std::optional<TeamId> team;
  std::optional<InboxId> inbox;
  std::optional<LabelId> label;
  std::optional<ContactId> contact;
};
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<Cursor> next;
};
Result<Page<ConversationRecord>> list(storage::Tx& tx, const Filter& filter, Sort sort,
                                      const std::optional<Cursor>& from, int limit);

// Open ones but for the last two; unassigned: no agent has them, the bot's included. Each at most
// kCountedAtMost.
struct Counts {
  std::int64_t mine = 0, unassigned = 0, waiting = 0, all = 0, resolved = 0, snoozed = 0;
};
inline constexpr int kCountedAtMost = 10'000;
Result<Counts> counts(storage::Tx& tx, AgentId me);

Result<ConversationRecord> conversation(storage::Tx& tx, ConversationId id);  // kNotFound
// The contact's newest conversation of the inbox, resolved or not.
Result<std::optional<ConversationRecord>> newest(storage::Tx& tx, ContactId contact, InboxId inbox);
// The `limit` messages before `before` (none: the newest), oldest first; next is where older ones continue.
Result<Page<StoredMessage>> thread(storage::Tx& tx, ConversationId id, Audience audience, MessageId before,
                                   int limit);
// JSON of the trace without its message_id; kNotFound for a message without one.
Result<std::string> trace(storage::Tx& tx, MessageId message);

struct ContactRecord : Contact {
  int conversation_count = 0;
};
void write(JsonWriter& out, const ContactRecord& contact);
Result<ContactRecord> contact(storage::Tx& tx, ContactId id);  // kNotFound
// Seen last first; q: a part of the name, external id, e-mail address or number as they are stored (masked).
// By the full value: Contacts::search.
Result<Page<ContactRecord>> contacts(storage::Tx& tx, std::string_view q, const std::optional<Cursor>& from,
                                     int limit);

struct ContactNote {
  std::int64_t id = 0;
  AgentId agent_id;
  std::string agent_name, text;
  Timestamp created_at{};
  std::string personal;  // marks in text, "" for none
};
void write(JsonWriter& out, const ContactNote& note);
Result<Page<ContactNote>> notes(storage::Tx& tx, ContactId id, const std::optional<Cursor>& from,
                                int limit);  // newest first

}  // namespace zk::conversation
