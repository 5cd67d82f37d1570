#include "conversation/service.hpp"

#include "base/log.hpp"

namespace zk::conversation {

Service::Service(storage::Db& db, const Clock& clock, Intake intake, Options options)
    : inboxes_(db),
      conversations_(db, clock, std::move(intake), inboxes_),
      contacts_(db, clock, conversations_.intake()),
      attachments_(db, clock, conversations_.intake()),
      presence_(clock, options.presence_grace) {}

Result<std::unique_ptr<Service>> Service::start(storage::Db& db, const Clock& clock, Intake intake,
                                                Responder& responder, Options options) {
  std::unique_ptr<Service> s(new Service(db, clock, std::move(intake), options));
  ZK_TRY(s->hub_, Hub::start(db, options.hub));
  s->desk_ = std::make_unique<Desk>(db, clock, s->conversations_, s->presence_, *s->hub_);
  s->turns_ = std::make_unique<Turns>(s->conversations_, responder, options.turns);
  s->conversations_.connect({.turn_due =
                                 [t = s->turns_.get()](ConversationId id, std::optional<BotTurn> turn) {
                                   return t->submit(id, std::move(turn));
                                 },
                             .queue_changed = [d = s->desk_.get()] { d->poke(); },
                             .available = [p = &s->presence_](AgentId agent) { return !p->gone(agent); },
                             .position = [d = s->desk_.get()](ConversationId id) { return d->position(id); },
                             .screen = std::move(options.screen)});
  ZK_TRY(const auto owed, s->turns_->resume());
  if (owed > 0) log::info("conversation", "turns owed from before taken up count={}", owed);
  s->desk_->start();
  return s;
}

Service::~Service() { stop(); }

void Service::stop() {
  if (turns_) turns_->stop();
  if (desk_) desk_->stop();
}

}  // namespace zk::conversation
