// Endpoints of conversations, messages, contacts, attachments, reports, of the widget, and the live socket.
// All act through conversation::Service, which must outlive them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/server.hpp"
#include "conversation/message_search.hpp"
#include "conversation/service.hpp"

namespace zk::api {

struct WidgetLimits {  // of one visitor; per_second 0: no limit
  double messages_per_second = 2, messages_burst = 30;
  double uploads_per_second = 0.1, uploads_burst = 10;
  double sessions_per_second = 1, sessions_burst = 30;  // of one address
};

std::vector<Route> conversation_routes(conversation::Service& service,
                                       const conversation::MessageSearch& search);
std::vector<Route> contact_routes(conversation::Service& service);
std::vector<Route> personal_data_routes(conversation::Service& service);
std::vector<Route> attachment_routes(conversation::Service& service);
std::vector<Route> report_routes();
std::vector<Route> widget_routes(conversation::Service& service, auth::Auth& auth,
                                 const WidgetLimits& limits);
// What /api/v1/ws runs; read marks are written on the pool.
Server::Accept live_sockets(conversation::Service& service, auth::Auth& auth, const Clock& clock,
                            exec::Pool& pool);

// Shapes and steps these files share.
namespace conversing {
const Schema& conversation_schema();
const Schema& message_schema();
const Schema& marks_schema();  // of personal data
const Schema& contact_schema();
const Schema& attachment_schema();
conversation::Actor actor_of(const auth::Caller& caller);
std::string conversation_json(const conversation::Service& service, const conversation::ConversationRecord& c,
                              conversation::Audience audience);
std::string message_json(const conversation::StoredMessage& m, conversation::Audience audience);
Reply attachment_reply(const conversation::Attachment& a);
// {"items":[…],"next_cursor":…}
template <class T>
Reply page_reply(const conversation::Page<T>& page,
                 const std::function<void(conversation::JsonWriter&, const T&)>& item);
Result<std::optional<conversation::Cursor>> cursor_of(const Context& c);
int limit_of(const Context& c);
void write_next(conversation::JsonWriter& w, const std::optional<conversation::Cursor>& next);

template <class T>
Reply page_reply(const conversation::Page<T>& page,
                 const std::function<void(conversation::JsonWriter&, const T&)>& item) {
  conversation::JsonWriter w(4096);
  w.begin().key("items").begin_array();
  for (const auto& i : page.items) item(w, i);
  w.end_array();
  write_next(w, page.next);
  return Context::text(w.end().take());
}
}  // namespace conversing

}  // namespace zk::api
