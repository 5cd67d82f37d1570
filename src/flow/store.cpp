#include "flow/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "flow/testing.hpp"

namespace zk::flow {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

#define ZK_FLOW                                                                                            \
  "SELECT f.id, f.name, f.article, f.newest, f.published, v.source, v.author, f.created_at, f.updated_at " \
  "FROM flow f JOIN flow_version v ON v.flow_id = f.id AND v.version = f.newest WHERE f.deleted_at = 0 "
constexpr Query kAll{"flow.all", ZK_FLOW "ORDER BY f.name LIMIT $1"};
constexpr Query kOne{"flow.one", ZK_FLOW "AND f.id = $1"};
constexpr Query kNamed{"flow.named", ZK_FLOW "AND f.name = $1"};
#undef ZK_FLOW
constexpr Query kCount{"flow.count", "SELECT COUNT(*) FROM flow WHERE deleted_at = 0"};
constexpr Query kInsert{
    "flow.insert",
    "INSERT INTO flow (name, newest, created_at, updated_at) VALUES ($1, 0, $2, $2) RETURNING id"};
constexpr Query kInsertVersion{
    "flow.insert_version",
    "INSERT INTO flow_version (flow_id, version, source, author, at) VALUES ($1, $2, $3, $4, $5)"};
constexpr Query kNewest{"flow.newest", "UPDATE flow SET newest = $2, updated_at = $3 WHERE id = $1"};
constexpr Query kPublish{"flow.publish",
                         "UPDATE flow SET published = $2, article = $3, updated_at = $4 WHERE id = $1"};
constexpr Query kPublished{"flow.published",
                           "UPDATE flow_version SET published_at = $3 WHERE flow_id = $1 AND version = $2"};
constexpr Query kDelete{
    "flow.delete",
    "UPDATE flow SET deleted_at = $2, updated_at = $2, published = 0, article = '' WHERE id = $1"};
constexpr Query kOther{
    "flow.of_article",
    "SELECT name FROM flow WHERE article = $1 AND id <> $2 AND deleted_at = 0 AND published > 0"};
constexpr Query kArticle{"flow.article", "SELECT 1 FROM article WHERE external_id = $1 AND deleted_at = 0"};
#define ZK_VERSION "SELECT v.version, v.source, v.author, v.at, v.published_at FROM flow_version v "
constexpr Query kVersion{"flow.version", ZK_VERSION "WHERE v.flow_id = $1 AND v.version = $2"};
constexpr Query kVersions{"flow.versions",
                          ZK_VERSION "WHERE v.flow_id = $1 ORDER BY v.version DESC LIMIT $2"};
#undef ZK_VERSION
constexpr Query kRunning{"flow.running",
                         "SELECT f.name, v.source FROM flow f JOIN flow_version v ON v.flow_id = f.id AND "
                         "v.version = f.published WHERE f.deleted_at = 0 ORDER BY f.name LIMIT $1"};
constexpr auto kMost = static_cast<std::int64_t>(kMostFlows);

Stored stored_of(const Row& r) {
  return {.id = r.integer(0),
          .name = r.text(1),
          .article = r.text(2),
          .version = r.integer(3),
          .published = r.integer(4),
          .source = r.text(5),
          .author = r.text(6),
          .created_at = r.time(7),
          .updated_at = r.time(8)};
}
Version version_of(const Row& r) {
  return {.number = r.integer(0),
          .source = r.text(1),
          .author = r.text(2),
          .at = r.time(3),
          .published_at = r.time(4)};
}

tl::unexpected<Error> refuse(std::string why) {
  return fail(ErrorCode::kInvalidArgument, std::move(why), "/source");
}

Status bounded(const std::string& source) {
  if (source.empty()) return refuse("the flow is empty");
  if (source.size() > kMostBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("a flow has at most {} bytes", kMostBytes), "/source");
  return {};
}

Status announce(Tx& tx, const char* kind, const Stored& f, std::int64_t version, const How& how) {
  const json::object data{{"id", f.id}, {"name", f.name}, {"version", version}};
  return tx
      .append({.at = how.now,
               .kind = kind,
               .actor = how.author,
               .audience = "agents",
               .payload = json::serialize(data)})
      .map([](auto) {});
}

Status add_version(Tx& tx, Stored& f, const std::string& source, const How& how) {
  f.version += 1;
  f.source = source;
  f.author = how.author;
  f.updated_at = how.now;
  ZK_TRY_STATUS(tx.run(kInsertVersion, {f.id, f.version, source, how.author, how.now}).map([](auto) {}));
  ZK_TRY_STATUS(tx.run(kNewest, {f.id, f.version, how.now}).map([](auto) {}));
  return announce(tx, "flow.saved", f, f.version, how);
}

}  // namespace

Result<Flow> check(std::string_view source, std::string_view name, const Actions* actions, Timestamp now) {
  auto flow = parse(source);
  if (!flow) return refuse(flow.error().message);
  if (flow->name != name)
    return refuse(fmt::format("line {}: the flow is called \"{}\" here, but was made as \"{}\"", flow->line,
                              flow->name, name));
  for (const auto& s : flow->steps)
    if (s.kind == Step::Kind::kCall && actions && !actions->has(s.name))
      return refuse(fmt::format("line {}: there is no action \"{}\"; the file of dialogue.actions names them",
                                s.line, s.name));
  for (const auto& r : run_tests(*flow, now))
    if (!r.passed) return refuse(fmt::format("{} (conversation \"{}\")", r.failure, r.name));
  return *std::move(flow);
}

Result<Stored> create(Tx& tx, const std::string& name, const std::string& source, const How& how) {
  ZK_TRY_STATUS(bounded(source));
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || name.size() > 40 || !std::all_of(name.begin(), name.end(), fits))
    return fail(ErrorCode::kInvalidArgument, "the name must be 1 to 40 of a-z, 0-9 and _", "/name");
  ZK_TRY(const auto taken, tx.maybe(kNamed, {name}));
  if (taken) return fail(ErrorCode::kConflict, "another flow has this name; choose another", "/name");
  ZK_TRY(const auto count, tx.one(kCount));
  if (count.integer(0) >= kMost)
    return fail(ErrorCode::kTooLarge, fmt::format("there are {} flows already; delete one first", kMost));
  ZK_TRY(const auto row, tx.one(kInsert, {name, how.now}));
  Stored f{.id = row.integer(0), .name = name, .created_at = how.now};
  ZK_TRY_STATUS(add_version(tx, f, source, how));
  return f;
}

Result<Stored> save(Tx& tx, std::int64_t id, const std::string& source, std::int64_t expected,
                    const How& how) {
  ZK_TRY_STATUS(bounded(source));
  ZK_TRY(auto f, find(tx, id));
  if (f.version != expected)
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("the flow was changed meanwhile: version {} is the newest; load it again", f.version));
  if (f.source != source) ZK_TRY_STATUS(add_version(tx, f, source, how));
  return f;
}

Result<Stored> publish(Tx& tx, std::int64_t id, std::int64_t number, const Flow& flow, const How& how) {
  ZK_TRY(auto f, find(tx, id));
  ZK_TRY_STATUS(version(tx, id, number).map([](const auto&) {}));
  ZK_TRY(const auto article, tx.maybe(kArticle, {flow.article}));
  if (!article)
    return refuse(fmt::format("line {}: there is no article \"{}\"; a flow takes the place of one",
                              flow.article_line, flow.article));
  ZK_TRY(const auto other, tx.maybe(kOther, {flow.article, id}));
  if (other)
    return fail(ErrorCode::kConflict,
                fmt::format("line {}: the flow {} stands for the article {} already", flow.article_line,
                            other->text(0), flow.article),
                "/source");
  ZK_TRY_STATUS(tx.run(kPublish, {id, number, flow.article, how.now}).map([](auto) {}));
  ZK_TRY_STATUS(tx.run(kPublished, {id, number, how.now}).map([](auto) {}));
  f.published = number;
  f.article = flow.article;
  f.updated_at = how.now;
  ZK_TRY_STATUS(announce(tx, "flow.published", f, number, how));
  return f;
}

Result<Stored> roll_back(Tx& tx, std::int64_t id, std::int64_t to, const Flow& flow, const How& how) {
  ZK_TRY(auto f, find(tx, id));
  ZK_TRY(const auto former, version(tx, id, to));
  if (f.source != former.source) ZK_TRY_STATUS(add_version(tx, f, former.source, how));
  return publish(tx, id, f.version, flow, how);
}

Status remove(Tx& tx, std::int64_t id, const How& how) {
  ZK_TRY(const auto f, find(tx, id));
  ZK_TRY_STATUS(tx.run(kDelete, {id, how.now}).map([](auto) {}));
  return announce(tx, "flow.published", f, 0, how);
}

Result<Stored> put(Tx& tx, const std::string& source, const Flow& flow, const How& how) {
  ZK_TRY(const auto row, tx.maybe(kNamed, {flow.name}));
  if (!row) {
    ZK_TRY(const auto made, create(tx, flow.name, source, how));
    return publish(tx, made.id, made.version, flow, how);
  }
  const auto there = stored_of(*row);
  ZK_TRY(const auto saved, save(tx, there.id, source, there.version, how));
  return saved.published == saved.version ? saved : publish(tx, saved.id, saved.version, flow, how);
}

Result<Stored> find(Tx& tx, std::int64_t id) {
  ZK_TRY(const auto row, tx.maybe(kOne, {id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no such flow");
  return stored_of(*row);
}

Result<Version> version(Tx& tx, std::int64_t id, std::int64_t number) {
  ZK_TRY(const auto row, tx.maybe(kVersion, {id, number}));
  if (!row) return fail(ErrorCode::kNotFound, "the flow has no such version", "/version");
  return version_of(*row);
}

Result<std::vector<Version>> versions(Tx& tx, std::int64_t id) {
  ZK_TRY_STATUS(find(tx, id).map([](const auto&) {}));
  ZK_TRY(const auto rows, tx.all(kVersions, {id, static_cast<std::int64_t>(kMostVersions)}));
  std::vector<Version> out;
  for (const auto& r : rows) out.push_back(version_of(r));
  return out;
}

Result<std::vector<Stored>> flows(Tx& tx) {
  ZK_TRY(const auto rows, tx.all(kAll, {kMost}));
  std::vector<Stored> out;
  for (const auto& r : rows) out.push_back(stored_of(r));
  return out;
}

Result<std::vector<Running>> running(Tx& tx) {
  ZK_TRY(const auto rows, tx.all(kRunning, {kMost}));
  std::vector<Running> out;
  for (const auto& r : rows) out.push_back({r.text(0), r.text(1)});
  return out;
}

}  // namespace zk::flow
