// Who is calling, as established by auth::Auth::identify. Plain values; thread-safe to copy.
#pragma once

#include <optional>
#include <string>

#include "domain/people.hpp"

namespace zk::auth {

struct Caller {
  enum class Kind { kNobody, kAgent, kApiKey, kVisitor };
  Kind kind = Kind::kNobody;
  AgentId agent_id;          // kAgent
  ApiKeyId api_key_id;       // kApiKey
  ContactId contact_id;      // kVisitor
  InboxId inbox_id;          // kVisitor: the inbox the token was made for
  std::optional<Role> role;  // kAgent, kApiKey
  std::string session_hash;  // kAgent: SHA-256 of the session token; the key of the session row

  // kPublic: everyone; kVisitor: visitors only; kSignedIn: agents only, never API keys; the rest by role.
  bool may(Permission permission) const;
  std::string actor() const;  // "agent:7", "key:3", "visitor:12", "nobody"
};

}  // namespace zk::auth
