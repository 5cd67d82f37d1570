// Releases: what customers hear is the newest release; articles as edited are the draft. A release is
// immutable: versions of articles, a number that rises, author and note. Publishing makes one from the draft,
// rolling back makes one that holds what an older one held; the draft keeps every edit either way. Functions
// work inside the caller's transaction.
//
//   ZK_TRY(const auto draft, changes(tx));                      // what publishing would change
//   ZK_TRY(const auto made, publish(tx, {.author = "agent:3", .now = clock.now()}));
//   ZK_TRY(const auto back, roll_back(tx, 17, {.author = "agent:3", .now = clock.now()}));
//
// Ledger: knowledge.published {"release","kind","articles","added","changed","removed","back_to"}.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/article.hpp"
#include "storage/storage.hpp"

namespace zk::knowledge {

struct Release {
  std::int64_t number = 0;
  Timestamp at{};
  std::string author;
  std::string kind;  // first | publish | at_once | rollback
  std::string note;
  std::int64_t back_to = 0;  // roll-backs: the release whose articles this one holds again
  std::int64_t articles = 0, added = 0, changed = 0, removed = 0;
  std::int64_t check_id = 0;    // the check it passed, or 0
  std::string override_reason;  // why it went live although its check said no
  std::string figures;          // JSON of the check's figures, or ""
};

// Articles of one moment; `content` is equal exactly when the versions are.
struct Articles {
  std::int64_t release = 0;
  std::string content;
  std::vector<Article> articles{};
};
// The newest release, its number 0 when there is none. The fingerprint alone costs no reading of articles.
Result<Articles> live(storage::Tx& tx);
Result<Articles> live_content(storage::Tx& tx);
// What publishing now would make live.
Result<Articles> draft(storage::Tx& tx);
Result<std::string> draft_content(storage::Tx& tx);

enum class DraftChange { kAdded, kChanged, kRemoved };
std::string_view to_string(DraftChange change);  // added | changed | removed
struct Changed {
  DraftChange what = DraftChange::kChanged;
  std::optional<Article> before, after;  // live and draft
};
Result<std::int64_t> count_changes(storage::Tx& tx);
// The first `limit` by external id.
Result<std::vector<Changed>> changes(storage::Tx& tx, int limit);

struct Publish {
  std::string author;
  std::string note = {};
  std::string kind = "publish";
  std::optional<std::set<std::string>> only = {};  // external ids; absent: everything that changed
  std::int64_t check_id = 0;
  std::string override_reason = {}, figures = {};
  Timestamp now{};
};
// Nothing when the draft is what answers already.
Result<std::optional<Release>> publish(storage::Tx& tx, const Publish& how);
// kNotFound: no such release; kConflict: what it held is what answers now.
Result<Release> roll_back(storage::Tx& tx, std::int64_t to, const Publish& how);

// Newest first; `before` 0: from the newest.
Result<std::vector<Release>> releases(storage::Tx& tx, std::int64_t before, int limit);
Result<Release> release(storage::Tx& tx, std::int64_t number);  // kNotFound

// The setting `publishing` is "at_once", or nothing is live yet: edits then answer without waiting to be
// published.
Result<bool> goes_live_at_once(storage::Tx& tx);
// After an edit of those articles: makes them live when edits go live at once.
Status after_edit(storage::Tx& tx, std::set<std::string> external_ids, const std::string& author,
                  Timestamp now);

}  // namespace zk::knowledge
