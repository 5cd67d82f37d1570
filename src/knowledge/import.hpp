// Writing a file's articles into the knowledge base, in small transactions, with a report in which every row
// is accounted for: rows = kept + refused. Called on a background thread; progress and cancel may be looked
// at from others. What is written waits in the draft for a release, unless edits go live at once
// (releases.hpp).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "knowledge/articles.hpp"
#include "knowledge/files.hpp"

namespace zk::knowledge {

struct Refusal {
  int row = 0;
  std::string field, reason;
};
struct ImportReport {
  int rows = 0, kept = 0, created = 0, updated = 0, unchanged = 0;
  std::vector<Refusal> refused;
};
struct ImportOptions {
  std::string author = "import";
  bool dry_run = false;  // nothing is written; created and updated say what would happen
  std::function<void(int done, int rows)> progress = {};
  const std::atomic<bool>* cancel = nullptr;  // looked at between batches: what is written stays
};
// Errors: of reading the file, of the database. Refused rows are no error.
Result<ImportReport> import_articles(storage::Db& db, const Clock& clock, std::string_view bytes,
                                     Format format, const ImportOptions& options);

Result<std::string> export_articles(storage::Db& db, Format format);

}  // namespace zk::knowledge
