#include "knowledge/releases.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>

#include "knowledge/articles.hpp"

namespace zk::knowledge {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

constexpr Query kNewest{"release.newest", "SELECT COALESCE(MAX(id), 0) FROM knowledge_release"};
constexpr Query kVersions{
    "release.versions",
    "SELECT c.article_id, c.version, a.external_id FROM release_change c JOIN article a ON a.id = "
    "c.article_id WHERE c.version > 0 AND c.release_id = (SELECT MAX(x.release_id) FROM release_change x "
    "WHERE x.article_id = c.article_id AND x.release_id <= $1)"};
constexpr Query kBodies{
    "release.bodies",
    "SELECT c.article_id, c.version, v.body FROM release_change c JOIN article a ON a.id = c.article_id JOIN "
    "article_version v ON v.article_id = c.article_id AND v.version = c.version WHERE c.version > 0 AND "
    "c.release_id = (SELECT MAX(x.release_id) FROM release_change x WHERE x.article_id = c.article_id AND "
    "x.release_id <= $1) ORDER BY a.external_id"};
constexpr Query kDraft{"release.draft",
                       "SELECT id, version, external_id FROM article WHERE deleted_at = 0 AND status = "
                       "'published' ORDER BY id"};
constexpr Query kBody{"release.body",
                      "SELECT body FROM article_version WHERE article_id = $1 AND version = $2"};
constexpr Query kInsert{
    "release.insert",
    "INSERT INTO knowledge_release (at, author, kind, note, back_to, articles, added, changed, removed, "
    "check_id, override_reason, figures) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
    "RETURNING id"};
constexpr Query kInsertChange{
    "release.insert_change",
    "INSERT INTO release_change (article_id, release_id, version) VALUES ($1, $2, $3)"};
#define ZK_RELEASE                                                                            \
  "SELECT id, at, author, kind, note, back_to, articles, added, changed, removed, check_id, " \
  "override_reason, figures FROM knowledge_release "
constexpr Query kList{"release.list", ZK_RELEASE "WHERE $1 = 0 OR id < $1 ORDER BY id DESC LIMIT $2"};
constexpr Query kOne{"release.one", ZK_RELEASE "WHERE id = $1"};
#undef ZK_RELEASE
constexpr Query kPublishing{"release.publishing", "SELECT value FROM setting WHERE key = 'publishing'"};

struct Entry {
  std::int64_t version = 0;
  std::string external_id;
};
using Versions = std::map<std::int64_t, Entry>;  // by article

Result<Versions> versions_of(Tx& tx, const Query& query, std::initializer_list<storage::Param> params) {
  Versions out;
  ZK_TRY_STATUS(tx.each(query, params, [&](const Row& r) {
    out[r.integer(0)] = {r.integer(1), r.text(2)};
    return true;
  }));
  return out;
}

Result<std::int64_t> newest(Tx& tx) {
  ZK_TRY(const auto row, tx.one(kNewest));
  return row.integer(0);
}
Result<Versions> in_release(Tx& tx, std::int64_t number) { return versions_of(tx, kVersions, {number}); }
Result<Versions> in_draft(Tx& tx) { return versions_of(tx, kDraft, {}); }

std::string fingerprint(const Versions& versions) {
  std::string text;
  for (const auto& [id, entry] : versions) text += fmt::format("{}:{};", id, entry.version);
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::string hex;
  for (const unsigned char c : hash) hex += fmt::format("{:02x}", c);
  return hex;
}

Result<Article> article_of(Tx& tx, std::int64_t id, std::int64_t version) {
  ZK_TRY(const auto row, tx.one(kBody, {id, version}));
  return from_json(ArticleId{id}, row.text(0));
}

struct Difference {
  std::int64_t article = 0, before = 0, after = 0;  // versions; 0: not there
  std::string external_id;
};
std::vector<Difference> difference(const Versions& before, const Versions& after) {
  std::vector<Difference> out;
  for (const auto& [id, entry] : before) {
    const auto now = after.find(id);
    const auto version = now == after.end() ? 0 : now->second.version;
    if (version != entry.version) out.push_back({id, entry.version, version, entry.external_id});
  }
  for (const auto& [id, entry] : after)
    if (!before.contains(id)) out.push_back({id, 0, entry.version, entry.external_id});
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.external_id < b.external_id; });
  return out;
}

Release release_of(const Row& r) {
  return {.number = r.integer(0),
          .at = r.time(1),
          .author = r.text(2),
          .kind = r.text(3),
          .note = r.text(4),
          .back_to = r.integer(5),
          .articles = r.integer(6),
          .added = r.integer(7),
          .changed = r.integer(8),
          .removed = r.integer(9),
          .check_id = r.integer(10),
          .override_reason = r.text(11),
          .figures = r.text(12)};
}

Result<Release> write(Tx& tx, std::size_t articles_before, const std::vector<Difference>& differences,
                      std::int64_t back_to, const Publish& how) {
  Release out{.at = how.now,
              .author = how.author,
              .kind = how.kind,
              .note = how.note,
              .back_to = back_to,
              .check_id = how.check_id,
              .override_reason = how.override_reason,
              .figures = how.figures};
  for (const auto& d : differences) ++(d.before == 0 ? out.added : d.after == 0 ? out.removed : out.changed);
  out.articles = static_cast<std::int64_t>(articles_before) + out.added - out.removed;
  ZK_TRY(const auto row,
         tx.one(kInsert, {out.at, out.author, out.kind, out.note, out.back_to, out.articles, out.added,
                          out.changed, out.removed, out.check_id, out.override_reason, out.figures}));
  out.number = row.integer(0);
  for (const auto& d : differences)
    ZK_TRY_STATUS(tx.run(kInsertChange, {d.article, out.number, d.after}).map([](auto) {}));
  const json::object data{{"release", out.number}, {"kind", out.kind},       {"articles", out.articles},
                          {"added", out.added},    {"changed", out.changed}, {"removed", out.removed},
                          {"back_to", out.back_to}};
  ZK_TRY([[maybe_unused]] const auto seq, tx.append({.at = how.now,
                                                     .kind = "knowledge.published",
                                                     .actor = how.author,
                                                     .audience = "agents",
                                                     .payload = json::serialize(data)}));
  return out;
}

}  // namespace

std::string_view to_string(DraftChange change) {
  switch (change) {
    case DraftChange::kAdded:
      return "added";
    case DraftChange::kChanged:
      return "changed";
    case DraftChange::kRemoved:
      return "removed";
  }
  return "changed";
}

Result<Articles> live_content(Tx& tx) {
  Articles out;
  ZK_TRY(out.release, newest(tx));
  ZK_TRY(const auto versions, in_release(tx, out.release));
  out.content = fingerprint(versions);
  return out;
}

Result<Articles> live(Tx& tx) {
  ZK_TRY(auto out, live_content(tx));
  Status status;
  ZK_TRY_STATUS(tx.each(kBodies, {out.release}, [&](const Row& r) {
    auto a = from_json(ArticleId{r.integer(0)}, r.text(2));
    if (!a) {
      status = tl::unexpected(std::move(a).error());
      return false;
    }
    out.articles.push_back(*std::move(a));
    return true;
  }));
  ZK_TRY_STATUS(std::move(status));
  return out;
}

Result<Articles> draft(Tx& tx) {
  Articles out;
  ZK_TRY(out.release, newest(tx));
  ZK_TRY(out.content, draft_content(tx));
  ZK_TRY_STATUS(each(tx, [&](Article a) {
    if (a.status == ArticleStatus::kPublished) out.articles.push_back(std::move(a));
    return true;
  }));
  return out;
}

Result<std::string> draft_content(Tx& tx) {
  ZK_TRY(const auto versions, in_draft(tx));
  return fingerprint(versions);
}

Result<std::int64_t> count_changes(Tx& tx) {
  ZK_TRY(const auto number, newest(tx));
  ZK_TRY(const auto before, in_release(tx, number));
  ZK_TRY(const auto after, in_draft(tx));
  return static_cast<std::int64_t>(difference(before, after).size());
}

Result<std::vector<Changed>> changes(Tx& tx, int limit) {
  ZK_TRY(const auto number, newest(tx));
  ZK_TRY(const auto before, in_release(tx, number));
  ZK_TRY(const auto after, in_draft(tx));
  std::vector<Changed> out;
  for (const auto& d : difference(before, after)) {
    if (static_cast<int>(out.size()) == limit) break;
    Changed c{d.before == 0  ? DraftChange::kAdded
              : d.after == 0 ? DraftChange::kRemoved
                             : DraftChange::kChanged,
              {},
              {}};
    if (d.before > 0) {
      ZK_TRY(c.before, article_of(tx, d.article, d.before));
    }
    if (d.after > 0) {
      ZK_TRY(c.after, article_of(tx, d.article, d.after));
    }
    out.push_back(std::move(c));
  }
  return out;
}

Result<std::optional<Release>> publish(Tx& tx, const Publish& how) {
  ZK_TRY(const auto number, newest(tx));
  ZK_TRY(const auto before, in_release(tx, number));
  ZK_TRY(const auto after, in_draft(tx));
  auto differences = difference(before, after);
  if (how.only) std::erase_if(differences, [&](const auto& d) { return !how.only->contains(d.external_id); });
  if (differences.empty()) return std::optional<Release>{};
  ZK_TRY(auto made, write(tx, before.size(), differences, 0, how));
  return std::optional<Release>(std::move(made));
}

Result<Release> roll_back(Tx& tx, std::int64_t to, const Publish& how) {
  ZK_TRY_STATUS(release(tx, to).map([](const auto&) {}));
  ZK_TRY(const auto number, newest(tx));
  ZK_TRY(const auto before, in_release(tx, number));
  ZK_TRY(const auto after, in_release(tx, to));
  const auto differences = difference(before, after);
  if (differences.empty()) return fail(ErrorCode::kConflict, "what this release held is what answers now");
  auto rollback = how;
  rollback.kind = "rollback";
  return write(tx, before.size(), differences, to, rollback);
}

Result<std::vector<Release>> releases(Tx& tx, std::int64_t before, int limit) {
  ZK_TRY(const auto rows, tx.all(kList, {before, limit}));
  std::vector<Release> out;
  for (const auto& r : rows) out.push_back(release_of(r));
  return out;
}

Result<Release> release(Tx& tx, std::int64_t number) {
  ZK_TRY(const auto row, tx.maybe(kOne, {number}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no release with this number");
  return release_of(*row);
}

Result<bool> goes_live_at_once(Tx& tx) {
  ZK_TRY(const auto setting, tx.maybe(kPublishing));
  if (setting && setting->text(0) == "\"at_once\"") return true;
  ZK_TRY(const auto number, newest(tx));
  ZK_TRY(const auto answering, in_release(tx, number));
  return answering.empty();
}

Status after_edit(Tx& tx, std::set<std::string> ids, const std::string& author, Timestamp now) {
  ZK_TRY(const bool at_once, goes_live_at_once(tx));
  if (!at_once) return {};
  return publish(tx, {.author = author, .kind = "at_once", .only = std::move(ids), .now = now})
      .map([](const auto&) {});
}

}  // namespace zk::knowledge
