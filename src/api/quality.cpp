#include "api/quality.hpp"

#include <boost/json.hpp>
#include <memory>
#include <mutex>

#include "api/rows.hpp"
#include "knowledge/target.hpp"
#include "review/replies.hpp"

namespace zk::api {
namespace {

constexpr auto kFresh = std::chrono::seconds(60);  // a slider asks often; last month changes slowly
constexpr double kLeastTarget = 0.5, kMostTarget = 0.999;

const Schema kCount = is::integer(0, 1'000'000'000);
const Schema kShare = is::number(0, 1);
const Schema kMaybe = is::nullable(is::number(0, 1));
const Schema kFigures = is::object(
    "QualityFigures", {{"asked", kCount, kRequired},
                       {"answerable", kCount, kRequired, "of them: some article is right"},
                       {"answered", kCount, kRequired},
                       {"right", kCount, kRequired},
                       {"reached", kCount, kRequired, "right, or a right article among the buttons"},
                       {"precision", kMaybe, kRequired, "right / answered; null: none answered"},
                       {"precision_low", kShare, kRequired, "Wilson, 95 %"},
                       {"precision_high", kShare, kRequired},
                       {"coverage", kMaybe, kRequired, "right / answerable"},
                       {"coverage_low", kShare, kRequired},
                       {"coverage_high", kShare, kRequired},
                       {"reach", kMaybe, kRequired, "reached / answerable"},
                       {"reach_low", kShare, kRequired},
                       {"reach_high", kShare, kRequired}});
const Schema kAt = is::object(
    "QualityAt",
    {{"target", kShare, kRequired, "precision wanted of direct answers"},
     {"threshold", kMaybe, kRequired, "answered from this probability on; null: never but word for word"},
     {"figures", is::nullable(kFigures), kRequired, "null until measured"}});
const Schema kMeasured =
    is::object("QualityMeasured",
               {{"state", is::one_of({"waiting", "measuring", "ready", "empty", "failed"}), kRequired,
                 "other than ready: the figures are of what answered before, if there are any"},
                {"done", kCount, kRequired},
                {"total", kCount, kRequired},
                {"at", is::nullable(is::time()), kRequired},
                {"held_out", is::nullable(kFigures), kRequired,
                 "similar questions asked as if they had not been written: not as customers word "
                 "theirs"},
                {"regression", is::nullable(kFigures), kRequired, "the company's regression questions"},
                {"similar", kCount, kRequired, "similar questions there are; more than asked: a sample"}});
const Schema kPoint = is::object("QualityPoint", {{"threshold", kShare, kRequired},
                                                  {"answered", kCount, kRequired},
                                                  {"precision", kMaybe, kRequired},
                                                  {"coverage", kMaybe, kRequired},
                                                  {"reach", kMaybe, kRequired}});
const Schema kFate = is::one_of({"answer", "clarify", "none", "handover"});
const Schema kFates = is::object("QualityFates", {{"answered", kCount, kRequired},
                                                  {"asked_back", kCount, kRequired},
                                                  {"not_known", kCount, kRequired},
                                                  {"handed_over", kCount, kRequired}});
const Schema kExample =
    is::object("QualityExample", {{"message_id", is::id(), kRequired},
                                  {"conversation_id", is::id(), kRequired},
                                  {"at", is::time(), kRequired},
                                  {"question", is::text(0, 20'000), kRequired, "masked, as stored"},
                                  {"article", is::line(64, 0), kRequired, "the likeliest, or empty"},
                                  {"article_question", is::text(0, 500), kRequired},
                                  {"probability", kShare, kRequired},
                                  {"was", kFate, kRequired},
                                  {"would", kFate, kRequired}});
const Schema kExamples = is::list(kExample, static_cast<std::int64_t>(review::kMostExamples));
const Schema kMonth =
    is::object("QualityMonth", {{"since", is::time(), kRequired},
                                {"questions", kCount, kRequired},
                                {"more", is::boolean(), kRequired, "only the newest are counted"},
                                {"was", kFates, kRequired},
                                {"would", kFates, kRequired},
                                {"gained", kCount, kRequired, "answered only at the target"},
                                {"lost", kCount, kRequired, "answered only as it was"},
                                {"gained_examples", kExamples, kRequired, "newest first"},
                                {"lost_examples", kExamples, kRequired}});
const Schema kCost =
    is::object("AnsweringCost",
               {{"profile", is::one_of({"best", "fast", "multilingual", "lexical"}), kRequired, "that runs"},
                {"encoders", is::list(is::line(200), 8), kRequired},
                {"turns", kCount, kRequired, "since the server started"},
                {"ms_mean", is::nullable(is::number(0, 1'000'000)), kRequired},
                {"ms_p95", is::nullable(is::number(0, 1'000'000)), kRequired,
                 "at most; bounds of the metrics' buckets"}});
const Schema kQuality = is::object("Quality", {{"at_target", kAt, kRequired, "the target asked for"},
                                               {"now", kAt, kRequired, "the target that is set"},
                                               {"measured", kMeasured, kRequired},
                                               {"curve", is::list(kPoint, 50), kRequired},
                                               {"last_month", kMonth, kRequired},
                                               {"cost", kCost, kRequired}});

json::value share(double v, std::size_t of) { return of == 0 ? json::value(nullptr) : json::value(v); }

// The newest questions, read once for as long as a slider is moved.
class Month {
 public:
  Result<std::shared_ptr<const review::PastReplies>> at(const Context& c,
                                                        const answering::Answerer& answerer) {
    const std::lock_guard lock(mutex_);
    if (!kept_ || c.now() - read_at_ > kFresh || c.now() < read_at_) {
      ZK_TRY(auto fresh, review::recent_replies(c.db(), answerer, c.now(), c.deadline()));
      kept_ = std::make_shared<const review::PastReplies>(std::move(fresh));
      read_at_ = c.now();
    }
    return kept_;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const review::PastReplies> kept_;
  Timestamp read_at_{};
};

json::object at_json(const answering::Answerer& answerer, const review::Measurement* measured,
                     double target) {
  const auto threshold = answerer.operating(false, false, target).answer;
  json::value figures = nullptr;
  if (measured && !measured->outcomes.empty())
    figures = quality_figures(review::rates(measured->outcomes, answerer, target));
  return {{"target", target},
          {"threshold", threshold > 1 ? json::value(nullptr) : json::value(threshold)},
          {"figures", std::move(figures)}};
}

json::value part(const review::Measurement* measured, const answering::Answerer& answerer, double target,
                 review::From from) {
  if (!measured) return nullptr;
  const auto r = review::rates(measured->outcomes, answerer, target, from);
  return r.asked == 0 ? json::value(nullptr) : json::value(quality_figures(r));
}

json::object measured_json(const review::MeterView& view, const answering::Answerer& answerer,
                           double target) {
  const auto* m = view.measured.get();
  return {{"state", review::to_string(view.state)},
          {"done", view.done},
          {"total", view.total},
          {"at", m ? iso(m->at) : json::value(nullptr)},
          {"held_out", part(m, answerer, target, review::From::kHeldOut)},
          {"regression", part(m, answerer, target, review::From::kRegression)},
          {"similar", m ? m->similar : 0}};
}

json::array curve_json(const review::Measurement* measured, const answering::Answerer& answerer) {
  json::array out;
  if (!measured || measured->outcomes.empty()) return out;
  for (const auto& p : review::curve(measured->outcomes, answerer.operating(false, false, kLeastTarget)))
    out.push_back(json::object{{"threshold", p.threshold},
                               {"answered", p.rates.answered},
                               {"precision", share(p.rates.precision(), p.rates.answered)},
                               {"coverage", share(p.rates.coverage(), p.rates.answerable)},
                               {"reach", share(p.rates.reach(), p.rates.answerable)}});
  return out;
}

json::object fates_json(const review::Fates& f) {
  return {{"answered", f.answered},
          {"asked_back", f.asked_back},
          {"not_known", f.not_known},
          {"handed_over", f.handed_over}};
}

Result<json::array> examples_json(const Context& c, const std::vector<review::PastReply>& all,
                                  const answering::Answerer& answerer, double target) {
  return c.read([&](storage::Tx& tx) -> Result<json::array> {
    json::array out;
    for (const auto& r : all) {
      if (out.size() == review::kMostExamples) break;
      const auto e = review::example(tx, r.message_id);
      if (!e && e.error().code == ErrorCode::kNotFound) continue;
      if (!e) return tl::unexpected(e.error());
      out.push_back(json::object{{"message_id", e->message_id},
                                 {"conversation_id", e->conversation_id},
                                 {"at", iso(e->at)},
                                 {"question", e->question},
                                 {"article", e->article},
                                 {"article_question", e->article_question},
                                 {"probability", r.right},
                                 {"was", review::to_string(r.fate)},
                                 {"would", review::to_string(review::fate_at(r, answerer, target))}});
    }
    return out;
  });
}

Result<json::object> month_json(const Context& c, Month& month, const answering::Answerer& answerer,
                                double target) {
  ZK_TRY(const auto past, month.at(c, answerer));
  const auto change = review::at_target(*past, answerer, target);
  ZK_TRY(auto gained, examples_json(c, change.gained, answerer, target));
  ZK_TRY(auto lost, examples_json(c, change.lost, answerer, target));
  return json::object{{"since", iso(past->since)},
                      {"questions", past->replies.size()},
                      {"more", past->more},
                      {"was", fates_json(change.was)},
                      {"would", fates_json(change.would)},
                      {"gained", change.gained.size()},
                      {"lost", change.lost.size()},
                      {"gained_examples", std::move(gained)},
                      {"lost_examples", std::move(lost)}};
}

json::object cost_json(const AnsweringCost& cost) {
  return {{"profile", cost.profile},
          {"encoders", json::array(cost.encoders.begin(), cost.encoders.end())},
          {"turns", cost.turns},
          {"ms_mean", share(cost.ms_mean, cost.turns)},
          {"ms_p95", share(cost.ms_p95, cost.turns)}};
}

Result<Reply> show(Context& c, const QualityParts& parts, Month& month) {
  ZK_TRY(const double now, c.read([](storage::Tx& tx) { return knowledge::target_precision(tx); }));
  const double target = c.query().number("target", now);
  if (target < kLeastTarget || target > kMostTarget)
    return fail(ErrorCode::kInvalidArgument, "must be from 0.5 to 0.999", "/target");
  const auto answerer = parts.library.current();
  const auto view = parts.meter.view();
  ZK_TRY(auto last_month, month_json(c, month, *answerer, target));
  return Context::json(json::object{{"at_target", at_json(*answerer, view.measured.get(), target)},
                                    {"now", at_json(*answerer, view.measured.get(), now)},
                                    {"measured", measured_json(view, *answerer, target)},
                                    {"curve", curve_json(view.measured.get(), *answerer)},
                                    {"last_month", std::move(last_month)},
                                    {"cost", cost_json(parts.cost())}});
}

}  // namespace

json::object quality_figures(const review::Rates& r) {
  const auto p = r.precision_interval(), c = r.coverage_interval(), reach = r.reach_interval();
  return {
      {"asked", r.asked},       {"answerable", r.answerable}, {"answered", r.answered},
      {"right", r.right},       {"reached", r.reached},       {"precision", share(r.precision(), r.answered)},
      {"precision_low", p.low}, {"precision_high", p.high},   {"coverage", share(r.coverage(), r.answerable)},
      {"coverage_low", c.low},  {"coverage_high", c.high},    {"reach", share(r.reach(), r.answerable)},
      {"reach_low", reach.low}, {"reach_high", reach.high}};
}

std::vector<Route> quality_routes(const QualityParts& parts) {
  const auto month = std::make_shared<Month>();
  return {{.method = Method::kGet,
           .path = "/api/v1/knowledge/quality",
           .access = Permission::kKnowledgeRead,
           .summary = "How good the answers are, and what another precision target would change",
           .query = {{"target", is::number(0, 1), Presence::kOptional,
                      "0.5 … 0.999; the one that is set if absent"}},
           .reply = kQuality,
           .handler = [parts, month](Context& c) { return show(c, parts, *month); }}};
}

}  // namespace zk::api
