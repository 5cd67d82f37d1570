#include "api/learning.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "api/rows.hpp"

namespace zk::api {
namespace {

const Schema kCount = is::integer(0, 1'000'000'000);
const Schema kTexts = is::list(is::text(1, 20'000), 20);
const Schema kGap = is::object(
    "LearningGap",
    {{"question", is::text(0, 20'000), kRequired},
     {"questions", kTexts, kRequired},
     {"volume", kCount, kRequired},
     {"kinds", is::map(kCount, 10), kRequired, "unanswered, disliked, low_rating"},
     {"handling_s", is::number(0, 1'000'000'000), kRequired},
     {"cost_s", is::number(0, 1'000'000'000), kRequired, "volume × handling_s: the rank"},
     {"replies", is::list(is::text(1, 20'000), 3), kRequired, "of agents, the most frequent first"},
     {"suggestions", is::list(is::any(), 3), kRequired},
     {"conversation_id", kCount, kRequired},
     {"asked_at", is::nullable(is::time()), kRequired, "last"}});
const Schema kProposed = is::object(
    "LearningProposed",
    {{"text", is::text(1, 20'000), kRequired},
     {"source", is::one_of({"model", "confirmed", "asked"}), kRequired,
      "the language model; customers who took or liked the article; asked in vain, the article not far off"},
     {"near",
      is::nullable(is::object(
          "LearningNear", {{"article", is::line(64), kRequired}, {"question", is::text(0, 500), kRequired}})),
      kRequired, "another article that it lies nearer to"}});
const Schema kProposal = is::object("LearningProposal", {{"article", is::line(64), kRequired},
                                                         {"question", is::text(1, 500), kRequired},
                                                         {"similar", kCount, kRequired},
                                                         {"items", is::list(kProposed, 30), kRequired}});
const Schema kRun =
    is::object("LearningRun", {{"state", is::one_of({"running", "done", "cancelled", "failed"}), kRequired},
                               {"actor", is::line(100, 0), kRequired},
                               {"error", is::text(0, 1000), kRequired},
                               {"started_at", is::nullable(is::time()), kRequired},
                               {"ended_at", is::nullable(is::time()), kRequired},
                               {"done", kCount, kRequired, "articles"},
                               {"total", kCount, kRequired},
                               {"found", kCount, kRequired, "proposals kept"},
                               {"failed", kCount, kRequired, "articles the model gave nothing useful for"}});
const Schema kModel =
    is::object("LanguageModel", {{"name", is::text(1, 1000), kRequired},
                                 {"budget", kCount, kRequired, "calls a day"},
                                 {"calls", kCount, kRequired, "today (UTC)"},
                                 {"tokens", kCount, kRequired, "today, as the model counts"}});
const Field kRunField{"run", is::nullable(kRun), kRequired,
                      "of the language model, the newest since the start"};
const Field kModelField{"model", is::nullable(kModel), kRequired, "null: none is configured"};
const Schema kArticleProposals =
    is::object("LearningArticleProposals", {{"at", is::nullable(is::time()), kRequired},
                                            {"items", is::list(kProposed, 30), kRequired},
                                            kRunField,
                                            kModelField});
const Schema kPropose = is::object(
    "LearningPropose", {{"article", is::token(64), Presence::kOptional, "absent: all that are thin"}});
const Schema kRefuse = is::object(
    "LearningRefuse",
    {{"article", is::token(64), kRequired}, {"texts", is::list(is::text(1, 20'000), 30, 1), kRequired}});
const Schema kLesson =
    is::object("LearningLesson",
               {{"id", is::id(), kRequired},
                {"question", is::text(1, 500), kRequired},
                {"questions", kTexts, kRequired},
                {"state", is::one_of({"taught", "closed", "dismissed"}), kRequired},
                {"how", is::one_of({"similar", "article", "dismiss"}), kRequired},
                {"article", is::line(64, 0), kRequired},
                {"author", is::line(100, 0), kRequired},
                {"at", is::nullable(is::time()), kRequired},
                {"right_before", kCount, kRequired},
                {"right_after", kCount, kRequired},
                {"closed_release", kCount, kRequired},
                {"closed_at", is::nullable(is::time()), kRequired},
                {"figures", is::any(), kRequired, "{before, after} of that release's check, or null"}});
const Schema kView =
    is::object("Learning", {{"at", is::nullable(is::time()), kRequired},
                            {"gaps", is::list(kGap, 100), kRequired},
                            {"proposals", is::list(kProposal, 200), kRequired, "for thin articles"},
                            {"thin", kCount, kRequired, "articles with few similar questions"},
                            kRunField,
                            kModelField,
                            {"lessons", is::list(kLesson, 100), kRequired}});
const Schema kTeach =
    is::object("LearningTeach", {{"how", is::one_of({"similar", "article", "dismiss"}), kRequired},
                                 {"question", is::text(1, 160), kRequired},
                                 {"questions", is::list(is::text(1, 20'000), 20, 1), kRequired},
                                 {"article", is::token(64), Presence::kOptional, "similar: where they go"},
                                 {"answer", is::text(0, 6'000), Presence::kOptional, "article: its text"}});

json::array list(const std::vector<std::string>& v) { return json::array(v.begin(), v.end()); }

json::object object(const learning::Gap& g) {
  json::object kinds;
  for (const auto& [kind, n] : g.kinds) kinds[kind] = n;
  json::array suggestions;
  for (const auto& s : g.suggestions)
    suggestions.push_back(
        json::object{{"article", s.article}, {"question", s.question}, {"probability", s.probability}});
  return {{"question", g.question},
          {"questions", list(g.questions)},
          {"volume", g.volume},
          {"kinds", std::move(kinds)},
          {"handling_s", g.handling_s},
          {"cost_s", g.cost_s},
          {"replies", list(g.replies)},
          {"suggestions", std::move(suggestions)},
          {"conversation_id", g.conversation_id},
          {"asked_at", iso(g.asked_at)}};
}
json::array items(const std::vector<learning::Proposed>& proposed) {
  json::array out;
  for (const auto& p : proposed)
    out.push_back(json::object{
        {"text", p.text},
        {"source", p.source},
        {"near", p.near.empty()
                     ? json::value(nullptr)
                     : json::value(json::object{{"article", p.near}, {"question", p.near_question}})}});
  return out;
}
json::object object(const learning::Proposal& p) {
  return {
      {"article", p.article}, {"question", p.question}, {"similar", p.similar}, {"items", items(p.items)}};
}
json::value object(const learning::WritingRun& r) {
  if (r.state.empty()) return nullptr;
  return json::object{{"state", r.state},
                      {"actor", r.actor},
                      {"error", r.error},
                      {"started_at", iso(r.started_at)},
                      {"ended_at", iso(r.ended_at)},
                      {"done", r.done},
                      {"total", r.total},
                      {"found", r.found},
                      {"failed", r.failed}};
}
json::value object(const learning::ModelUse& u) {
  if (u.model.empty()) return nullptr;
  return json::object{{"name", u.model}, {"budget", u.budget}, {"calls", u.calls}, {"tokens", u.tokens}};
}
json::object object(const learning::Lesson& l) {
  return {{"id", l.id},
          {"question", l.question},
          {"questions", list(l.questions)},
          {"state", l.state},
          {"how", l.how},
          {"article", l.article},
          {"author", l.author},
          {"at", iso(l.at)},
          {"right_before", l.right_before},
          {"right_after", l.right_after},
          {"closed_release", l.closed_release},
          {"closed_at", iso(l.closed_at)},
          {"figures", l.figures.empty() ? json::value(nullptr) : parsed(l.figures)}};
}

// Decided after the queue was last made.
bool decided(const learning::Gap& gap, Timestamp made, const std::vector<learning::Lesson>& lessons) {
  return std::any_of(lessons.begin(), lessons.end(), [&](const auto& l) {
    return l.at > made &&
           std::find(l.questions.begin(), l.questions.end(), gap.question) != l.questions.end();
  });
}

Result<Reply> show(Context& c, learning::Learning& learning, const learning::Writing& writing) {
  constexpr int kMost = 100;
  constexpr auto kFresh = std::chrono::seconds(5);  // someone looks: no need to wait for the next round
  const auto view = learning.view();
  if (c.now() - view->at > kFresh) learning.poke();
  learning::ModelUse use;
  std::vector<learning::Lesson> lessons;
  ZK_TRY_STATUS(c.read([&](storage::Tx& tx) -> Status {
    ZK_TRY(lessons, learning::Learning::lessons(tx, kMost));
    ZK_TRY(use, writing.use(tx, c.now()));
    return {};
  }));
  json::array gaps, proposals, taught;
  for (const auto& g : view->gaps)
    if (!decided(g, view->at, lessons)) gaps.push_back(object(g));
  for (const auto& p : view->proposals)
    if (p.similar < static_cast<std::int64_t>(learning::kThin)) proposals.push_back(object(p));
  for (const auto& l : lessons) taught.push_back(object(l));
  return Context::json(json::object{{"at", iso(view->at)},
                                    {"gaps", std::move(gaps)},
                                    {"proposals", std::move(proposals)},
                                    {"thin", view->thin},
                                    {"run", object(writing.run())},
                                    {"model", object(use)},
                                    {"lessons", std::move(taught)}});
}

Result<Reply> teach(Context& c, learning::Learning& learning) {
  learning::Teach how{.how = std::string(c.body().text("how")),
                      .question = std::string(c.body().text("question")),
                      .questions = c.body().texts("questions"),
                      .article = std::string(c.body().text("article")),
                      .answer = std::string(c.body().text("answer")),
                      .author = c.caller().actor(),
                      .now = c.now()};
  how.right_before = learning.replay(how.questions, how.article);
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto lesson, learning.teach(tx, how));
    ZK_TRY_STATUS(c.audit(tx, "learning." + how.how,
                          lesson.article.empty() ? "" : "article:" + lesson.article, {{"gap", lesson.id}}));
    return Context::json(object(lesson));
  });
  if (reply) learning.poke();
  return reply;
}

Result<Reply> proposals_of(Context& c, const learning::Learning& learning, const learning::Writing& writing) {
  const auto view = learning.view();
  const auto article = c.query().text("article");
  ZK_TRY(const auto use, c.read([&](storage::Tx& tx) { return writing.use(tx, c.now()); }));
  const auto mine = std::find_if(view->proposals.begin(), view->proposals.end(),
                                 [&](const auto& p) { return p.article == article; });
  return Context::json(
      json::object{{"at", iso(view->at)},
                   {"items", mine == view->proposals.end() ? json::array() : items(mine->items)},
                   {"run", object(writing.run())},
                   {"model", object(use)}});
}

Result<Reply> propose(Context& c, learning::Writing& writing) {
  learning::Writing::Start how{.actor = c.caller().actor()};
  if (c.body().has("article")) how.articles = {std::string(c.body().text("article"))};
  ZK_TRY_STATUS(writing.start(how));
  return Context::json(object(writing.run()));
}

Result<Reply> refuse(Context& c, learning::Learning& learning) {
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    const std::string article(c.body().text("article"));
    const auto texts = c.body().texts("texts");
    ZK_TRY_STATUS(learning::refuse_proposals(tx, article, texts, c.caller().actor(), c.now()));
    ZK_TRY_STATUS(c.audit(tx, "learning.refused", "article:" + article, {{"proposals", texts.size()}}));
    return Context::nothing();
  });
  if (reply) learning.poke();
  return reply;
}

Result<Reply> undo(Context& c, learning::Learning& learning) {
  auto reply = c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY_STATUS(learning::Learning::undo(tx, c.id()));
    ZK_TRY_STATUS(c.audit(tx, "learning.undo", "", {{"gap", c.id()}}));
    return Context::nothing();
  });
  if (reply) learning.poke();
  return reply;
}

}  // namespace

std::vector<Route> learning_routes(learning::Learning& learning, learning::Writing& writing) {
  using P = Permission;
  return {
      {.method = Method::kGet,
       .path = "/api/v1/learning",
       .access = P::kKnowledgeRead,
       .summary = "Gaps by what they cost, proposals for thin articles, and what was taught",
       .reply = kView,
       .handler = [&](Context& c) { return show(c, learning, writing); }},
      {.method = Method::kPost,
       .path = "/api/v1/learning/lessons",
       .access = P::kKnowledgeWrite,
       .summary = "Teach from a gap: similar questions, a drafted article, or dismiss it",
       .body = kTeach,
       .status = 201,
       .reply = kLesson,
       .handler = [&learning](Context& c) { return teach(c, learning); }},
      {.method = Method::kDelete,
       .path = "/api/v1/learning/lessons/{id}",
       .access = P::kKnowledgeWrite,
       .summary = "Undo a dismissal: the gap is one again",
       .status = 204,
       .handler = [&learning](Context& c) { return undo(c, learning); }},
      {.method = Method::kGet,
       .path = "/api/v1/learning/proposals",
       .access = P::kKnowledgeRead,
       .summary = "Similar questions proposed for an article",
       .query = {{"article", is::token(64), kRequired}},
       .reply = kArticleProposals,
       .handler = [&](Context& c) { return proposals_of(c, learning, writing); }},
      {.method = Method::kPost,
       .path = "/api/v1/learning/proposals",
       .access = P::kKnowledgeWrite,
       .summary = "Have the language model propose similar questions, in the background",
       .body = kPropose,
       .status = 202,
       .reply = kRun,
       .repeat = Repeat::kNatural,
       .handler = [&writing](Context& c) { return propose(c, writing); }},
      {.method = Method::kDelete,
       .path = "/api/v1/learning/proposals",
       .access = P::kKnowledgeWrite,
       .summary = "Stop proposing; what was proposed stays",
       .status = 204,
       .handler = [&writing](Context&) { return writing.cancel().map([] { return Context::nothing(); }); }},
      {.method = Method::kPost,
       .path = "/api/v1/learning/refusals",
       .access = P::kKnowledgeWrite,
       .summary = "Never propose these for the article again",
       .body = kRefuse,
       .status = 204,
       .handler = [&learning](Context& c) { return refuse(c, learning); }}};
}

}  // namespace zk::api
