// What a visitor's browser shows instead of a password: "zv_" + base64url(payload) + "." +
// base64url(HMAC-SHA256). No row in the database; it names the contact and inbox it was made for and ends by
// itself. Stateless; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "auth/secret.hpp"
#include "base/time.hpp"
#include "domain/ids.hpp"

namespace zk::auth {

struct Visitor {
  ContactId contact_id;
  InboxId inbox_id;
  Timestamp issued_at, expires_at;
};

class VisitorTokens {
 public:
  VisitorTokens(const Key& key, std::chrono::seconds lifetime) : key_(key), lifetime_(lifetime) {}
  std::string issue(ContactId contact, InboxId inbox, Timestamp now) const;
  Result<Visitor> verify(std::string_view token, Timestamp now) const;  // kUnauthenticated

 private:
  std::string sign(std::string_view payload) const;
  Key key_;
  std::chrono::seconds lifetime_;
};

// What the company's server computes for a signed-in customer: hex HMAC-SHA256(inbox secret, external_id),
// compared in constant time.
bool identity_hash_matches(std::string_view secret, std::string_view external_id, std::string_view hash);

}  // namespace zk::auth
