#include "api/learning.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "api/rows.hpp"

namespace zk::api {
namespace {

const Schema kCount = is::integer(0, 1'000'000'000);
const Schema kTexts = is::list(is::text(1, 20'000), 20);
const Schema kGap = is::object(
    "LearningGap", {{"question", is::text(0, 20'000), kRequired},
                    {"questions", kTexts, kRequired},
                    {"volume", kCount, kRequired},
                    {"kinds", is::map(kCount, 10), kRequired, "unanswered, disliked, low_rating"},
                    {"handling_s", is::number(0, 1'000'000'000), kRequired},
                    {"cost_s", is::number(0, 1'000'000'000), kRequired, "volume × handling_s: the rank"},
                    {"replies", is::list(is::text(1, 20'000), 3), kRequired, "of agents, the most frequent first"},
                    {"suggestions", is::list(is::any(), 3), kRequired},
                    {"conversation_id", kCount, kRequired},
                    {"asked_at", is::nullable(is::time()), kRequired, "last"}});
const Schema kProposal = is::object("LearningProposal", {{"article", is::line(64), kRequired},
                                                         {"question", is::text(1, 500), kRequired},
                                                         {"similar", kCount, kRequired},
                                                         {"texts", kTexts, kRequired}});
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
const Schema kView = is::object("Learning", {{"at", is::nullable(is::time()), kRequired},
                                             {"gaps", is::list(kGap, 100), kRequired},
                                             {"proposals", is::list(kProposal, 100), kRequired},
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
json::object object(const learning::Proposal& p) {
  return {{"article", p.article}, {"question", p.question}, {"similar", p.similar}, {"texts", list(p.texts)}};
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
    return l.at > made && std::find(l.questions.begin(), l.questions.end(), gap.question) != l.questions.end();
  });
}

Result<Reply> show(Context& c, learning::Learning& learning) {
  constexpr int kMost = 100;
  constexpr auto kFresh = std::chrono::seconds(5);  // someone looks: no need to wait for the next round
  const auto view = learning.view();
  if (c.now() - view->at > kFresh) learning.poke();
  ZK_TRY(const auto lessons, c.read([](storage::Tx& tx) { return learning::Learning::lessons(tx, kMost); }));
  json::array gaps, proposals, taught;
  for (const auto& g : view->gaps)
    if (!decided(g, view->at, lessons)) gaps.push_back(object(g));
  for (const auto& p : view->proposals) proposals.push_back(object(p));
  for (const auto& l : lessons) taught.push_back(object(l));
  return Context::json(json::object{{"at", iso(view->at)},
                                    {"gaps", std::move(gaps)},
                                    {"proposals", std::move(proposals)},
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

std::vector<Route> learning_routes(learning::Learning& learning) {
  using P = Permission;
  return {{.method = Method::kGet,
           .path = "/api/v1/learning",
           .access = P::kKnowledgeRead,
           .summary = "Gaps by what they cost, proposals for thin articles, and what was taught",
           .reply = kView,
           .handler = [&learning](Context& c) { return show(c, learning); }},
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
           .handler = [&learning](Context& c) { return undo(c, learning); }}};
}

}  // namespace zk::api
