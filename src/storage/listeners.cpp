#include "storage/listeners.hpp"

namespace zk::storage {

std::shared_ptr<void> Listeners::add(Listener listener) {
  const std::scoped_lock lock(state_->mutex);
  const std::uint64_t id = state_->next++;
  state_->listeners.emplace(id, std::move(listener));
  return {nullptr, [state = state_, id](void*) {
            const std::scoped_lock erase_lock(state->mutex);
            state->listeners.erase(id);
          }};
}

void Listeners::publish(std::span<const Event> events) {
  if (events.empty()) return;
  const std::scoped_lock lock(state_->mutex);
  for (const auto& [id, listener] : state_->listeners) listener(events);
}

}  // namespace zk::storage
