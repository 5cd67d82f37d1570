#include "api/intents.hpp"

#include <boost/json.hpp>

#include "api/rows.hpp"
#include "conversation/intake.hpp"
#include "nlu/metrics.hpp"

namespace zk::api {
namespace {

using intent::Intent;

constexpr auto kMost = static_cast<std::int64_t>(intent::kMostIntents);
constexpr std::int64_t kMostFound = 50;

const Schema kCount = is::integer(0, 1'000'000'000);
const Schema kShare = is::number(0, 1);
// Blank lines are left out, so more may be sent than are kept.
const Schema kExamples = is::list(is::text(0, static_cast<std::int64_t>(intent::kMostExampleCharacters)),
                                  2 * static_cast<std::int64_t>(intent::kMostExamples));
const std::vector<Field> kDraftFields = {
    {"name", is::line(60), kRequired},
    {"description", is::text(0, 500)},
    {"examples", kExamples, kRequired, "what customers write; from 5 on the intent is trained"},
    {"leads_to", is::one_of({"nothing", "handover", "flow"}), kRequired},
    {"team_id", is::nullable(is::id()), Presence::kOptional, "of a hand-over; null: the inbox's"},
    {"flow", is::nullable(is::line(40)), Presence::kOptional, "its name; it starts while it is published"},
    {"label_id", is::nullable(is::id()), Presence::kOptional, "put on the conversation, whatever is said"},
    {"priority", is::integer(0, intent::kMostPriority), Presence::kOptional,
     "the conversation's is raised to this"}};
const Schema kDraft = is::object("IntentDraft", kDraftFields);
const Schema kIntent =
    is::object("Intent", {{"id", is::id(), kRequired},
                          {"name", is::line(60), kRequired},
                          {"description", is::text(0, 500), kRequired},
                          {"examples", kExamples, kRequired},
                          {"leads_to", is::one_of({"nothing", "handover", "flow"}), kRequired},
                          {"team_id", is::nullable(is::id()), kRequired},
                          {"flow", is::nullable(is::line(40)), kRequired},
                          {"label_id", is::nullable(is::id()), kRequired},
                          {"priority", is::integer(0, intent::kMostPriority), kRequired},
                          {"trained", is::boolean(), kRequired, "part of what recognises now"},
                          {"version", kCount, kRequired},
                          {"author", is::line(100, 0), kRequired},
                          {"created_at", is::nullable(is::time()), kRequired},
                          {"updated_at", is::nullable(is::time()), kRequired}});
const Schema kRate = is::object("IntentRate", {{"k", kCount, kRequired},
                                               {"n", kCount, kRequired},
                                               {"value", is::nullable(kShare), kRequired},
                                               {"low", kShare, kRequired},
                                               {"high", kShare, kRequired}});
const Schema kFigures =
    is::object("IntentFigures",
               {{"accuracy", kRate, kRequired, "examples whose intent came first while they were left out"},
                {"recognised", kRate, kRequired, "examples whose intent came first and was sure"},
                {"precision", kRate, kRequired,
                 "of examples and articles' questions that were sure, those that were right"},
                {"taken", kRate, kRequired, "articles' questions that an intent would take"},
                {"intents",
                 is::list(is::object("IntentFigure", {{"id", is::id(), kRequired},
                                                      {"examples", kCount, kRequired},
                                                      {"right", kCount, kRequired},
                                                      {"sure", kCount, kRequired}}),
                          kMost),
                 kRequired},
                {"confusions",
                 is::list(is::object("IntentConfusion", {{"id", is::id(), kRequired},
                                                         {"taken_for", is::id(), kRequired},
                                                         {"count", kCount, kRequired}}),
                          kMostFound),
                 kRequired, "the most frequent first"},
                {"doubts",
                 is::list(is::object("IntentDoubt", {{"id", is::id(), kRequired},
                                                     {"looks_like", is::id(), kRequired},
                                                     {"text", is::text(0, 1'000), kRequired},
                                                     {"probability", kShare, kRequired}}),
                          kMostFound),
                 kRequired, "examples that look like another intent"},
                {"overlaps",
                 is::list(is::object("IntentOverlap", {{"id", is::id(), kRequired},
                                                       {"article", is::line(64), kRequired},
                                                       {"question", is::text(0, 20'000), kRequired},
                                                       {"probability", kShare, kRequired}}),
                          kMostFound),
                 kRequired, "articles about what an intent is about: asked so, a sure intent acts"}});
const Schema kTraining = is::object(
    "IntentTraining",
    {{"state", is::one_of({"empty", "training", "ready", "failed"}), kRequired},
     {"at", is::nullable(is::time()), kRequired},
     {"seconds", is::number(0, 1'000'000), kRequired},
     {"error", is::text(0, 1'000), kRequired},
     {"threshold", is::nullable(kShare), kRequired, "probability from which an intent is sure; null: never"},
     {"figures", is::nullable(kFigures), kRequired}});
const Schema kTry = is::object("IntentTry", {{"q", is::text(1, 500), kRequired}});
const Schema kTried = is::object(
    "IntentTried", {{"intents",
                     is::list(is::object("IntentChance", {{"id", is::id(), kRequired},
                                                          {"name", is::line(60), kRequired},
                                                          {"probability", kShare, kRequired}}),
                              static_cast<std::int64_t>(nlu::IntentModel::kMostRanked)),
                     kRequired, "the most probable first; none while no intent is trained"},
                    {"sure", is::nullable(is::id()), kRequired, "the intent that would be acted on"},
                    {"threshold", is::nullable(kShare), kRequired}});

json::value null_or(const std::string& s) { return s.empty() ? json::value(nullptr) : json::value(s); }
json::value threshold(double t) { return t > 1 ? json::value(nullptr) : json::value(t); }

json::object rate(std::size_t k, std::size_t n) {
  const auto i = nlu::wilson(k, n);
  return {
      {"k", k},
      {"n", n},
      {"value", n == 0 ? json::value(nullptr) : json::value(static_cast<double>(k) / static_cast<double>(n))},
      {"low", i.low},
      {"high", i.high}};
}

json::object object(const Intent& i, const intent::Recogniser* trained) {
  const bool in = trained && std::any_of(trained->intents().begin(), trained->intents().end(),
                                         [&](const Intent& t) { return t.id == i.id; });
  return {{"id", i.id},
          {"name", i.name},
          {"description", i.description},
          {"examples", json::array(i.examples.begin(), i.examples.end())},
          {"leads_to", intent::to_string(i.lead)},
          {"team_id", id_or_null(i.team)},
          {"flow", null_or(i.flow)},
          {"label_id", id_or_null(i.label)},
          {"priority", i.priority},
          {"trained", in},
          {"version", i.version},
          {"author", i.author},
          {"created_at", iso(i.created_at)},
          {"updated_at", iso(i.updated_at)}};
}

json::object object(const intent::Report& r) {
  json::array intents, confusions, doubts, overlaps;
  for (const auto& i : r.intents)
    intents.push_back(
        json::object{{"id", i.id}, {"examples", i.examples}, {"right", i.right}, {"sure", i.sure}});
  for (const auto& c : r.confusions) {
    if (confusions.size() == static_cast<std::size_t>(kMostFound)) break;
    confusions.push_back(json::object{{"id", c.id}, {"taken_for", c.taken_for}, {"count", c.count}});
  }
  for (const auto& d : r.doubts)
    doubts.push_back(json::object{
        {"id", d.id}, {"looks_like", d.looks_like}, {"text", d.text}, {"probability", d.probability}});
  for (const auto& o : r.overlaps)
    overlaps.push_back(json::object{
        {"id", o.id}, {"article", o.article}, {"question", o.question}, {"probability", o.probability}});
  return {{"accuracy", rate(r.right, r.examples)},
          {"recognised", rate(r.sure_right, r.examples)},
          {"precision", rate(r.sure_right, r.sure)},
          {"taken", rate(r.taken, r.questions)},
          {"intents", std::move(intents)},
          {"confusions", std::move(confusions)},
          {"doubts", std::move(doubts)},
          {"overlaps", std::move(overlaps)}};
}

intent::Draft draft_of(const Context& c) {
  const auto& b = c.body();
  intent::Draft out;
  out.name = b.text("name");
  out.description = b.text("description");
  out.examples = b.texts("examples");
  out.lead = *intent::lead_of(b.text("leads_to"));  // one of its names, by the schema
  out.team = TeamId{b.integer("team_id")};
  out.flow = b.text("flow");
  out.label = LabelId{b.integer("label_id")};
  out.priority = static_cast<int>(b.integer("priority"));
  return out;
}

intent::How how(const Context& c) { return {c.caller().actor(), c.now()}; }

Reply whole(const Intent& i, const intent::Live& live) {
  auto reply = Context::json(object(i, live.current().get()));
  reply.headers.emplace_back("ETag", '"' + std::to_string(i.version) + '"');
  return reply;
}

Status audit(const Context& c, storage::Tx& tx, const char* action, const Intent& i) {
  return c.audit(tx, action, "intent:" + std::to_string(i.id),
                 {{"version", i.version}, {"examples", i.examples.size()}});
}

Result<Reply> list(Context& c, const intent::Live& live) {
  ZK_TRY(const auto all, c.read(intent::intents));
  const auto trained = live.current();
  json::array items;
  for (const auto& i : all) items.push_back(object(i, trained.get()));
  return Context::json(json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Result<Reply> get(Context& c, const intent::Live& live) {
  ZK_TRY(const auto i, c.read([&](storage::Tx& tx) { return intent::find(tx, c.id()); }));
  return whole(i, live);
}

Result<Reply> create(Context& c, const intent::Live& live) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto i, intent::create(tx, draft_of(c), how(c)));
    ZK_TRY_STATUS(audit(c, tx, "intent.created", i));
    return whole(i, live);
  });
}

Result<Reply> save(Context& c, const intent::Live& live) {
  ZK_TRY(const auto expected, if_match(c));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto i, intent::save(tx, c.id(), draft_of(c), expected, how(c)));
    ZK_TRY_STATUS(audit(c, tx, "intent.saved", i));
    return whole(i, live);
  });
}

Result<Reply> erase(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto i, intent::find(tx, c.id()));
    ZK_TRY_STATUS(intent::remove(tx, c.id(), how(c)));
    ZK_TRY_STATUS(audit(c, tx, "intent.deleted", i));
    return Context::nothing();
  });
}

Result<Reply> training(const intent::Live& live) {
  const auto status = live.status();
  const auto trained = live.current();
  return Context::json(
      json::object{{"state", intent::to_string(status.state)},
                   {"at", iso(status.at)},
                   {"seconds", status.seconds},
                   {"error", status.error},
                   {"threshold", trained ? threshold(trained->threshold(false)) : json::value(nullptr)},
                   {"figures", trained ? json::value(object(trained->report())) : json::value(nullptr)}});
}

// Masked first, as a customer's message is.
Result<Reply> try_it(Context& c, const IntentParts& parts) {
  ZK_TRY(const auto clean,
         conversation::Intake{}.clean(text_blocks(std::string(c.body().text("q"))), SenderKind::kVisitor));
  const auto trained = parts.live.current();
  if (!trained)
    return Context::json(json::object{{"intents", json::array{}}, {"sure", nullptr}, {"threshold", nullptr}});
  ZK_TRY(const auto seen, trained->recognise(*parts.library.current(), plain_text(clean.blocks)));
  json::array found;
  for (const auto& one : seen.ranked)
    found.push_back(
        json::object{{"id", one.intent->id}, {"name", one.intent->name}, {"probability", one.probability}});
  return Context::json(json::object{{"intents", std::move(found)},
                                    {"sure", seen.sure ? json::value(seen.sure->id) : json::value(nullptr)},
                                    {"threshold", threshold(seen.threshold)}});
}

std::vector<Route> reading(const std::string& path, const IntentParts& parts) {
  using P = Permission;
  const auto* live = &parts.live;
  return {{.method = Method::kGet,
           .path = path,
           .access = P::kKnowledgeRead,
           .summary = "Intents, by name",
           .query = page_query(),
           .reply = is::page(kIntent),
           .handler = [live](Context& c) { return list(c, *live); }},
          {.method = Method::kGet,
           .path = path + "/training",
           .access = P::kKnowledgeRead,
           .summary = "How intents are told apart: state, figures, confusions, doubtful examples",
           .reply = kTraining,
           .handler = [live](Context&) { return training(*live); }},
          {.method = Method::kPost,
           .path = path + "/try",
           .access = P::kKnowledgeRead,
           .summary = "Which intent a question has, with probabilities",
           .body = kTry,
           .reply = kTried,
           .repeat = Repeat::kNatural,
           .handler = [parts](Context& c) { return try_it(c, parts); }},
          {.method = Method::kGet,
           .path = path + "/{id}",
           .access = P::kKnowledgeRead,
           .summary = "One intent",
           .reply = kIntent,
           .handler = [live](Context& c) { return get(c, *live); }}};
}

}  // namespace

std::vector<Route> intent_routes(IntentParts parts) {
  using P = Permission;
  const std::string path = "/api/v1/intents";
  const auto* live = &parts.live;
  auto out = reading(path, parts);
  out.push_back({.method = Method::kPost,
                 .path = path,
                 .access = P::kKnowledgeWrite,
                 .summary = "Define an intent; it is trained in the background",
                 .body = kDraft,
                 .status = 201,
                 .reply = kIntent,
                 .handler = [live](Context& c) { return create(c, *live); }});
  out.push_back({.method = Method::kPut,
                 .path = path + "/{id}",
                 .access = P::kKnowledgeWrite,
                 .summary = "Save an intent; it is trained again in the background",
                 .headers = {{"If-Match", is::etag(), kRequired, "the version that was edited, like \"7\""}},
                 .body = kDraft,
                 .reply = kIntent,
                 .handler = [live](Context& c) { return save(c, *live); }});
  out.push_back({.method = Method::kDelete,
                 .path = path + "/{id}",
                 .access = P::kKnowledgeWrite,
                 .summary = "Delete an intent",
                 .status = 204,
                 .handler = erase});
  return out;
}

}  // namespace zk::api
