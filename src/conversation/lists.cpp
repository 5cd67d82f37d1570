#include "conversation/lists.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>

#include "base/check.hpp"

namespace zk::conversation {
namespace {
using storage::Query;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// Which conditions a list has; each combination is one prepared statement (at most 512).
enum Bit : unsigned {
  kStatus = 1,
  kHandler = 2,
  kAssignee = 4,
  kNobody = 8,
  kTeam = 16,
  kInbox = 32,
  kLabel = 64,
  kContact = 128,
  kByWaiting = 256
};
constexpr unsigned kCombinations = 512;

// $1–$3 the cursor, $4 the limit, then the values of the conditions in
// the order of the code below. `c.priority <= $1` is always true: it gives the unused parameter a type on
// PostgreSQL.
std::string list_sql(unsigned bits) {
  std::string sql = "SELECT " ZK_CONVERSATION_COLUMNS " FROM conversation c ";
  if (bits & kLabel) sql += "JOIN conversation_label l ON l.conversation_id = c.id AND l.label_id = $5 ";
  sql += "JOIN contact p ON p.id = c.contact_id WHERE ";
  int next = 5 + ((bits & kLabel) ? 1 : 0);
  const auto condition = [&](unsigned bit, const char* column) {
    if (bits & bit) sql += std::string(column) + " = $" + std::to_string(next++) + " AND ";
  };
  condition(kStatus, "c.status");
  condition(kHandler, "c.handler");
  condition(kAssignee, "c.assignee_id");
  if (bits & kNobody) sql += "c.assignee_id IS NULL AND ";
  condition(kTeam, "c.team_id");
  condition(kInbox, "c.inbox_id");
  condition(kContact, "c.contact_id");
  if (bits & kByWaiting)
    sql +=
        "(c.priority < $1 OR (c.priority = $1 AND (c.waiting_since, c.id) > ($2, $3))) ORDER BY c.priority "
        "DESC, c.waiting_since, c.id ";
  else
    sql +=
        "(c.last_message_at, c.id) < ($2, $3) AND c.priority <= $1 ORDER BY c.last_message_at DESC, c.id "
        "DESC ";
  return sql + "LIMIT $4";
}

const Query& list_query(unsigned bits) {
  struct Interned {
    std::once_flag made;
    std::string sql;
    Query query{};
  };
  static std::array<Interned, kCombinations> queries;
  auto& q = queries[bits];
  std::call_once(q.made, [&] {
    q.sql = list_sql(bits);
    q.query = {"conversation.list", q.sql.c_str()};
  });
  return q.query;
}

constexpr Query kCounts{
    "conversation.counts",
    "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE status = 'open' AND assignee_id = $1 "
    "LIMIT 10000) AS a), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE status = 'open' AND assignee_id IS NULL LIMIT "
    "10000) AS b), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE status = 'open' AND handler = 'waiting' LIMIT "
    "10000) AS c), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE status = 'open' LIMIT 10000) AS d), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE status = 'resolved' LIMIT 10000) AS e), "
    "(SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE status = 'snoozed' LIMIT 10000) AS f)"};
constexpr Query kConversation{"conversation.get",
                              "SELECT " ZK_CONVERSATION_COLUMNS ZK_CONVERSATION_FROM "WHERE c.id = $1"};
constexpr Query kNewest{"conversation.get_newest",
                        "SELECT " ZK_CONVERSATION_COLUMNS ZK_CONVERSATION_FROM
                        "WHERE c.contact_id = $1 AND c.inbox_id = $2 ORDER BY c.id DESC LIMIT 1"};
constexpr Query kThread{"message.thread",
                        "SELECT " ZK_MESSAGE_COLUMNS ZK_MESSAGE_FROM
                        "WHERE m.conversation_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3"};
constexpr Query kVisitorThread{
    "message.visitor_thread",
    "SELECT " ZK_MESSAGE_COLUMNS ZK_MESSAGE_FROM
    "WHERE m.conversation_id = $1 AND m.id < $2 AND m.kind <> 'note' ORDER BY m.id DESC LIMIT $3"};
constexpr Query kTrace{"trace.get", "SELECT body FROM trace WHERE message_id = $1"};

#define ZK_CONTACT_COLUMNS                                                                            \
  "p.id, p.external_id, p.name, p.email, p.phone, p.locale, p.attributes, p.verified, p.created_at, " \
  "p.last_seen_at, p.personal, p.erased_at, "                                                         \
  "(SELECT COUNT(*) FROM conversation c WHERE c.contact_id = p.id) FROM contact p "
constexpr Query kContactQuery{"contact.get", "SELECT " ZK_CONTACT_COLUMNS "WHERE p.id = $1"};
constexpr Query kContacts{
    "contact.list",
    "SELECT " ZK_CONTACT_COLUMNS
    "WHERE (p.last_seen_at, p.id) < ($1, $2) ORDER BY p.last_seen_at DESC, p.id DESC LIMIT $3"};
constexpr Query kNamed{"contact.search", "SELECT " ZK_CONTACT_COLUMNS
                                         "WHERE (p.last_seen_at, p.id) < ($1, $2) AND (p.name LIKE $4 ESCAPE "
                                         "'!' OR p.external_id LIKE $4 ESCAPE '!' "
                                         "OR p.email LIKE $4 ESCAPE '!' OR p.phone LIKE $4 ESCAPE '!') ORDER "
                                         "BY p.last_seen_at DESC, p.id DESC LIMIT $3"};
constexpr Query kNotes{"contact.notes",
                       "SELECT n.id, n.agent_id, a.name, n.text, n.created_at, n.personal FROM contact_note n LEFT JOIN "
                       "agent a ON a.id = n.agent_id "
                       "WHERE n.contact_id = $1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3"};

ContactRecord read_contact(const storage::Row& r) {
  ContactRecord c;
  c.id = r.id<ContactId>(0);
  c.external_id = r.text(1);
  c.name = r.text(2);
  c.email = r.text(3);
  c.phone = r.text(4);
  c.locale = r.text(5);
  c.attributes = r.text(6);
  c.verified = r.boolean(7);
  c.created_at = r.time(8);
  c.last_seen_at = r.time(9);
  c.personal = r.text(10);
  c.erased_at = r.time(11);
  c.conversation_count = static_cast<int>(r.integer(12));
  return c;
}

// Rows were asked for one more than limit; that one only says that the list goes on.
template <class T, class Read, class At>
Page<T> page(const std::vector<storage::Row>& rows, int limit, Read&& read, At&& at) {
  Page<T> out;
  const auto shown = std::min(rows.size(), static_cast<std::size_t>(limit));
  out.items.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i) out.items.push_back(read(rows[i]));
  if (rows.size() > shown) out.next = at(out.items.back());
  return out;
}

std::string like_pattern(std::string_view q) {
  std::string out = "%";
  for (const char c : q) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + "%";
}

}  // namespace

Result<Page<ConversationRecord>> list(storage::Tx& tx, const Filter& f, Sort sort,
                                      const std::optional<Cursor>& from, int limit) {
  const bool by_waiting = sort == Sort::kWaiting;
  const Cursor start = by_waiting ? Cursor{kMax, 0, 0} : Cursor{kMax, kMax, kMax};
  const auto& at = from ? *from : start;
  unsigned bits = by_waiting ? unsigned{kByWaiting} : 0u;
  std::vector<storage::Param> p{at[0], at[1], at[2], limit + 1};
  const auto given = [&](unsigned bit, storage::Param value) {
    bits |= bit;
    p.push_back(value);
  };
  if (f.label) given(kLabel, f.label->value);
  if (f.status) given(kStatus, to_string(*f.status));
  if (f.handler) given(kHandler, to_string(*f.handler));
  if (f.assignee && *f.assignee) given(kAssignee, f.assignee->value);
  if (f.assignee && !*f.assignee) bits |= kNobody;
  if (f.team) given(kTeam, f.team->value);
  if (f.inbox) given(kInbox, f.inbox->value);
  if (f.contact) given(kContact, f.contact->value);
  ZK_TRY(auto rows, tx.all(list_query(bits), storage::Params(p)));
  return page<ConversationRecord>(
      rows, limit, [](const storage::Row& r) { return read_conversation(r); },
      [&](const ConversationRecord& c) {
        return by_waiting ? Cursor{c.priority, to_micros(c.waiting_since), c.id.value}
                          : Cursor{kMax, to_micros(c.last_message_at), c.id.value};
      });
}

Result<Counts> counts(storage::Tx& tx, AgentId me) {
  static_assert(kCountedAtMost == 10'000, "the limit stands in the statement");
  ZK_TRY(auto r, tx.one(kCounts, {me.value}));
  return Counts{r.integer(0), r.integer(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5)};
}

Result<ConversationRecord> conversation(storage::Tx& tx, ConversationId id) {
  ZK_TRY(auto row, tx.maybe(kConversation, {id}));
  if (!row) return fail(ErrorCode::kNotFound, "no such conversation");
  return read_conversation(*row);
}

Result<std::optional<ConversationRecord>> newest(storage::Tx& tx, ContactId contact, InboxId inbox) {
  ZK_TRY(auto row, tx.maybe(kNewest, {contact, inbox}));
  if (!row) return std::nullopt;
  return read_conversation(*row);
}

Result<Page<StoredMessage>> thread(storage::Tx& tx, ConversationId id, Audience audience, MessageId before,
                                   int limit) {
  const std::int64_t below = before ? before.value : kMax;
  ZK_TRY(auto rows,
         tx.all(audience == Audience::kVisitor ? kVisitorThread : kThread, {id, below, limit + 1}));
  auto out = page<StoredMessage>(
      rows, limit, [](const storage::Row& r) { return read_message(r); },
      [](const StoredMessage& m) {
        return Cursor{m.id.value, 0, 0};
      });
  std::reverse(out.items.begin(), out.items.end());
  return out;
}

Result<std::string> trace(storage::Tx& tx, MessageId message) {
  ZK_TRY(auto row, tx.maybe(kTrace, {message}));
  if (!row) return fail(ErrorCode::kNotFound, "this message has no trace: only what the bot said has one");
  return row->text(0);
}

void write(JsonWriter& w, const ContactRecord& c) {
  w.begin().key("id").value(c.id.value).key("external_id").or_null(c.external_id).key("name").value(c.name);
  w.key("email").or_null(c.email).key("phone").or_null(c.phone).key("locale").value(c.locale);
  w.key("attributes").raw(c.attributes.empty() ? "{}" : c.attributes).key("verified").value(c.verified);
  w.key("created_at").or_null(c.created_at).key("last_seen_at").or_null(c.last_seen_at);
  w.key("conversation_count").value(c.conversation_count);
  w.key("personal").raw(c.personal.empty() ? "[]" : c.personal);
  w.key("erased_at").or_null(c.erased_at).end();
}

Result<ContactRecord> contact(storage::Tx& tx, ContactId id) {
  ZK_TRY(auto row, tx.maybe(kContactQuery, {id}));
  if (!row) return fail(ErrorCode::kNotFound, "no such contact");
  return read_contact(*row);
}

Result<Page<ContactRecord>> contacts(storage::Tx& tx, std::string_view q, const std::optional<Cursor>& from,
                                     int limit) {
  const auto at = from.value_or(Cursor{kMax, kMax, 0});
  const auto pattern = like_pattern(q);
  ZK_TRY(auto rows, q.empty() ? tx.all(kContacts, {at[0], at[1], limit + 1})
                              : tx.all(kNamed, {at[0], at[1], limit + 1, pattern}));
  return page<ContactRecord>(rows, limit, read_contact, [](const ContactRecord& c) {
    return Cursor{to_micros(c.last_seen_at), c.id.value, 0};
  });
}

void write(JsonWriter& w, const ContactNote& n) {
  w.begin().key("id").value(n.id).key("agent_id").or_null(n.agent_id).key("agent_name").or_null(n.agent_name);
  w.key("text").value(n.text).key("personal").raw(n.personal.empty() ? "[]" : n.personal);
  w.key("created_at").or_null(n.created_at).end();
}

Result<Page<ContactNote>> notes(storage::Tx& tx, ContactId id, const std::optional<Cursor>& from, int limit) {
  ZK_TRY([[maybe_unused]] auto owner, contact(tx, id));
  const std::int64_t below = from ? (*from)[0] : kMax;
  ZK_TRY(auto rows, tx.all(kNotes, {id, below, limit + 1}));
  return page<ContactNote>(
      rows, limit,
      [](const storage::Row& r) {
        return ContactNote{r.integer(0), r.id<AgentId>(1), r.text(2), r.text(3), r.time(4), r.text(5)};
      },
      [](const ContactNote& n) {
        return Cursor{n.id, 0, 0};
      });
}

}  // namespace zk::conversation
