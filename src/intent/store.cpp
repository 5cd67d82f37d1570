#include "intent/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <unordered_set>

#include "text/text.hpp"

namespace zk::intent {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

#define ZK_INTENT                                                                                  \
  "SELECT id, name, description, examples, leads_to, team_id, flow, label_id, priority, version, " \
  "author, created_at, updated_at FROM intent "
constexpr Query kAll{"intent.all", ZK_INTENT "ORDER BY name LIMIT $1"};
constexpr Query kOne{"intent.one", ZK_INTENT "WHERE id = $1"};
#undef ZK_INTENT
constexpr Query kNamed{"intent.named", "SELECT id FROM intent WHERE name = $1"};
constexpr Query kCount{"intent.count", "SELECT COUNT(*) FROM intent"};
constexpr Query kInsert{
    "intent.insert",
    "INSERT INTO intent (name, description, examples, leads_to, team_id, flow, label_id, priority, version, "
    "author, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $10) RETURNING id"};
constexpr Query kUpdate{
    "intent.update",
    "UPDATE intent SET name = $1, description = $2, examples = $3, leads_to = $4, team_id = $5, flow = $6, "
    "label_id = $7, priority = $8, author = $9, updated_at = $10, version = version + 1 WHERE id = $11"};
constexpr Query kDelete{"intent.delete", "DELETE FROM intent WHERE id = $1"};
constexpr Query kTeam{"intent.team", "SELECT 1 FROM team WHERE id = $1"};
constexpr Query kLabel{"intent.label", "SELECT 1 FROM label WHERE id = $1"};
constexpr Query kFlow{"intent.flow", "SELECT 1 FROM flow WHERE name = $1 AND deleted_at = 0"};
constexpr auto kMost = static_cast<std::int64_t>(kMostIntents);

std::string to_json(const std::vector<std::string>& examples) {
  return json::serialize(json::array(examples.begin(), examples.end()));
}
std::vector<std::string> from_json(std::string_view text) {
  std::vector<std::string> out;
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_array()) return out;
  for (const auto& v : value.get_array())
    if (v.is_string()) out.emplace_back(v.get_string());
  return out;
}

Result<Intent> intent_of(const Row& r) {
  Intent out;
  out.id = r.integer(0);
  out.name = r.text(1);
  out.description = r.text(2);
  out.examples = from_json(r.text(3));
  ZK_TRY(out.lead, lead_of(r.text(4)));
  out.team = r.id<TeamId>(5);
  out.flow = r.text(6);
  out.label = r.id<LabelId>(7);
  out.priority = static_cast<int>(r.integer(8));
  out.version = r.integer(9);
  out.author = r.text(10);
  out.created_at = r.time(11);
  out.updated_at = r.time(12);
  return out;
}

std::string trimmed(std::string_view s) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto from = s.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return std::string(s.substr(from, s.find_last_not_of(kSpace) - from + 1));
}

Status tidy_examples(Draft& draft) {
  std::vector<std::string> kept;
  std::unordered_set<std::string> known;
  for (std::size_t i = 0; i < draft.examples.size(); ++i) {
    auto example = trimmed(draft.examples[i]);
    if (text::to_u32(example).size() > kMostExampleCharacters)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("an example has at most {} characters: shorten it", kMostExampleCharacters),
                  fmt::format("/examples/{}", i));
    if (!example.empty() && known.insert(text::normalise(example)).second) kept.push_back(std::move(example));
  }
  if (kept.size() > kMostExamples)
    return fail(ErrorCode::kTooLarge, fmt::format("an intent has at most {} examples", kMostExamples),
                "/examples");
  draft.examples = std::move(kept);
  return {};
}

Status must_be(Tx& tx, const Query& query, const storage::Param& key, const char* what, const char* field) {
  ZK_TRY(const auto row, tx.maybe(query, {key}));
  if (!row) return fail(ErrorCode::kInvalidArgument, fmt::format("there is no such {}", what), field);
  return {};
}

// Tidied and held against what is there; `self`: the intent that may have the name.
Status check(Tx& tx, Draft& draft, std::int64_t self) {
  draft.name = trimmed(draft.name);
  if (draft.name.empty()) return fail(ErrorCode::kInvalidArgument, "the intent needs a name", "/name");
  if (draft.priority < 0 || draft.priority > kMostPriority)
    return fail(ErrorCode::kInvalidArgument, "the priority is 0 to 3", "/priority");
  ZK_TRY_STATUS(tidy_examples(draft));
  if (draft.lead != Lead::kHandover) draft.team = {};
  if (draft.lead != Lead::kFlow) draft.flow.clear();
  if (draft.team) ZK_TRY_STATUS(must_be(tx, kTeam, draft.team, "team", "/team_id"));
  if (draft.label) ZK_TRY_STATUS(must_be(tx, kLabel, draft.label, "label", "/label_id"));
  if (draft.lead == Lead::kFlow) ZK_TRY_STATUS(must_be(tx, kFlow, draft.flow, "flow", "/flow"));
  ZK_TRY(const auto taken, tx.maybe(kNamed, {draft.name}));
  if (taken && taken->integer(0) != self)
    return fail(ErrorCode::kConflict, "another intent has this name; choose another", "/name");
  return {};
}

Status announce(Tx& tx, std::int64_t id, const std::string& name, std::int64_t version, const How& how) {
  const json::object data{{"id", id}, {"name", name}, {"version", version}};
  return tx
      .append({.at = how.now,
               .kind = "intent.updated",
               .actor = how.author,
               .audience = "agents",
               .payload = json::serialize(data)})
      .map([](auto) {});
}

}  // namespace

std::string_view to_string(Lead lead) {
  switch (lead) {
    case Lead::kNothing:
      return "nothing";
    case Lead::kHandover:
      return "handover";
    case Lead::kFlow:
      return "flow";
  }
  return "nothing";
}

Result<Lead> lead_of(std::string_view name) {
  for (const auto lead : {Lead::kNothing, Lead::kHandover, Lead::kFlow})
    if (name == to_string(lead)) return lead;
  return fail(ErrorCode::kInvalidArgument, "an intent leads to nothing, handover or flow", "/leads_to");
}

Result<Intent> create(Tx& tx, Draft draft, const How& how) {
  ZK_TRY_STATUS(check(tx, draft, 0));
  ZK_TRY(const auto count, tx.one(kCount));
  if (count.integer(0) >= kMost)
    return fail(ErrorCode::kTooLarge, fmt::format("there are {} intents already; delete one first", kMost));
  ZK_TRY(const auto row,
         tx.one(kInsert, {draft.name, draft.description, to_json(draft.examples), to_string(draft.lead),
                          draft.team, draft.flow, draft.label, draft.priority, how.author, how.now}));
  ZK_TRY_STATUS(announce(tx, row.integer(0), draft.name, 1, how));
  return find(tx, row.integer(0));
}

Result<Intent> save(Tx& tx, std::int64_t id, Draft draft, std::int64_t expected, const How& how) {
  ZK_TRY(const auto before, find(tx, id));
  if (before.version != expected)
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the intent was changed meanwhile: version {} is the newest; load it again",
                            before.version));
  ZK_TRY_STATUS(check(tx, draft, id));
  ZK_TRY_STATUS(
      tx.run(kUpdate, {draft.name, draft.description, to_json(draft.examples), to_string(draft.lead),
                       draft.team, draft.flow, draft.label, draft.priority, how.author, how.now, id})
          .map([](auto) {}));
  ZK_TRY_STATUS(announce(tx, id, draft.name, expected + 1, how));
  return find(tx, id);
}

Status remove(Tx& tx, std::int64_t id, const How& how) {
  ZK_TRY(const auto before, find(tx, id));
  ZK_TRY_STATUS(tx.run(kDelete, {id}).map([](auto) {}));
  return announce(tx, id, before.name, 0, how);
}

Result<Intent> find(Tx& tx, std::int64_t id) {
  ZK_TRY(const auto row, tx.maybe(kOne, {id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no such intent");
  return intent_of(*row);
}

Result<std::vector<Intent>> intents(Tx& tx) {
  ZK_TRY(const auto rows, tx.all(kAll, {kMost}));
  std::vector<Intent> out;
  for (const auto& r : rows) {
    ZK_TRY(auto one, intent_of(r));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace zk::intent
