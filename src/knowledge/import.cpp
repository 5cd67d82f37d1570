#include "knowledge/import.hpp"

#include <fmt/format.h>

#include <algorithm>

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

Result<std::vector<Saved>> write_batch(storage::Db& db, std::span<const Article* const> batch,
                                       const Save& how, bool dry_run) {
  const auto each_one = [&](storage::Tx& tx) -> Result<std::vector<Saved>> {
    std::vector<Saved> out;
    for (const Article* a : batch) {
      if (dry_run) {
        ZK_TRY(out.emplace_back(), would_be(tx, *a));
        continue;
      }
      ZK_TRY(const auto saved, save(tx, *a, how));
      out.push_back(saved.what);
    }
    if (dry_run || std::all_of(out.begin(), out.end(), [](Saved s) { return s == Saved::kUnchanged; }))
      return out;
    ZK_TRY([[maybe_unused]] const auto seq,
           tx.append({.at = how.now,
                      .kind = "knowledge.published",
                      .actor = how.author,
                      .audience = "agents",
                      .payload = fmt::format(R"({{"articles":{}}})", out.size())}));
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
  for (std::size_t from = 0; from < good.size(); from += kBatch) {
    if (options.cancel && *options.cancel)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("the import was stopped after {} rows; run it again to go on", done));
    const auto batch = std::span(good).subspan(from, std::min(kBatch, good.size() - from));
    const Save how{.author = options.author, .now = clock.now(), .announce = false};
    ZK_TRY(const auto saved, write_batch(db, batch, how, options.dry_run));
    for (const Saved s : saved) {
      ++report.kept;
      ++(s == Saved::kCreated ? report.created : s == Saved::kUpdated ? report.updated : report.unchanged);
    }
    done += static_cast<int>(batch.size());
    if (options.progress) options.progress(done, report.rows);
  }
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
