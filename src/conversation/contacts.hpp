// The people who write: who they are, what agents note about them. Changes are one transaction with their
// ledger event. Names, addresses and numbers pass Intake (masking) before they are stored. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conversation/intake.hpp"
#include "conversation/lists.hpp"
#include "conversation/writer.hpp"

namespace zk::conversation {

// Who opens the widget. external_id is given only when its HMAC was verified; then the other fields are the
// company's word.
struct Visit {
  ContactId known;          // from a valid visitor token, or none
  std::string external_id;  // verified, or ""
  std::optional<std::string> name, email, phone;
  std::optional<std::string> attributes;  // JSON object, ≤ 8 KiB
  std::string locale;
  std::string page_url;  // kept as the attribute "page_url"
};

class Contacts {
 public:
  Contacts(storage::Db& db, const Clock& clock, const Intake& intake)
      : db_(db), clock_(clock), intake_(intake) {}

  // The contact of this visit: the verified customer; else the one the token names; else a new one. An
  // anonymous contact who signs in for the first time becomes the customer; if the customer is known already,
  // his contact is taken instead.
  Result<ContactRecord> visit(const Visit& visit, Deadline deadline);
  // attributes: a JSON object that replaces the former.
  Result<ContactRecord> update(ContactId id, const std::optional<std::string>& name,
                               const std::optional<std::string>& attributes, const Actor& by,
                               Deadline deadline);
  // Those whose number, e-mail address, id or full name is q, however it is written; where there is none, as
  // contacts() of lists.hpp.
  Result<Page<ContactRecord>> search(storage::Tx& tx, std::string_view q, const std::optional<Cursor>& from,
                                     int limit) const;
  // Destroys what is known of the person: data key and originals, fields, attributes, notes, files of his
  // conversations. The conversations stay, masked, and so do all figures. In the caller's transaction; the
  // number of originals destroyed.
  struct Erased {
    ContactRecord contact;
    std::int64_t originals = 0;
  };
  Result<Erased> erase(storage::Tx& tx, ContactId id, const Actor& by) const;
  // In the caller's transaction.
  Result<ContactNote> add_note(storage::Tx& tx, ContactId id, std::string_view text, const Actor& by) const;

 private:
  struct Clean {
    std::string external_id, page_url;
    std::optional<std::string> name, email, phone, attributes;
    std::vector<vault::Original> originals;
  };
  Result<Clean> clean(const Visit& visit) const;
  // same: paths whose stored form was given back as it is.
  Status keep(storage::Tx& tx, ContactRecord& c, const Clean& given,
              const std::vector<std::string>& same = {}) const;

  storage::Db& db_;
  const Clock& clock_;
  const Intake& intake_;
};

}  // namespace zk::conversation
