#include "auth/caller.hpp"

#include <fmt/format.h>

namespace zk::auth {

bool Caller::may(Permission permission) const {
  switch (permission) {
    case Permission::kPublic:
      return true;
    case Permission::kVisitor:
      return kind == Kind::kVisitor;
    case Permission::kSignedIn:
      return kind == Kind::kAgent;
    default:
      return role.has_value() && allows(*role, permission);
  }
}

std::string Caller::actor() const {
  switch (kind) {
    case Kind::kAgent:
      return fmt::format("agent:{}", agent_id.value);
    case Kind::kApiKey:
      return fmt::format("key:{}", api_key_id.value);
    case Kind::kVisitor:
      return fmt::format("visitor:{}", contact_id.value);
    case Kind::kNobody:
      break;
  }
  return "nobody";
}

}  // namespace zk::auth
