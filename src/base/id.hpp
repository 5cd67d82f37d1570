// Strong ids: a ConversationId never passes for a MessageId. 64-bit, assigned by the database, > 0; 0 means "none".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace zk {
template <class Tag>
struct Id {
  std::int64_t value = 0;
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
};
}  // namespace zk

template <class Tag>
struct std::hash<zk::Id<Tag>> {
  std::size_t operator()(zk::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
