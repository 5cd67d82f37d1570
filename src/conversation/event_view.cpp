// What of the ledger a viewer sees, and in which form.
#include <boost/json.hpp>

#include <algorithm>
#include <array>

#include "conversation/hub.hpp"
#include "conversation/json_writer.hpp"

namespace zk::conversation {
namespace json = boost::json;
namespace {

struct SeenBy {
  std::string_view prefix;
  Permission permission;
};
constexpr std::array<SeenBy, 11> kSeenBy{{{"conversation.", Permission::kConversationRead},
                                          {"message.", Permission::kConversationRead},
                                          {"contact.", Permission::kContactRead},
                                          {"article.", Permission::kKnowledgeRead},
                                          {"knowledge.", Permission::kKnowledgeRead},
                                          {"agent.", Permission::kSignedIn},
                                          {"team.", Permission::kSignedIn},
                                          {"inbox.", Permission::kSettingsRead},
                                          {"label.", Permission::kSignedIn},
                                          {"canned_response.", Permission::kSettingsRead},
                                          {"settings.", Permission::kSignedIn}}};
constexpr std::array<std::string_view, 4> kForVisitors{"message.created", "message.updated",
                                                       "conversation.updated", "conversation.read"};
constexpr std::array<std::string_view, 8> kAgentsOnly{"assignee_id", "team_id",      "priority",
                                                      "labels",      "unread_count", "bot_attempts",
                                                      "last_sender", "snoozed_until"};

void strip_conversation(json::value& v) {
  if (auto* o = v.if_object())
    for (const auto key : kAgentsOnly) o->erase(key);
}

// The ledger holds the agents' form. Read back here only when the conversation's visitor is connected.
std::string visitor_data(const storage::Event& event) {
  if (event.kind == "conversation.read") return event.payload;
  json::error_code ec;
  auto data = json::parse(event.payload, ec);
  if (ec || !data.is_object()) return "{}";
  auto& object = data.get_object();
  if (event.kind == "conversation.updated") strip_conversation(data);
  if (auto* message = object.if_contains("message"); message && message->is_object())
    for (const auto* key : {"sender_id", "personal"}) message->get_object().erase(key);
  if (auto* conversation = object.if_contains("conversation")) strip_conversation(*conversation);
  return json::serialize(data);
}

}  // namespace

bool may_see(const Viewer& viewer, const storage::Event& event) {
  if (!viewer.agent)
    return event.audience == "all" &&
           std::find(kForVisitors.begin(), kForVisitors.end(), event.kind) != kForVisitors.end();
  for (const auto& [prefix, permission] : kSeenBy)
    if (event.kind.starts_with(prefix)) return allows(viewer.role, permission);
  return false;
}

Account account_of(const storage::Event& event) {
  Account out;
  json::error_code ec;
  const auto data = json::parse(event.payload, ec);
  const auto* o = ec ? nullptr : data.if_object();
  if (!o) return out;
  if (const auto* id = o->if_contains("id"); id && id->is_int64()) out.agent = AgentId{id->get_int64()};
  if (const auto* off = o->if_contains("disabled"); off && off->is_bool()) out.disabled = off->get_bool();
  if (const auto* r = o->if_contains("role"); r && r->is_string())
    out.role = role(std::string_view(r->get_string()));
  return out;
}

std::string event_frame(const storage::Event& e, bool visitor) {
  JsonWriter w(e.payload.size() + 160);
  w.begin().key("type").value("event").key("seq").value(e.seq).key("kind").value(e.kind).key("at").or_null(
      e.at);
  w.key("conversation_id").or_null(e.conversation_id).key("data");
  if (visitor)
    w.raw(visitor_data(e));
  else
    w.raw(e.payload);
  return w.end().take();
}

}  // namespace zk::conversation
