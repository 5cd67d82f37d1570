#include "conversation/contacts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

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
    "verified = $8, last_seen_at = $9, personal = $10, erased_at = $11 WHERE id = $1"};
constexpr Query kForgetMarks{"contact.forget_marks",
                             "UPDATE message SET personal = '' WHERE personal <> '' AND conversation_id IN "
                             "(SELECT id FROM conversation WHERE contact_id = $1)"};
constexpr Query kForgetNotes{"contact.forget_notes", "DELETE FROM contact_note WHERE contact_id = $1"};
constexpr Query kForgetFiles{"contact.forget_files",
                             "DELETE FROM attachment WHERE contact_id = $1 OR conversation_id IN "
                             "(SELECT id FROM conversation WHERE contact_id = $1)"};
constexpr Query kAddNote{
    "contact.add_note",
    "INSERT INTO contact_note (contact_id, agent_id, text, created_at, personal) VALUES ($1, $2, $3, $4, $5) "
    "RETURNING id"};
constexpr Query kAgentName{"agent.name", "SELECT name FROM agent WHERE id = $1"};

constexpr std::size_t kMaxName = 200, kMaxAttributes = 8192, kMaxNote = 5000, kMaxUrl = 2000;

Status announce(storage::Tx& tx, const ContactRecord& c, const std::string& by, Timestamp now) {
  JsonWriter w;
  write(w, c);
  ZK_TRY([[maybe_unused]] auto seq,
         tx.append({now, "contact.updated", 0, 0, c.id.value, by, "agents", w.take()}));
  return {};
}

// A name inside a JSON pointer (RFC 6901).
std::string attribute_path(std::string_view key) {
  std::string out = "/attributes/";
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}
bool of_attributes(const std::string& path) { return path.starts_with("/attributes/"); }

// The attributes as they are stored; what was masked in them is added to originals.
Result<std::string> checked_attributes(const Intake& intake, std::string_view text,
                                       std::vector<vault::Original>& originals) {
  json::error_code ec;
  auto value = json::parse(text, ec);
  if (ec || !value.is_object())
    return fail(ErrorCode::kInvalidArgument, "attributes must be an object", "/attributes");
  json::object out;
  for (const auto& [given_key, v] : value.get_object()) {
    if (v.is_object() || v.is_array())
      return fail(ErrorCode::kInvalidArgument, "an attribute is a text, a number, true, false or null",
                  "/attributes");
    ZK_TRY(const auto key, intake.clean(given_key, kMaxAttributes, "/attributes"));
    // A telephone number is often given as a JSON number.
    const bool words = v.is_string() || v.is_number();
    const auto written = v.is_string() ? std::string(v.get_string()) : json::serialize(v);
    ZK_TRY(auto cleaned, intake.clean(written, kMaxAttributes, attribute_path(key.text)));
    const bool as_it_is = !words || (v.is_number() && cleaned.originals.empty());
    out[key.text] = as_it_is ? v : json::value(cleaned.text);
    if (words) std::move(cleaned.originals.begin(), cleaned.originals.end(), std::back_inserter(originals));
  }
  auto serialised = json::serialize(out);
  if (serialised.size() > kMaxAttributes)
    return fail(ErrorCode::kTooLarge, "attributes are longer than 8 KiB together", "/attributes");
  return serialised;
}

// Paths of the attributes whose stored form was sent back as it is: their originals stay.
std::vector<std::string> unchanged(const std::string& before, const std::string& after) {
  std::vector<std::string> out;
  json::error_code ec1, ec2;
  const auto a = json::parse(before.empty() ? "{}" : before, ec1), b = json::parse(after, ec2);
  if (ec1 || ec2 || !a.is_object() || !b.is_object()) return out;
  for (const auto& [key, v] : b.get_object())
    if (const auto* was = a.get_object().if_contains(key); was && *was == v) out.push_back(attribute_path(key));
  return out;
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
                                                 c.attributes, c.verified ? 1 : 0, c.last_seen_at, c.personal,
                                                 c.erased_at}));
  return {};
}

// Whose visit it is; a record without an id is someone new.
Result<ContactRecord> find(storage::Tx& tx, const Visit& visit, const std::string& external_id) {
  if (!external_id.empty()) {
    ZK_TRY(auto row, tx.maybe(kByExternalId, {external_id}));
    if (row) return contact(tx, row->id<ContactId>(0));
  }
  if (!visit.known) return ContactRecord{};
  auto known = contact(tx, visit.known);
  if (!known)
    return known.error().code == ErrorCode::kNotFound ? Result<ContactRecord>(ContactRecord{}) : known;
  // Another customer signs in at the same browser: not the same person.
  const bool another = !external_id.empty() && !known->external_id.empty();
  return another ? ContactRecord{} : *std::move(known);
}

}  // namespace

Result<Contacts::Clean> Contacts::clean(const Visit& visit) const {
  Clean out;
  const auto pass = [&](const std::optional<std::string>& from, text::PiiType kind,
                        std::optional<std::string>& to, std::string_view path) -> Status {
    if (!from) return {};
    ZK_TRY(auto field, intake_.field(*from, kind, kMaxName, path));
    to = std::move(field.text);
    std::move(field.originals.begin(), field.originals.end(), std::back_inserter(out.originals));
    return {};
  };
  ZK_TRY_STATUS(pass(visit.name, text::PiiType::kName, out.name, "/name"));
  ZK_TRY_STATUS(pass(visit.email, text::PiiType::kEmail, out.email, "/email"));
  ZK_TRY_STATUS(pass(visit.phone, text::PiiType::kPhone, out.phone, "/phone"));
  if (visit.attributes) {
    ZK_TRY(out.attributes, checked_attributes(intake_, *visit.attributes, out.originals));
  }
  ZK_TRY(auto page, intake_.clean(visit.page_url, kMaxUrl, "/page_url"));
  out.page_url = std::move(page.text);
  out.external_id = intake_.identity(visit.external_id);
  return out;
}

// The originals of the fields that are given, in place of those kept of them before.
Status Contacts::keep(storage::Tx& tx, ContactRecord& c, const Clean& given,
                      const std::vector<std::string>& same) const {
  const bool any = given.name || given.email || given.phone || given.attributes;
  if (!any || !intake_.vault()) return {};
  const auto replaced = [&](const std::string& path) {
    return (given.name && path == "/name") || (given.email && path == "/email") ||
           (given.phone && path == "/phone") ||
           (given.attributes && of_attributes(path) && std::find(same.begin(), same.end(), path) == same.end());
  };
  ZK_TRY(const auto marks, intake_.vault()->reseal(tx, c.id, vault::marks_from_json(c.personal),
                                                   given.originals, replaced, clock_.now()));
  c.personal = vault::to_json(marks);
  return {};
}

Result<ContactRecord> Contacts::visit(const Visit& visit, Deadline deadline) {
  ZK_TRY(const auto given, clean(visit));
  return db_.write(deadline, [&](storage::Tx& tx) -> Result<ContactRecord> {
    const auto now = clock_.now();
    ZK_TRY(auto c, find(tx, visit, given.external_id));
    const bool verified = !given.external_id.empty();
    const auto before = c;
    if (verified) c.external_id = given.external_id;
    c.verified = c.verified || verified;
    if (given.name) c.name = *given.name;
    if (given.email) c.email = *given.email;
    if (given.phone) c.phone = *given.phone;
    if (!visit.locale.empty()) c.locale = visit.locale;
    c.attributes =
        with_page(given.attributes.value_or(c.attributes.empty() ? "{}" : c.attributes), given.page_url);
    c.last_seen_at = now;
    const bool fresh = !c.id;
    if (fresh) {
      c.created_at = now;
      ZK_TRY(auto row, tx.one(kInsert, {c.external_id, c.name, c.email, c.phone, c.locale, c.attributes,
                                        c.verified ? 1 : 0, now}));
      c.id = row.id<ContactId>(0);
    }
    ZK_TRY_STATUS(keep(tx, c, given));
    if (fresh && c.personal.empty()) return c;
    ZK_TRY_STATUS(save(tx, c));
    const bool changed = (verified && !before.verified) || c.name != before.name || c.email != before.email ||
                         c.phone != before.phone || c.personal != before.personal || given.attributes;
    if (!fresh && changed) ZK_TRY_STATUS(announce(tx, c, visitor_actor(c.id).ref, now));
    return c;
  });
}

Result<ContactRecord> Contacts::update(ContactId id, const std::optional<std::string>& name,
                                       const std::optional<std::string>& attributes, const Actor& by,
                                       Deadline deadline) {
  Clean given;
  if (name) {
    ZK_TRY(auto field, intake_.field(*name, text::PiiType::kName, kMaxName, "/name"));
    given.name = std::move(field.text);
    given.originals = std::move(field.originals);
  }
  if (attributes) {
    ZK_TRY(given.attributes, checked_attributes(intake_, *attributes, given.originals));
  }
  return db_.write(deadline, [&, given](storage::Tx& tx) mutable -> Result<ContactRecord> {
    ZK_TRY(auto c, contact(tx, id));
    // What is shown masked and sent back so was not changed.
    if (name && *name == c.name) {
      given.name.reset();
      std::erase_if(given.originals, [](const auto& o) { return o.path == "/name"; });
    }
    if (given.name) c.name = *given.name;
    if (!given.name && !given.attributes) return c;
    const auto same = given.attributes ? unchanged(c.attributes, *given.attributes) : std::vector<std::string>{};
    ZK_TRY_STATUS(keep(tx, c, given, same));
    if (given.attributes) c.attributes = *given.attributes;
    ZK_TRY_STATUS(save(tx, c));
    ZK_TRY_STATUS(announce(tx, c, by.ref, clock_.now()));
    return c;
  });
}

Result<Page<ContactRecord>> Contacts::search(storage::Tx& tx, std::string_view q,
                                             const std::optional<Cursor>& from, int limit) const {
  if (intake_.vault() && !q.empty() && !from) {
    ZK_TRY(const auto ids, intake_.vault()->find(tx, q, limit));
    Page<ContactRecord> page;
    for (const auto id : ids) {
      ZK_TRY(auto c, contact(tx, id));
      page.items.push_back(std::move(c));
    }
    if (!page.items.empty()) return page;
  }
  return contacts(tx, q, from, limit);
}

Result<Contacts::Erased> Contacts::erase(storage::Tx& tx, ContactId id, const Actor& by) const {
  ZK_TRY(auto c, contact(tx, id));
  Erased out;
  if (intake_.vault()) {
    ZK_TRY(out.originals, intake_.vault()->erase(tx, id));
  }
  for (const auto* query : {&kForgetMarks, &kForgetNotes, &kForgetFiles})
    ZK_TRY_STATUS(tx.run(*query, {id}).map([](auto) {}));
  c.external_id = c.name = c.email = c.phone = c.personal = "";
  c.attributes = "{}";
  c.verified = false;
  c.erased_at = clock_.now();
  ZK_TRY_STATUS(save(tx, c));
  ZK_TRY_STATUS(announce(tx, c, by.ref, c.erased_at));
  out.contact = std::move(c);
  return out;
}

Result<ContactNote> Contacts::add_note(storage::Tx& tx, ContactId id, std::string_view text,
                                       const Actor& by) const {
  ZK_TRY(auto cleaned, intake_.clean(text, kMaxNote, "/text"));
  if (cleaned.text.empty()) return fail(ErrorCode::kInvalidArgument, "the note is empty", "/text");
  const auto now = clock_.now();
  ZK_TRY(auto c, contact(tx, id));
  std::string personal;
  if (intake_.vault()) {
    ZK_TRY(const auto marks, intake_.vault()->seal(tx, id, {}, cleaned.originals, now));
    personal = vault::to_json(marks);
  }
  ZK_TRY(auto row, tx.one(kAddNote, {id, by.agent, cleaned.text, now, personal}));
  ContactNote note{row.integer(0), by.agent, by.name, cleaned.text, now, personal};
  if (by.agent) {
    ZK_TRY(auto agent, tx.maybe(kAgentName, {by.agent}));
    if (agent) note.agent_name = agent->text(0);
  }
  ZK_TRY_STATUS(announce(tx, c, by.ref, now));
  return note;
}

}  // namespace zk::conversation
