// The WebSocket of docs/protocol.md: who is at the other end, what he may ask for; what he sees is the hub's.
#include <atomic>
#include <boost/json.hpp>

#include "api/conversations.hpp"
#include "base/log.hpp"

namespace zk::api {
namespace {
using conversation::JsonWriter;
using conversation::Service;

struct Parts {
  Service& service;
  auth::Auth& auth;
  const Clock& clock;
  exec::Pool& pool;
};
constexpr std::chrono::seconds kWriteLimit{10};

class SocketScreen final : public conversation::Screen {
 public:
  explicit SocketScreen(std::shared_ptr<gateway::Socket> socket) : socket_(std::move(socket)) {}
  void show(conversation::Frame frame) override { socket_->send(std::move(frame)); }
  void notify_when_sent() override { awaited_ = true; }
  void end() override { socket_->close(1008, "the account was disabled"); }
  // Whether the hub waits for this.
  bool sent() { return awaited_.exchange(false); }

 private:
  std::shared_ptr<gateway::Socket> socket_;
  std::atomic<bool> awaited_{false};
};

class Session final : public gateway::SocketSession {
 public:
  Session(Parts parts, const auth::Caller& caller) : parts_(parts), caller_(caller) {}

  void on_open(std::shared_ptr<gateway::Socket> socket) override { socket_ = std::move(socket); }
  void on_text(std::string_view text) override;
  void on_sent() override {
    if (shown_ && shown_->sent()) parts_.service.hub().sent(screen_);
  }
  void on_close() override;

 private:
  Status handle(const json::object& frame);
  Status hello(const json::object& frame);
  Status typing(const json::object& frame);
  Status read(const json::object& frame);
  bool is_agent() const { return caller_.kind == auth::Caller::Kind::kAgent; }
  void send(std::string text) const { socket_->send(std::make_shared<const std::string>(std::move(text))); }

  Parts parts_;
  auth::Caller caller_;
  std::shared_ptr<gateway::Socket> socket_;
  std::shared_ptr<SocketScreen> shown_;     // none until the hello
  conversation::Hub::ScreenId screen_ = 0;  // 0 until then
};

std::string_view text_of(const json::object& frame, std::string_view key) {
  const auto* v = frame.if_contains(key);
  return v && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

Result<std::int64_t> id_of(const json::object& frame, std::string_view key) {
  const auto* v = frame.if_contains(key);
  if (!v || !v->is_int64() || v->get_int64() < 1)
    return fail(ErrorCode::kInvalidArgument, std::string(key) + " must be an id");
  return v->get_int64();
}

void Session::on_text(std::string_view text) {
  Status done;
  if (const auto value = parse_json(text); !value)
    done = tl::unexpected(value.error());
  else if (!value->is_object())
    done = fail(ErrorCode::kMalformed, "a frame must be a JSON object");
  else
    done = handle(value->get_object());
  if (done) return;
  JsonWriter w(128);
  w.begin()
      .key("type")
      .value("error")
      .key("code")
      .value(to_string(done.error().code))
      .key("message")
      .value(done.error().message)
      .end();
  send(w.take());
  if (done.error().code == ErrorCode::kUnauthenticated) socket_->close(1008, "not signed in");
}

Status Session::handle(const json::object& frame) {
  const auto type = text_of(frame, "type");
  if (type == "hello") return hello(frame);
  if (screen_ == 0) return fail(ErrorCode::kUnauthenticated, "say hello first");
  if (type == "ping") {
    send(R"({"type":"pong"})");
    return {};
  }
  if (type == "typing") return typing(frame);
  if (type == "read") return read(frame);
  return fail(ErrorCode::kInvalidArgument, "type must be hello, ping, typing or read");
}

Status Session::hello(const json::object& frame) {
  if (screen_ != 0) return fail(ErrorCode::kConflict, "hello was said already");
  std::optional<std::int64_t> since;
  if (const auto* v = frame.if_contains("since_seq"); v && !v->is_null()) {
    if (!v->is_int64() || v->get_int64() < 0)
      return fail(ErrorCode::kInvalidArgument, "since_seq must be a sequence number or null");
    since = v->get_int64();
  }
  if (const auto token = text_of(frame, "token"); !token.empty()) {
    ZK_TRY(const auto visitor, parts_.auth.visitors().verify(token, parts_.clock.now()));
    caller_ = {};
    caller_.kind = auth::Caller::Kind::kVisitor;
    caller_.contact_id = visitor.contact_id;
    caller_.inbox_id = visitor.inbox_id;
  }
  JsonWriter self(64);
  conversation::Viewer viewer;
  if (is_agent()) {
    viewer.agent = caller_.agent_id;
    viewer.role = caller_.role.value_or(Role::kViewer);
    self.begin().key("agent_id").value(caller_.agent_id.value).end();
  } else if (caller_.kind == auth::Caller::Kind::kVisitor) {
    viewer.contact = caller_.contact_id;
    self.begin().key("contact_id").value(caller_.contact_id.value).end();
  } else {
    return fail(ErrorCode::kUnauthenticated, "sign in, or send a visitor token");
  }
  shown_ = std::make_shared<SocketScreen>(socket_);
  screen_ = parts_.service.hub().join(viewer, shown_, since, self.take());
  if (is_agent()) parts_.service.desk().connected(caller_.agent_id);
  return {};
}

Status Session::typing(const json::object& frame) {
  ZK_TRY(const auto id, id_of(frame, "conversation_id"));
  const auto* on = frame.if_contains("on");
  if (is_agent() && !caller_.may(Permission::kConversationWrite))
    return fail(ErrorCode::kPermissionDenied, "this needs the permission conversation.write");
  parts_.service.hub().typing({.conversation_id = ConversationId{id},
                               .who = is_agent() ? SenderKind::kAgent : SenderKind::kVisitor,
                               .name = {},
                               .contact = caller_.contact_id,
                               .on = !on || !on->is_bool() || on->get_bool()});
  return {};
}

Status Session::read(const json::object& frame) {
  ZK_TRY(const auto conversation, id_of(frame, "conversation_id"));
  ZK_TRY(const auto message, id_of(frame, "message_id"));
  if (is_agent() && !caller_.may(Permission::kConversationRead))
    return fail(ErrorCode::kPermissionDenied, "this needs the permission conversation.read");
  // Waits for the disk, so not on this thread; a lost mark is sent again with the next message read.
  return parts_.pool.post([parts = parts_, caller = caller_, conversation, message] {
    auto& conversations = parts.service.conversations();
    const auto deadline = after(kWriteLimit);
    const auto done =
        caller.kind == auth::Caller::Kind::kAgent
            ? conversations.read_by_agent(ConversationId{conversation}, MessageId{message},
                                          conversing::actor_of(caller), deadline)
            : conversations.read_by_visitor(caller.contact_id, caller.inbox_id, MessageId{message}, deadline);
    if (!done && done.error().code != ErrorCode::kNotFound)
      log::warn("live", "read mark not stored code={}", to_string(done.error().code));
  });
}

void Session::on_close() {
  if (screen_ == 0) return;
  parts_.service.hub().leave(screen_);
  if (is_agent()) parts_.service.desk().disconnected(caller_.agent_id);
}

}  // namespace

Server::Accept live_sockets(Service& service, auth::Auth& auth, const Clock& clock, exec::Pool& pool) {
  return [parts = Parts{service, auth, clock, pool}](
             const gateway::Request&,
             const auth::Caller& caller) -> Result<std::unique_ptr<gateway::SocketSession>> {
    return std::make_unique<Session>(parts, caller);
  };
}

}  // namespace zk::api
