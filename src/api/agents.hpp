// Agents: their JSON, and making one (also for `zhike user add` and the demo company).
#pragma once

#include <string>
#include <string_view>

#include "api/schema.hpp"
#include "auth/audit.hpp"
#include "domain/people.hpp"
#include "storage/storage.hpp"

namespace zk::api {

const Schema& agent_schema();

struct NewAgent {
  std::string email, name;  // e-mail addresses are kept in lower case
  Role role = Role::kAgent;
  std::string password_hash;  // auth::hash_password
  int capacity = 5;
  std::string locale = "zh-CN";
};
// Inserts the agent with its ledger event and audit row. kConflict: the address is taken.
Result<AgentId> add_agent(storage::Tx& tx, const auth::AuditLog& audit, const NewAgent& agent,
                          const std::string& actor, Timestamp now);

// The Agent of docs/protocol.md; kNotFound.
Result<json::object> agent_object(storage::Tx& tx, AgentId id);
std::string lower_case(std::string_view ascii);

}  // namespace zk::api
