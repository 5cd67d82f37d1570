#include "knowledge/import.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "knowledge/releases.hpp"

namespace zk::knowledge {
namespace {

constexpr std::size_t kBatch = 100;  // articles a transaction: a few milliseconds of the writer
constexpr auto kPatience = std::chrono::seconds(30);

Result<Saved> would_be(storage::Tx& tx, const Article& article) {
  if (article.external_id.empty()) return Saved::kCreated;
  auto old = find(tx, article.external_id);
  if (old) return same_content(*old, article) ? Saved::kUnchanged : Saved::kUpdated;
  if (old.error().code == ErrorCode::kNotFound) return Saved::kCreated;
  return tl::unexpected(std::move(old).error());
}

struct Written {
  Saved what;
  std::string id;
};
Result<std::vector<Written>> write_batch(storage::Db& db, std::span<const Article* const> batch,
                                         const Save& how, bool dry_run) {
  const auto each_one = [&](storage::Tx& tx) -> Result<std::vector<Written>> {
    std::vector<Written> out;
    for (const Article* a : batch) {
      if (dry_run) {
        ZK_TRY(const auto what, would_be(tx, *a));
        out.push_back({what, a->external_id});
        continue;
      }
      ZK_TRY(const auto saved, save(tx, *a, how));
      out.push_back({saved.what, saved.article.external_id});
    }
    return out;
  };
  return dry_run ? db.read(after(kPatience), each_one) : db.write(after(kPatience), each_one);
}

}  // namespace

Result<ImportReport> import_articles(storage::Db& db, const Clock& clock, std::string_view bytes,
                                     Format format, const ImportOptions& options) {
  ZK_TRY(const auto rows, read_articles(bytes, format));
  ImportReport report;
  report.rows = static_cast<int>(rows.size());
  std::vector<const Article*> good;
  for (const auto& row : rows) {
    if (row.article)
      good.push_back(&*row.article);
    else
      report.refused.push_back({row.row, row.article.error().field, row.article.error().message});
  }
  int done = static_cast<int>(report.refused.size());
  std::set<std::string> touched;
  for (std::size_t from = 0; from < good.size(); from += kBatch) {
    if (options.cancel && *options.cancel)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("the import was stopped after {} rows; run it again to go on", done));
    const auto batch = std::span(good).subspan(from, std::min(kBatch, good.size() - from));
    const Save how{.author = options.author, .now = clock.now(), .announce = false};
    ZK_TRY(const auto saved, write_batch(db, batch, how, options.dry_run));
    for (const auto& w : saved) {
      ++report.kept;
      ++(w.what == Saved::kCreated   ? report.created
         : w.what == Saved::kUpdated ? report.updated
                                     : report.unchanged);
      touched.insert(w.id);
    }
    done += static_cast<int>(batch.size());
    if (options.progress) options.progress(done, report.rows);
  }
  if (!options.dry_run && !touched.empty())
    ZK_TRY_STATUS(db.write(after(kPatience), [&](storage::Tx& tx) {
      return after_edit(tx, touched, options.author, clock.now());
    }));
  return report;
}

Result<std::string> export_articles(storage::Db& db, Format format) {
  std::vector<Article> articles;
  ZK_TRY_STATUS(db.read(after(kPatience), [&](storage::Tx& tx) -> Status {
    articles.clear();
    return each(tx, [&](Article a) {
      articles.push_back(std::move(a));
      return true;
    });
  }));
  return write_articles(articles, format);
}

}  // namespace zk::knowledge
