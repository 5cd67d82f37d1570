#include "conversation/hub.hpp"

#include <algorithm>
#include <limits>
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
constexpr int kRead = 200;  // events at a time for one client: 0.3 MB, a millisecond

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
  ZK_TRY_STATUS(hub->fill_ring());
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
void Hub::sent(ScreenId id) { enqueue(Sent{id}, false); }
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
  auto out = stats_;
  out.waiting = static_cast<std::int64_t>(queue_.size());
  return out;
}

void Hub::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    note_figures();
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

void Hub::note_figures() {
  stats_.screens = static_cast<std::int64_t>(agents_.size() + visitors_.size());
  stats_.events = events_;
  stats_.frames = frames_;
  stats_.resumes = resumes_;
  stats_.resets = resets_;
  stats_.overruns = overruns_;
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
  keep(std::move(event));
}

void Hub::keep(storage::Event&& event) {
  ring_bytes_ += weight(event);
  ring_.push_back(std::move(event));
  while (ring_bytes_ > options_.ring_bytes) {
    ring_bytes_ -= weight(ring_.front());
    floor_ = ring_.front().seq;
    ring_.pop_front();
  }
}

// After a restart everyone comes back at once, and most were here until then.
Status Hub::fill_ring() {
  floor_ = std::max<std::int64_t>(0, shown_ - static_cast<std::int64_t>(options_.resume_events));
  for (auto seq = floor_; seq < shown_;) {
    ZK_TRY(auto events, db_.events_after(seq, kRead));
    if (events.empty()) break;
    for (auto& e : events) {
      seq = e.seq;
      if (seq <= shown_) keep(std::move(e));
    }
  }
  return {};
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
  Client client{join.viewer, std::move(join.screen)};
  show(client, shared(welcome_frame(shown_, join.self)));
  if (join.since && *join.since > shown_ && is_committed(*join.since))
    client.knows = *join.since;
  else if (join.since && *join.since != shown_)
    resume(client, *join.since);
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

void Hub::resume(Client& client, std::int64_t since) {
  const bool too_far = shown_ - since > static_cast<std::int64_t>(options_.resume_events);
  // A visitor has one conversation to load again; scanning the ledger for him would cost more.
  const bool too_dear = !client.viewer.agent && since < floor_;
  if (since > shown_ || since < 0 || too_far || too_dear) return reset(client);  // or of another database
  ++resumes_;
  client.at = since;
  client.knows = std::numeric_limits<std::int64_t>::max();
  show_page(client);
}

// Shows what fits on a page and waits until it has left, or goes on at once when nothing of it concerns the
// client. Asked for before anything is shown, the notice may come while the page is not yet whole; so up to
// two pages are on their way.
void Hub::show_page(Client& client) {
  Page page;
  client.screen->notify_when_sent();
  while (*client.at < floor_) {
    const auto events = db_.events_after(*client.at, kRead);
    if (!events || events->empty()) return reset(client);
    for (const auto& e : *events)
      if (e.seq <= shown_ && !show_next(client, e, page)) return;
    client.at = std::min(events->back().seq, shown_);
  }
  const auto first =
      std::partition_point(ring_.begin(), ring_.end(), [&](const auto& e) { return e.seq <= *client.at; });
  for (auto e = first; e != ring_.end(); ++e)
    if (!show_next(client, *e, page)) return;
  client.at.reset();
  client.knows = shown_;
}

// False: the page is full.
bool Hub::show_next(Client& client, const storage::Event& event, Page& page) {
  if (page.events >= options_.page_events || page.bytes >= options_.page_bytes) return false;
  client.at = event.seq;
  if (!concerns(client, event)) return true;
  auto frame = shared(event_frame(event, !client.viewer.agent));
  ++page.events;
  page.bytes += frame->size();
  show(client, frame);
  return true;
}

bool Hub::concerns(const Client& client, const storage::Event& event) const {
  return may_see(client.viewer, event) &&
         (client.viewer.agent || event.contact_id == client.viewer.contact.value);
}

void Hub::handle(Sent& sent) {
  if (auto* client = find(sent.id); client && client->at) show_page(*client);
}

Hub::Client* Hub::find(ScreenId id) {
  if (const auto it = agents_.find(id); it != agents_.end()) return &it->second;
  const auto visitor = visitors_.find(id);
  if (visitor == visitors_.end()) return nullptr;
  const auto [first, last] = by_contact_.equal_range(visitor->second);
  const auto mine = std::find_if(first, last, [&](const auto& entry) { return entry.second.first == id; });
  return mine == last ? nullptr : &mine->second.second;
}

void Hub::reset(Client& client) {
  ++resets_;
  client.at.reset();
  client.knows = shown_;
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
  note_figures();
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
