// Who sees what, live: takes every committed ledger event and shows it to the screens it concerns, in order,
// once. One thread owns all of it; everything else only leaves work in its queue, so joining at a sequence
// number and the stream that follows cannot miss or repeat an event.
//
//   Hub hub(db, {});
//   auto id = hub.join({.agent = agent, .role = Role::kAgent}, screen, since_seq, self_json);
//   hub.typing({.conversation_id = c, .who = SenderKind::kAgent, .name = "Li Na", .on = true});
//   hub.leave(id);
//
// Frames and event kinds: docs/protocol.md, "WebSocket". Thread-safe; no call blocks on a screen or on the
// disk.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "conversation/presence.hpp"
#include "domain/conversation.hpp"
#include "domain/people.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

using Frame = std::shared_ptr<const std::string>;

// One connected client. show() must not block and must bound what it holds (a slow client is its to drop).
class Screen {
 public:
  virtual ~Screen() = default;
  virtual void show(Frame frame) = 0;
  // Call Hub::sent once all that was shown, from before and after this call, has left. Must not block.
  virtual void notify_when_sent() = 0;
  // The account was disabled: nothing more may be shown. Must not block.
  virtual void end() = 0;
};

struct Viewer {
  AgentId agent;  // none: a visitor
  Role role = Role::kViewer;
  ContactId contact;  // the visitor
};
struct Typing {
  ConversationId conversation_id;
  SenderKind who = SenderKind::kVisitor;
  std::string name;   // of an agent
  ContactId contact;  // the visitor who types: only heard in his own conversation
  bool on = true;
};
struct QueueMove {
  ConversationId conversation_id;
  ContactId contact_id;
  std::optional<int> position;  // nothing: no longer waiting
};

class Hub {
 public:
  struct Options {
    std::size_t ring_bytes = 8 << 20;  // of recent events kept for resuming, from before a restart too
    std::size_t queue_bytes =
        32 << 20;  // of committed events not yet shown; beyond, they are read from the ledger again
    std::size_t resume_events = 5000;  // a client further behind is told to load again
    // A client that catches up is shown a page at a time, the next when the one before has left; two pages
    // fit into a socket's bound (256 frames, 1 MiB).
    std::size_t page_events = 100;
    std::size_t page_bytes = 256 << 10;
    std::size_t ephemeral =
        10'000;  // typing, presence and queue notices not yet shown; beyond, they are dropped
  };
  using ScreenId = std::uint64_t;
  struct Stats {
    std::int64_t screens = 0, events = 0, frames = 0, resumes = 0, resets = 0, overruns = 0;
    std::int64_t waiting = 0;  // events and wishes not yet seen to
  };

  static Result<std::unique_ptr<Hub>> start(storage::Db& db, Options options);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // The first frame shown is the welcome; then what came after since_seq (or a reset), page by page, then
  // what comes.
  ScreenId join(const Viewer& viewer, std::shared_ptr<Screen> screen, std::optional<std::int64_t> since_seq,
                std::string self_json);
  void leave(ScreenId id);
  // All that was shown to that screen has left (Screen::notify_when_sent).
  void sent(ScreenId id);
  void typing(Typing typing);
  void presence(Presence::Changed change);
  void queue(std::vector<QueueMove> moves);
  // Returns once everything committed and asked for before the call has been shown.
  void flush();
  Stats stats() const;

 private:
  struct Join {
    ScreenId id;
    Viewer viewer;
    std::shared_ptr<Screen> screen;
    std::optional<std::int64_t> since;
    std::string self;
  };
  struct Leave {
    ScreenId id;
  };
  struct Sent {
    ScreenId id;
  };
  struct Flush {
    std::uint64_t ticket;
  };
  using Work = std::variant<storage::Event, Join, Leave, Sent, Typing, Presence::Changed,
                            std::vector<QueueMove>, Flush>;
  struct Client {
    Viewer viewer;
    std::shared_ptr<Screen> screen;
    std::int64_t knows = 0;  // it has everything up to here, perhaps more than the hub has shown yet
    // Catching up: has everything up to here. `knows` is then beyond every event, so none comes out of turn.
    std::optional<std::int64_t> at{};
  };

  struct Page {
    std::size_t events = 0, bytes = 0;
  };

  Hub(storage::Db& db, Options options) : db_(db), options_(options) {}
  void enqueue(Work work, bool ephemeral);
  void committed(std::span<const storage::Event> events);
  void loop();
  void note_figures();  // under mutex_, on the thread
  void handle(storage::Event& event);
  void handle(Join& join);
  void handle(Leave& leave);
  void handle(Sent& sent);
  void handle(Typing& typing);
  void handle(Presence::Changed& change);
  void handle(std::vector<QueueMove>& moves);
  void handle(Flush& flush);
  void show_event(storage::Event&& event);
  void follow_account(const storage::Event& event);
  void read_overrun();
  bool is_committed(std::int64_t seq);
  Status fill_ring();
  void keep(storage::Event&& event);
  void resume(Client& client, std::int64_t since);
  void show_page(Client& client);
  bool show_next(Client& client, const storage::Event& event, Page& page);
  bool concerns(const Client& client, const storage::Event& event) const;
  Client* find(ScreenId id);
  void reset(Client& client);
  void show(const Client& client, const Frame& frame);
  void show_visitor(ContactId contact, const Frame& frame);
  std::optional<ContactId> contact_of(ConversationId conversation);
  void remember(ConversationId conversation, ContactId contact);

  storage::Db& db_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;                      // under mutex_
  std::size_t queued_bytes_ = 0;                // under mutex_: payloads of events in queue_
  std::size_t queued_ephemeral_ = 0;            // under mutex_
  bool overrun_ = false;                        // under mutex_: events were not queued; the ledger has them
  bool stopping_ = false;                       // under mutex_
  ScreenId next_id_ = 1;                        // under mutex_
  std::uint64_t flushed_ = 0, next_flush_ = 0;  // under mutex_
  Stats stats_;                                 // under mutex_
  std::condition_variable flush_done_;

  // Owned by the thread.
  std::int64_t shown_ = 0;  // the last event shown
  std::int64_t floor_ = 0;  // every event after it is in ring_
  std::deque<storage::Event> ring_;
  std::size_t ring_bytes_ = 0;
  std::unordered_map<ScreenId, Client> agents_;
  std::unordered_map<ScreenId, ContactId> visitors_;
  std::unordered_multimap<ContactId, std::pair<ScreenId, Client>> by_contact_;
  std::unordered_map<ConversationId, ContactId> contacts_;  // of recent conversations, bounded
  std::int64_t frames_ = 0, resumes_ = 0, resets_ = 0, events_ = 0, overruns_ = 0;

  std::shared_ptr<void> listening_;
  std::thread thread_;
};

// Whether a viewer may see an event of that kind; kinds not listed are nobody's.
bool may_see(const Viewer& viewer, const storage::Event& event);
// What an "agent.updated" event says of the account.
struct Account {
  AgentId agent;
  bool disabled = false;
  std::optional<Role> role;
};
Account account_of(const storage::Event& event);
// The frame of an event as an agent or as the visitor sees it.
std::string event_frame(const storage::Event& event, bool visitor);

}  // namespace zk::conversation
