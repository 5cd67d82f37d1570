// Agents, teams, inboxes, roles and the closed list of permissions.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "domain/ids.hpp"

namespace zk {

enum class Role { kAdmin, kSupervisor, kAgent, kEditor, kViewer };
enum class Availability { kOnline, kAway, kOffline };

// Closed: an endpoint declares exactly one of these, or kPublic, kVisitor or kSignedIn.
enum class Permission {
  kPublic,             // anyone
  kVisitor,            // a valid visitor token; only its own contact
  kSignedIn,           // any agent, for himself
  kConversationRead, kConversationWrite, kConversationAssign,
  kContactRead, kContactWrite,
  kKnowledgeRead, kKnowledgeWrite, kKnowledgePublish,
  kReportRead,
  kSettingsRead, kSettingsWrite,   // inboxes, teams, labels, canned responses, brand
  kUserWrite,                      // agents, roles
  kApiKeyWrite, kWebhookWrite,
  kAuditRead,
  kPersonalDataReveal, kPersonalDataErase,
};
bool allows(Role role, Permission permission);
std::string_view to_string(Permission permission);  // "conversation.read", …
std::string_view to_string(Role role);              // admin | supervisor | agent | editor | viewer
std::string_view to_string(Availability v);         // online | away | offline
std::optional<Role> role(std::string_view text);
std::optional<Availability> availability(std::string_view text);

struct Agent {
  AgentId id;
  std::string email, name;
  Role role = Role::kAgent;
  Availability availability = Availability::kOffline;
  int capacity = 5;          // conversations at a time, 1–100
  std::string locale = "zh-CN";
  bool disabled = false;
  std::vector<TeamId> teams;
  Timestamp created_at{}, last_seen_at{};
};
struct Team { TeamId id; std::string name; std::vector<AgentId> agents; };
struct Inbox {
  InboxId id;
  std::string name;
  std::string channel = "web";
  std::string website_token;   // public, in the install snippet
  TeamId team_id;
  std::string settings;        // JSON object: brand colour, greeting, suggested questions, allowed origins, bot on/off
};

}  // namespace zk
