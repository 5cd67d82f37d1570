#include "conversation/contacts.hpp"

#include <boost/json.hpp>

namespace zk::conversation {
namespace json = boost::json;
namespace {
using storage::Query;

constexpr Query kByExternalId{"contact.by_external_id", "SELECT id FROM contact WHERE external_id = $1"};
constexpr Query kInsert{"contact.insert",
                        "INSERT INTO contact (external_id, name, email, phone, locale, attributes, verified, "
                        "created_at, last_seen_at) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id"};
constexpr Query kSave{
    "contact.save",
    "UPDATE contact SET external_id = $2, name = $3, email = $4, phone = $5, locale = $6, attributes = $7, "
    "verified = $8, last_seen_at = $9 WHERE id = $1"};
constexpr Query kAddNote{
    "contact.add_note",
    "INSERT INTO contact_note (contact_id, agent_id, text, created_at) VALUES ($1, $2, $3, $4) RETURNING id"};
constexpr Query kAgentName{"agent.name", "SELECT name FROM agent WHERE id = $1"};

constexpr std::size_t kMaxName = 200, kMaxAttributes = 8192, kMaxNote = 5000, kMaxUrl = 2000;

Status announce(storage::Tx& tx, const ContactRecord& c, const std::string& by, Timestamp now) {
  JsonWriter w;
  write(w, c);
  ZK_TRY([[maybe_unused]] auto seq,
         tx.append({now, "contact.updated", 0, 0, c.id.value, by, "agents", w.take()}));
  return {};
}

Result<std::string> checked_attributes(const Intake& intake, std::string_view text) {
  json::error_code ec;
  auto value = json::parse(text, ec);
  if (ec || !value.is_object())
    return fail(ErrorCode::kInvalidArgument, "attributes must be an object", "/attributes");
  json::object out;
  for (const auto& [key, v] : value.get_object()) {
    if (v.is_object() || v.is_array())
      return fail(ErrorCode::kInvalidArgument, "an attribute is a text, a number, true, false or null",
                  "/attributes");
    if (!v.is_string()) {
      out[key] = v;
      continue;
    }
    ZK_TRY(auto cleaned, intake.clean(v.get_string(), kMaxAttributes, "/attributes"));
    out[key] = cleaned;
  }
  auto serialised = json::serialize(out);
  if (serialised.size() > kMaxAttributes)
    return fail(ErrorCode::kTooLarge, "attributes are longer than 8 KiB together", "/attributes");
  return serialised;
}

std::string with_page(const std::string& attributes, const std::string& page_url) {
  if (page_url.empty()) return attributes;
  json::error_code ec;
  auto value = json::parse(attributes.empty() ? "{}" : attributes, ec);
  if (ec || !value.is_object()) return attributes;
  value.get_object()["page_url"] = page_url;
  return json::serialize(value);
}

Status save(storage::Tx& tx, const ContactRecord& c) {
  ZK_TRY([[maybe_unused]] auto n, tx.run(kSave, {c.id, c.external_id, c.name, c.email, c.phone, c.locale,
                                                 c.attributes, c.verified ? 1 : 0, c.last_seen_at}));
  return {};
}

// Whose visit it is; a record without an id is someone new.
Result<ContactRecord> find(storage::Tx& tx, const Visit& visit) {
  if (!visit.external_id.empty()) {
    ZK_TRY(auto row, tx.maybe(kByExternalId, {visit.external_id}));
    if (row) return contact(tx, row->id<ContactId>(0));
  }
  if (!visit.known) return ContactRecord{};
  auto known = contact(tx, visit.known);
  if (!known)
    return known.error().code == ErrorCode::kNotFound ? Result<ContactRecord>(ContactRecord{}) : known;
  // Another customer signs in at the same browser: not the same person.
  const bool another = !visit.external_id.empty() && !known->external_id.empty();
  return another ? ContactRecord{} : *std::move(known);
}

}  // namespace

Result<Contacts::Clean> Contacts::clean(const Visit& visit) const {
  Clean out;
  const auto pass = [&](const std::optional<std::string>& from, std::optional<std::string>& to,
                        std::string_view field) -> Status {
    if (!from) return {};
    ZK_TRY(to, intake_.clean(*from, kMaxName, field));
    return {};
  };
  ZK_TRY_STATUS(pass(visit.name, out.name, "/user/name"));
  ZK_TRY_STATUS(pass(visit.email, out.email, "/user/email"));
  ZK_TRY_STATUS(pass(visit.phone, out.phone, "/user/phone"));
  if (visit.attributes) {
    ZK_TRY(out.attributes, checked_attributes(intake_, *visit.attributes));
  }
  if (visit.page_url.size() > kMaxUrl)
    return fail(ErrorCode::kTooLarge, "page_url is longer than 2,000 bytes", "/page_url");
  return out;
}

Result<ContactRecord> Contacts::visit(const Visit& visit, Deadline deadline) {
  ZK_TRY(const auto given, clean(visit));
  return db_.write(deadline, [&](storage::Tx& tx) -> Result<ContactRecord> {
    const auto now = clock_.now();
    ZK_TRY(auto c, find(tx, visit));
    const bool verified = !visit.external_id.empty();
    const bool changed = (verified && !c.verified) || (given.name && *given.name != c.name) ||
                         (given.email && *given.email != c.email) ||
                         (given.phone && *given.phone != c.phone) || given.attributes;
    if (verified) c.external_id = visit.external_id;
    c.verified = c.verified || verified;
    if (given.name) c.name = *given.name;
    if (given.email) c.email = *given.email;
    if (given.phone) c.phone = *given.phone;
    if (!visit.locale.empty()) c.locale = visit.locale;
    c.attributes =
        with_page(given.attributes.value_or(c.attributes.empty() ? "{}" : c.attributes), visit.page_url);
    c.last_seen_at = now;
    if (!c.id) {
      c.created_at = now;
      ZK_TRY(auto row, tx.one(kInsert, {c.external_id, c.name, c.email, c.phone, c.locale, c.attributes,
                                        c.verified ? 1 : 0, now}));
      c.id = row.id<ContactId>(0);
      return c;
    }
    ZK_TRY_STATUS(save(tx, c));
    if (changed) ZK_TRY_STATUS(announce(tx, c, visitor_actor(c.id).ref, now));
    return c;
  });
}

Result<ContactRecord> Contacts::update(ContactId id, const std::optional<std::string>& name,
                                       const std::optional<std::string>& attributes, const Actor& by,
                                       Deadline deadline) {
  std::optional<std::string> clean_name, clean_attributes;
  if (name) {
    ZK_TRY(clean_name, intake_.clean(*name, kMaxName, "/name"));
  }
  if (attributes) {
    ZK_TRY(clean_attributes, checked_attributes(intake_, *attributes));
  }
  return db_.write(deadline, [&](storage::Tx& tx) -> Result<ContactRecord> {
    ZK_TRY(auto c, contact(tx, id));
    if (clean_name) c.name = *clean_name;
    if (clean_attributes) c.attributes = *clean_attributes;
    ZK_TRY_STATUS(save(tx, c));
    ZK_TRY_STATUS(announce(tx, c, by.ref, clock_.now()));
    return c;
  });
}

Result<ContactNote> Contacts::add_note(storage::Tx& tx, ContactId id, std::string_view text,
                                       const Actor& by) const {
  ZK_TRY(auto cleaned, intake_.clean(text, kMaxNote, "/text"));
  if (cleaned.empty()) return fail(ErrorCode::kInvalidArgument, "the note is empty", "/text");
  const auto now = clock_.now();
  ZK_TRY(auto c, contact(tx, id));
  ZK_TRY(auto row, tx.one(kAddNote, {id, by.agent, cleaned, now}));
  ContactNote note{row.integer(0), by.agent, by.name, cleaned, now};
  if (by.agent) {
    ZK_TRY(auto agent, tx.maybe(kAgentName, {by.agent}));
    if (agent) note.agent_name = agent->text(0);
  }
  ZK_TRY_STATUS(announce(tx, c, by.ref, now));
  return note;
}

}  // namespace zk::conversation
