// The whole module, wired: what the composition root makes and the API is given.
//
//   ZK_TRY(auto service, conversation::Service::start(db, clock, intake, responder, {}));
//   … service->conversations().post_visitor(…) …
//   service->stop();          // before the responder goes: finishes the turns that run
//
// Thread-safe. db, clock and responder must outlive it.
#pragma once

#include <memory>

#include "conversation/attachments.hpp"
#include "conversation/contacts.hpp"
#include "conversation/conversations.hpp"
#include "conversation/desk.hpp"
#include "conversation/hub.hpp"
#include "conversation/inboxes.hpp"
#include "conversation/presence.hpp"
#include "conversation/turns.hpp"

namespace zk::conversation {

class Service {
 public:
  struct Options {
    Turns::Options turns;
    Hub::Options hub;
    std::chrono::seconds presence_grace{30};
    std::function<Status(const AgentPost&, Deadline)> screen{};  // see Conversations::Connections
  };
  // Starts the threads and takes up the turns that are owed from before.
  static Result<std::unique_ptr<Service>> start(storage::Db& db, const Clock& clock, Intake intake,
                                                Responder& responder, Options options);
  ~Service();
  void stop();

  std::optional<int> position(ConversationId id) const { return desk_->position(id); }
  Inboxes& inboxes() { return inboxes_; }
  Conversations& conversations() { return conversations_; }
  const Intake& intake() const { return conversations_.intake(); }
  Contacts& contacts() { return contacts_; }
  Attachments& attachments() { return attachments_; }
  Presence& presence() { return presence_; }
  Hub& hub() { return *hub_; }
  Desk& desk() { return *desk_; }
  Turns& turns() { return *turns_; }

 private:
  Service(storage::Db& db, const Clock& clock, Intake intake, Options options);

  Inboxes inboxes_;
  Conversations conversations_;
  Contacts contacts_;
  Attachments attachments_;
  Presence presence_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Turns> turns_;
};

}  // namespace zk::conversation
