// What was masked, shown again to who may see it; a contact found by what is masked; a contact's data
// destroyed. Every reveal and every erasure is in the audit chain with its reason.
#include "api/conversations.hpp"

namespace zk::api {
namespace {
using namespace conversing;
using conversation::JsonWriter;
using conversation::Service;

constexpr std::size_t kMaxReason = 500;

const Schema kReason = is::object(
    "PersonalDataReason", {{"reason", is::text(1, kMaxReason), kRequired, "why; kept in the audit table"}});
const Schema kRevealed = is::object("RevealedPersonalData",
                                    {{"id", is::id(), kRequired},
                                     {"kind", is::token(20), kRequired},
                                     {"value", is::text(0, 20'000), kRequired, "as it was written"},
                                     {"contact_id", is::id(), kRequired},
                                     {"conversation_id", is::nullable(is::id()), kRequired}});
const Schema kSearch = is::object(
    "ContactSearch", {{"q", is::text(1, 200), kRequired,
                       "a whole number, e-mail address, id or name, however it is written; or a part of the name"},
                      {"cursor", is::nullable(is::text(0, 200))},
                      {"limit", is::integer(1, 100), Presence::kOptional, "50 if absent"}});

// What the auditor reads must not itself hold what was revealed.
Result<std::string> reason_of(const Context& c, const Service& s) {
  ZK_TRY(auto reason, s.intake().clean(c.body().text("reason"), kMaxReason * 4, "/reason"));
  if (reason.text.empty())
    return fail(ErrorCode::kInvalidArgument, "say why this is needed: the reason is kept", "/reason");
  return std::move(reason.text);
}

Result<Reply> reveal(Context& c, const Service& s) {
  ZK_TRY(const auto reason, reason_of(c, s));
  const auto* vault = s.intake().vault();
  if (!vault) return fail(ErrorCode::kNotFound, "no originals are kept here");
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto found, vault->reveal(tx, c.id(), c.now()));
    const auto kind = text::to_string(found.kind);
    json::object detail{{"entry", c.id()}, {"kind", kind}, {"reason", reason}};
    if (found.conversation_id) detail["conversation_id"] = found.conversation_id.value;
    ZK_TRY_STATUS(
        c.audit(tx, "personal_data.revealed", "contact:" + std::to_string(found.contact_id.value), detail));
    JsonWriter w(256);
    w.begin().key("id").value(c.id()).key("kind").value(kind).key("value").value(found.value);
    w.key("contact_id").value(found.contact_id.value);
    return Context::text(w.key("conversation_id").or_null(found.conversation_id).end().take());
  });
}

Result<Reply> erase(Context& c, Service& s) {
  ZK_TRY(const auto reason, reason_of(c, s));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto erased, s.contacts().erase(tx, ContactId{c.id()}, actor_of(c.caller())));
    ZK_TRY_STATUS(c.audit(tx, "personal_data.erased", "contact:" + std::to_string(c.id()),
                          {{"originals", erased.originals}, {"reason", reason}}));
    JsonWriter w;
    write(w, erased.contact);
    return Context::text(w.take());
  });
}

// By POST, so that no number and no address stands in a URL, where proxies would log it.
Result<Reply> search(Context& c, Service& s) {
  std::optional<conversation::Cursor> from;
  if (const auto text = c.body().text("cursor"); !text.empty()) {
    ZK_TRY(const auto position, read_cursor(text, 3));
    from = {position[0], position[1], position[2]};
  }
  const auto limit = static_cast<int>(c.body().integer("limit", 50));
  ZK_TRY(const auto page, c.read([&](storage::Tx& tx) {
    return s.contacts().search(tx, c.body().text("q"), from, limit);
  }));
  return page_reply<conversation::ContactRecord>(
      page, [](JsonWriter& w, const auto& contact) { write(w, contact); });
}

}  // namespace

std::vector<Route> personal_data_routes(Service& s) {
  return {{.method = Method::kPost,
           .path = "/api/v1/personal-data/{id}/reveal",
           .access = Permission::kPersonalDataReveal,
           .summary = "Show what a mark stands for; audited",
           .body = kReason,
           .reply = kRevealed,
           .repeat = Repeat::kNatural,
           .handler = [&](Context& c) { return reveal(c, s); }},
          {.method = Method::kPost,
           .path = "/api/v1/contacts/{id}/erase",
           .access = Permission::kPersonalDataErase,
           .summary = "Destroy a contact's personal data for good; audited",
           .body = kReason,
           .reply = contact_schema(),
           .repeat = Repeat::kNatural,
           .handler = [&](Context& c) { return erase(c, s); }},
          {.method = Method::kPost,
           .path = "/api/v1/contacts/search",
           .access = Permission::kContactRead,
           .summary = "Find contacts by number, e-mail address, id or name",
           .body = kSearch,
           .reply = is::page(contact_schema()),
           .repeat = Repeat::kNatural,
           .handler = [&](Context& c) { return search(c, s); }}};
}

}  // namespace zk::api
