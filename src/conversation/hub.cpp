#include "conversation/hub.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "conversation/json_writer.hpp"

namespace zk::conversation {
namespace {

constexpr storage::Query kContactOf{"conversation.contact_id",
                                    "SELECT contact_id FROM conversation WHERE id = $1"};
constexpr std::size_t kRememberedContacts = 50'000;
constexpr std::chrono::seconds kReadLimit{5};

std::size_t weight(const storage::Event& e) { return sizeof(e) + e.payload.size(); }
Frame shared(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string welcome_frame(std::int64_t seq, std::string_view self) {
  return JsonWriter(96 + self.size())
      .begin()
      .key("type")
      .value("welcome")
      .key("seq")
      .value(seq)
      .key("self")
      .raw(self)
      .end()
      .take();
}
std::string reset_frame(std::int64_t seq) {
  return JsonWriter(64).begin().key("type").value("reset").key("seq").value(seq).end().take();
}
std::string typing_frame(const Typing& t) {
  JsonWriter w(128);
  w.begin()
      .key("type")
      .value("typing")
      .key("conversation_id")
      .value(t.conversation_id.value)
      .key("who")
      .value(to_string(t.who));
  return w.key("name").or_null(t.name).key("on").value(t.on).end().take();
}
std::string presence_frame(const Presence::Changed& c) {
  JsonWriter w(96);
  w.begin()
      .key("type")
      .value("presence")
      .key("agent_id")
      .value(c.agent.value)
      .key("availability")
      .value(to_string(c.availability));
  return w.end().take();
}
std::string queue_frame(const QueueMove& m) {
  JsonWriter w(96);
  w.begin().key("type").value("queue").key("conversation_id").value(m.conversation_id.value).key("position");
  if (m.position)
    w.value(*m.position);
  else
    w.null();
  return w.end().take();
}

}  // namespace

Result<std::unique_ptr<Hub>> Hub::start(storage::Db& db, Options options) {
  std::unique_ptr<Hub> hub(new Hub(db, options));
  hub->listening_ =
      db.listen([h = hub.get()](std::span<const storage::Event> events) { h->committed(events); });
  ZK_TRY(hub->shown_, db.last_seq());
  hub->floor_ = hub->shown_;
  hub->thread_ = std::thread([h = hub.get()] { h->loop(); });
  return hub;
}

Hub::~Hub() {
  listening_ = nullptr;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Hub::committed(std::span<const storage::Event> events) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& e : events) {
      if (overrun_) break;
      if (queued_bytes_ > options_.queue_bytes) {
        overrun_ = true;
        break;
      }
      queued_bytes_ += weight(e);
      queue_.emplace_back(e);
    }
  }
  wake_.notify_one();
}

void Hub::enqueue(Work work, bool ephemeral) {
  {
    const std::lock_guard lock(mutex_);
    if (ephemeral && queued_ephemeral_ >= options_.ephemeral) return;
    queued_ephemeral_ += ephemeral ? 1 : 0;
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
}

Hub::ScreenId Hub::join(const Viewer& viewer, std::shared_ptr<Screen> screen,
                        std::optional<std::int64_t> since, std::string self) {
  ScreenId id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    queue_.emplace_back(Join{id, viewer, std::move(screen), since, std::move(self)});
  }
  wake_.notify_one();
  return id;
}

void Hub::leave(ScreenId id) { enqueue(Leave{id}, false); }
void Hub::typing(Typing typing) { enqueue(std::move(typing), true); }
void Hub::presence(Presence::Changed change) { enqueue(change, true); }
void Hub::queue(std::vector<QueueMove> moves) { enqueue(std::move(moves), true); }

void Hub::flush() {
  std::unique_lock lock(mutex_);
  const auto ticket = ++next_flush_;
  queue_.emplace_back(Flush{ticket});
  wake_.notify_one();
  flush_done_.wait(lock, [&] { return flushed_ >= ticket || stopping_; });
}

Hub::Stats Hub::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void Hub::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    stats_ = {static_cast<std::int64_t>(agents_.size() + visitors_.size()), events_, frames_, resets_,
              overruns_};
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty() || overrun_; });
    if (stopping_) break;
    auto batch = std::exchange(queue_, {});
    queued_bytes_ = queued_ephemeral_ = 0;
    const bool overrun =
        std::exchange(overrun_, false);  // from here on events queue again; below, those before are read
    lock.unlock();
    for (auto& work : batch) std::visit([this](auto& w) { handle(w); }, work);
    if (overrun) read_overrun();
    lock.lock();
  }
  flush_done_.notify_all();
}

void Hub::handle(storage::Event& event) {
  if (event.seq > shown_) show_event(std::move(event));
}

// Everything committed before the queue took events again is in the ledger; what was queued since is skipped
// by its seq.
void Hub::read_overrun() {
  ++overruns_;
  while (true) {
    auto events = db_.events_after(shown_, 1000);
    if (!events) {
      log::warn("hub", "ledger not readable, trying again code={}", to_string(events.error().code));
      const std::lock_guard lock(mutex_);
      overrun_ = true;
      return;
    }
    const bool last = events->size() < 1000;
    for (auto& e : *events) show_event(std::move(e));
    if (last) return;
  }
}

void Hub::show_event(storage::Event&& event) {
  ZK_CHECK(event.seq > shown_);
  shown_ = event.seq;
  ++events_;
  const ContactId contact{event.contact_id};
  if (event.conversation_id != 0 && contact) remember(ConversationId{event.conversation_id}, contact);
  if (event.kind == "agent.updated") follow_account(event);
  Frame for_agents;
  for (const auto& [id, client] : agents_) {
    if (event.seq <= client.knows || !may_see(client.viewer, event)) continue;
    if (!for_agents) for_agents = shared(event_frame(event, false));
    show(client, for_agents);
  }
  if (const auto [first, last] = by_contact_.equal_range(contact);
      first != last && may_see(first->second.second.viewer, event)) {
    const auto frame = shared(event_frame(event, true));
    for (auto it = first; it != last; ++it)
      if (event.seq > it->second.second.knows) show(it->second.second, frame);
  }

  ring_bytes_ += weight(event);
  ring_.push_back(std::move(event));
  while (ring_bytes_ > options_.ring_bytes) {
    ring_bytes_ -= weight(ring_.front());
    floor_ = ring_.front().seq;
    ring_.pop_front();
  }
}

// What an agent may see follows his role at once; a disabled account sees nothing from here on.
void Hub::follow_account(const storage::Event& event) {
  const auto account = account_of(event);
  for (auto it = agents_.begin(); it != agents_.end();) {
    if (it->second.viewer.agent != account.agent) {
      ++it;
    } else if (account.disabled) {
      it->second.screen->end();
      it = agents_.erase(it);
    } else {
      if (account.role) it->second.viewer.role = *account.role;
      ++it;
    }
  }
}

void Hub::handle(Join& join) {
  Client client{join.viewer, std::move(join.screen), 0};
  show(client, shared(welcome_frame(shown_, join.self)));
  if (join.since && *join.since > shown_ && is_committed(*join.since))
    client.knows = *join.since;
  else if (join.since && *join.since != shown_)
    replay(client, *join.since);
  if (client.viewer.agent) {
    agents_.emplace(join.id, std::move(client));
  } else {
    visitors_.emplace(join.id, client.viewer.contact);
    by_contact_.emplace(client.viewer.contact, std::pair(join.id, std::move(client)));
  }
}

// A page that was loaded just now may know an event that is still in the queue here.
bool Hub::is_committed(std::int64_t seq) {
  const auto last = db_.last_seq();
  return last && seq <= *last;
}

void Hub::replay(const Client& client, std::int64_t since) {
  std::vector<storage::Event> missed;
  if (since > shown_ || since < 0) return reset(client);  // of another database
  std::size_t bytes = 0;
  const auto take = [&](const storage::Event& e) {
    if (!may_see(client.viewer, e) || (!client.viewer.agent && e.contact_id != client.viewer.contact.value))
      return;
    bytes += weight(e);
    missed.push_back(e);
  };
  if (since >= floor_) {
    const auto first =
        std::partition_point(ring_.begin(), ring_.end(), [&](const auto& e) { return e.seq <= since; });
    for (auto it = first; it != ring_.end() && missed.size() <= options_.resume_events; ++it) take(*it);
  } else {
    // A visitor has one conversation to load again; scanning the ledger for him would cost more.
    if (!client.viewer.agent) return reset(client);
    const auto events = db_.events_after(since, static_cast<int>(options_.resume_events) + 1);
    if (!events || events->size() > options_.resume_events) return reset(client);
    for (const auto& e : *events)
      if (e.seq <= shown_) take(e);
  }
  if (missed.size() > options_.resume_events || bytes > options_.resume_bytes) return reset(client);
  for (const auto& e : missed) show(client, shared(event_frame(e, !client.viewer.agent)));
}

void Hub::reset(const Client& client) {
  ++resets_;
  show(client, shared(reset_frame(shown_)));
}

void Hub::handle(Leave& leave) {
  if (agents_.erase(leave.id) > 0) return;
  const auto it = visitors_.find(leave.id);
  if (it == visitors_.end()) return;
  const auto [first, last] = by_contact_.equal_range(it->second);
  const auto mine =
      std::find_if(first, last, [&](const auto& entry) { return entry.second.first == leave.id; });
  if (mine != last) by_contact_.erase(mine);
  visitors_.erase(it);
}

void Hub::handle(Typing& typing) {
  const auto contact = contact_of(typing.conversation_id);
  if (!contact || (typing.who == SenderKind::kVisitor && *contact != typing.contact)) return;
  const auto frame = shared(typing_frame(typing));
  for (const auto& [id, client] : agents_)
    if (allows(client.viewer.role, Permission::kConversationRead)) show(client, frame);
  if (typing.who != SenderKind::kVisitor) show_visitor(*contact, frame);
}

void Hub::handle(Presence::Changed& change) {
  const auto frame = shared(presence_frame(change));
  for (const auto& [id, client] : agents_) show(client, frame);
}

void Hub::handle(std::vector<QueueMove>& moves) {
  for (const auto& m : moves)
    if (by_contact_.contains(m.contact_id)) show_visitor(m.contact_id, shared(queue_frame(m)));
}

void Hub::handle(Flush& flush) {
  const std::lock_guard lock(mutex_);
  flushed_ = flush.ticket;
  stats_ = {static_cast<std::int64_t>(agents_.size() + visitors_.size()), events_, frames_, resets_,
            overruns_};
  flush_done_.notify_all();
}

void Hub::show(const Client& client, const Frame& frame) {
  ++frames_;
  client.screen->show(frame);
}

void Hub::show_visitor(ContactId contact, const Frame& frame) {
  const auto [first, last] = by_contact_.equal_range(contact);
  for (auto it = first; it != last; ++it) show(it->second.second, frame);
}

void Hub::remember(ConversationId conversation, ContactId contact) {
  if (contacts_.size() >= kRememberedContacts) contacts_.clear();
  contacts_.emplace(conversation, contact);
}

std::optional<ContactId> Hub::contact_of(ConversationId conversation) {
  if (const auto it = contacts_.find(conversation); it != contacts_.end()) return it->second;
  const auto row =
      db_.read(after(kReadLimit), [&](storage::Tx& tx) { return tx.maybe(kContactOf, {conversation}); });
  if (!row || !*row) return std::nullopt;
  const auto contact = (*row)->id<ContactId>(0);
  remember(conversation, contact);
  return contact;
}

}  // namespace zk::conversation
