// What the hot paths need of an inbox, read once and kept until an `inbox.*` event says it changed.
// Thread-safe; answers are immutable snapshots.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

struct InboxProfile {
  InboxId id;
  TeamId team_id;
  std::string website_token;
  std::string sealed_secret;  // of identity verification; opened by whoever holds the key
  std::string title, brand_color, greeting, locale, launcher_position;
  std::vector<std::string> suggested_questions;
  std::vector<std::string> allowed_origins;  // empty: any
  bool bot_enabled = true;
  bool require_identity = false;
};

class Inboxes {
 public:
  explicit Inboxes(storage::Db& db);
  // kNotFound when there is none.
  Result<std::shared_ptr<const InboxProfile>> by_token(std::string_view website_token,
                                                       Deadline deadline) const;
  Result<std::shared_ptr<const InboxProfile>> by_id(InboxId id, Deadline deadline) const;

 private:
  using Profiles = std::vector<std::shared_ptr<const InboxProfile>>;
  Result<std::shared_ptr<const Profiles>> profiles(Deadline deadline) const;

  storage::Db& db_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Profiles> profiles_;  // under mutex_; null: must be read
  mutable std::uint64_t version_ =
      0;  // under mutex_; counts changes, so that a read begun before one is not kept
  std::shared_ptr<void> listening_;
};

}  // namespace zk::conversation
