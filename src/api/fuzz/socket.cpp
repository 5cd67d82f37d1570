// Frames of the live socket, as a client may send them: the first byte says who is at the other end, each
// line is a frame. A line that begins with h, p, t or r is the inside of such a frame, so that what lies
// behind the JSON parser is reached as well.
#include <atomic>
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "api/conversations.hpp"
#include "storage/tests/engines.hpp"

namespace {

using namespace zk;

void require(bool condition) {
  if (!condition) std::abort();
}

class Silent final : public conversation::Responder {
 public:
  Result<conversation::BotReply> reply(const conversation::BotTurn&, Deadline) override {
    return conversation::BotReply{
        .decision = "none", .blocks = text_blocks("…"), .state = "{}", .trace = "{}"};
  }
};

// Every frame the server says is an object with a type, whatever it was told.
class Wire final : public gateway::Socket {
 public:
  void send(std::shared_ptr<const std::string> text) override {
    require(boost::json::parse(*text).as_object().at("type").is_string());
  }
  void close(std::uint16_t code, std::string_view) override { require(code == 1008); }
  std::uint64_t id() const override { return 1; }
};

struct Station {
  storage::SqliteEngine engine;
  std::unique_ptr<storage::Db> db = storage::Db::open({.url = engine.url()}).value();
  SystemClock clock;
  auth::Auth auth{*db, clock, auth::Keys::from(auth::Key{})};
  exec::Pool pool{{.name = "fuzz", .threads = 1, .queue = 16}};
  Silent bot;
  std::unique_ptr<conversation::Service> service =
      conversation::Service::start(*db, clock, conversation::Intake{}, bot, {}).value();
  api::Server::Accept accept = api::live_sockets(*service, auth, clock, pool);
};

auth::Caller caller_of(std::uint8_t kind) {
  auth::Caller caller;
  if (kind % 3 == 1) {
    caller.kind = auth::Caller::Kind::kAgent;
    caller.agent_id = AgentId{1};
    caller.role = static_cast<Role>(kind / 3 % 5);
  } else if (kind % 3 == 2) {
    caller.kind = auth::Caller::Kind::kVisitor;
    caller.contact_id = ContactId{1};
    caller.inbox_id = InboxId{1};
  }
  return caller;
}

std::string frame_of(std::string_view line) {
  const auto inside = [&](const char* type) {
    return std::string(R"({"type":")") + type + '"' + std::string(line.size() > 1 ? "," : "") +
           std::string(line.substr(1)) + "}";
  };
  switch (line.empty() ? ' ' : line.front()) {
    case 'h':
      return inside("hello");
    case 'p':
      return inside("ping");
    case 't':
      return inside("typing");
    case 'r':
      return inside("read");
    default:
      return std::string(line);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Station station;
  if (size == 0) return 0;
  auto session = station.accept({}, caller_of(data[0])).value();
  session->on_open(std::make_shared<Wire>());
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (int frames = 0; !rest.empty() && frames < 50; ++frames) {
    const auto end = std::min(rest.find('\n'), rest.size());
    session->on_text(frame_of(rest.substr(0, end)));
    session->on_sent();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  session->on_close();
  station.service->hub().flush();
  return 0;
}
