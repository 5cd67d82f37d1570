#include "review/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace zk::review {
namespace json = boost::json;
namespace {

json::object object(const Figures& f) {
  const auto p = f.precision_interval();
  const auto c = f.coverage_interval();
  return {{"asked", f.asked},         {"answerable", f.answerable}, {"answered", f.answered},
          {"right", f.right},         {"precision", f.precision()}, {"precision_low", p.low},
          {"precision_high", p.high}, {"coverage", f.coverage()},   {"coverage_low", c.low},
          {"coverage_high", c.high}};
}

json::object object(const Verdict& v, const answering::KnowledgeBase& kb) {
  const auto at = kb.find(v.article);
  return {{"decision", v.decision},
          {"article", v.article},
          {"question", at ? kb.article(*at).question : std::string()},
          {"probability", v.probability}};
}

std::string answer_of(const Verdict& v, const answering::KnowledgeBase& kb) {
  const auto at = kb.find(v.article);
  return v.answers() && at ? blocks_to_json(kb.article(*at).answer) : std::string();
}

// A wrong answer is worse than none: where none is given, a question with buttons or a person still helps.
int worth(const Item& item, const Verdict& v) { return !v.answers() ? 1 : v.right(item) ? 2 : 0; }

json::object changed(const Compared& c) {
  struct Entry {
    std::size_t item;
    int change;  // of worth
  };
  std::vector<Entry> entries;
  std::size_t better = 0, worse = 0;
  for (std::size_t i = 0; i < c.items.size(); ++i) {
    const auto& was = c.was[i];
    const auto& is = c.is[i];
    const bool same = was.decision == is.decision && (!is.answers() || was.article == is.article) &&
                      answer_of(was, c.before.knowledge()) == answer_of(is, c.after.knowledge());
    if (same) continue;
    const int change = worth(c.items[i], is) - worth(c.items[i], was);
    better += change > 0 ? 1 : 0;
    worse += change < 0 ? 1 : 0;
    entries.push_back({i, change});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.change < b.change; });
  json::array list;
  for (const auto& e : entries) {
    if (list.size() == kMostChanged) break;
    const auto& item = c.items[e.item];
    list.push_back(json::object{{"question", item.text},
                                {"expect", json::array(item.right.begin(), item.right.end())},
                                {"source", item.source},
                                {"before", object(c.was[e.item], c.before.knowledge())},
                                {"after", object(c.is[e.item], c.after.knowledge())},
                                {"change", e.change < 0   ? "worse"
                                           : e.change > 0 ? "better"
                                                          : "other"}});
  }
  return {{"total", entries.size()}, {"better", better}, {"worse", worse}, {"items", std::move(list)}};
}

json::array pairs(const std::vector<Pair>& all) {
  json::array out;
  for (const auto& p : all)
    out.push_back(
        json::object{{"first", p.first},
                     {"second", p.second},
                     {"first_question", p.first_question},
                     {"second_question", p.second_question},
                     {"similarity", p.similarity},
                     {"first_claims", json::array(p.first_claims.begin(), p.first_claims.end())},
                     {"second_claims", json::array(p.second_claims.begin(), p.second_claims.end())}});
  return out;
}

json::object sources(const Compared& c) {
  json::object out;
  const auto before = figures_by_source(c.items, c.was);
  for (const auto& [source, f] : figures_by_source(c.items, c.is))
    out[source] = json::object{{"before", object(before.at(source))}, {"after", object(f)}};
  return out;
}

}  // namespace

Passing passing(const Figures& before, const Figures& after, double target) {
  if (after.precision() >= target || after.precision() >= before.precision()) return {};
  return {false, fmt::format("precision would fall from {:.3f} to {:.3f}, below the target {:.3f}: {} of {} "
                             "answers to the regression questions would be wrong",
                             before.precision(), after.precision(), target, after.answered - after.right,
                             after.answered)};
}

std::string report(const Compared& c, const Usage& used) {
  const auto before = figures(c.items, c.was);
  const auto after = figures(c.items, c.is);
  const auto verdict = passing(before, after, c.target);
  const auto articles = articles_of(c.after.knowledge());
  const auto found = alike(c.after.knowledge());
  json::array old, idle;
  for (const auto& s : stale(articles, c.now))
    old.push_back(
        json::object{{"id", s.id}, {"question", s.question}, {"why", s.why}, {"at", to_iso8601(s.at)}});
  for (const auto& u : unused(articles, used, c.now))
    idle.push_back(
        json::object{{"id", u.id}, {"question", u.question}, {"created_at", to_iso8601(u.created_at)}});
  return json::serialize(json::object{{"passes", verdict.passes},
                                      {"why", verdict.why},
                                      {"target", c.target},
                                      {"before", object(before)},
                                      {"after", object(after)},
                                      {"by_source", sources(c)},
                                      {"changed", changed(c)},
                                      {"duplicates", pairs(found.duplicates)},
                                      {"conflicts", pairs(found.conflicts)},
                                      {"stale", std::move(old)},
                                      {"unused", std::move(idle)}});
}

std::string figures_of(const std::string& report) {
  json::error_code ec;
  const auto value = json::parse(report, ec);
  if (ec || !value.is_object()) return {};
  const auto& o = value.get_object();
  if (!o.contains("before") || !o.contains("after")) return {};
  return json::serialize(json::object{{"before", o.at("before")}, {"after", o.at("after")}});
}

Passing passing_of(const std::string& report) {
  json::error_code ec;
  const auto value = json::parse(report, ec);
  const auto* o = ec ? nullptr : value.if_object();
  const auto* passes = o ? o->if_contains("passes") : nullptr;
  const auto* why = o ? o->if_contains("why") : nullptr;
  if (!passes || !passes->is_bool() || !why || !why->is_string())
    return {false, "the report of the check cannot be read; check again"};
  return {passes->get_bool(), std::string(why->get_string())};
}

}  // namespace zk::review
