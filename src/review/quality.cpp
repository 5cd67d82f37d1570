#include "review/quality.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "dialogue/policy.hpp"
#include "dialogue/versions.hpp"
#include "text/text.hpp"

namespace zk::review {
namespace json = boost::json;
namespace {

constexpr std::array kThresholds{0.0,  0.2,  0.3, 0.4,  0.5,  0.6,  0.65, 0.7,  0.75, 0.8,
                                 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99};

bool is_right(const Item& item, const std::string& article) {
  return std::find(item.right.begin(), item.right.end(), article) != item.right.end();
}

Outcome outcome(const answering::Answerer& answerer, const Item& item, const answering::Finding& f,
                const dialogue::Belief& belief) {
  Outcome o{.right = belief.right,
            .ambiguous = belief.ambiguous,
            .none = belief.none,
            .held_out = item.held_out,
            .answerable = !item.right.empty(),
            .other_language = f.kb.get() != &answerer.knowledge(),
            .word_for_word = f.word_for_word};
  if (belief.candidates.empty()) return o;
  o.first = is_right(item, belief.candidates.front().article_id);
  for (const auto& id : dialogue::options_of(belief)) o.offered = o.offered || is_right(item, id);
  return o;
}

void count(Rates& r, const Outcome& o, const answering::Operating& at) {
  ++r.asked;
  r.answerable += o.answerable ? 1 : 0;
  const auto decision = dialogue::decide(o.right, o.ambiguous, o.none, at);
  if (decision == dialogue::Decision::kAnswer) {
    ++r.answered;
    r.right += o.first ? 1 : 0;
    r.reached += o.first ? 1 : 0;
  } else if (decision == dialogue::Decision::kClarify) {
    r.reached += o.offered ? 1 : 0;
  }
}

enum Flag : std::int64_t { kHeld = 1, kAnswerable = 2, kFirst = 4, kOffered = 8, kOther = 16, kWord = 32 };

std::int64_t flags(const Outcome& o) {
  return (o.held_out ? kHeld : 0) | (o.answerable ? kAnswerable : 0) | (o.first ? kFirst : 0) |
         (o.offered ? kOffered : 0) | (o.other_language ? kOther : 0) | (o.word_for_word ? kWord : 0);
}

Outcome outcome_of(const json::array& a) {
  const auto f = a.at(3).to_number<std::int64_t>();
  return {.right = a.at(0).to_number<double>(),
          .ambiguous = a.at(1).to_number<double>(),
          .none = a.at(2).to_number<double>(),
          .held_out = (f & kHeld) != 0,
          .answerable = (f & kAnswerable) != 0,
          .first = (f & kFirst) != 0,
          .offered = (f & kOffered) != 0,
          .other_language = (f & kOther) != 0,
          .word_for_word = (f & kWord) != 0};
}

}  // namespace

std::optional<Outcome> see_held_out(const answering::Answerer& answerer, const Item& item) {
  const auto f = find_held_out(answerer, item, 0.98);
  if (!f) return std::nullopt;
  return outcome(answerer, item, *f, dialogue::belief_of(*f));
}

Result<Outcome> see(const answering::Answerer& answerer, const Item& item, Timestamp now) {
  const std::string channel = "web";
  ZK_TRY(const auto f, answerer.find({item.text, now, channel}, 0.98));
  auto belief = dialogue::belief_of(f);
  const dialogue::Versions versions(answerer.knowledge(), text::language(item.text), now, channel);
  versions.merge(belief);
  return outcome(answerer, item, f, belief);
}

double Rates::reach() const {
  return answerable == 0 ? 0 : static_cast<double>(reached) / static_cast<double>(answerable);
}

Rates rates(std::span<const Outcome> outcomes, const answering::Answerer& answerer, double target,
            From from) {
  Rates out;
  for (const auto& o : outcomes)
    if (from == From::kAll || o.held_out == (from == From::kHeldOut))
      count(out, o, answerer.operating(o.other_language, o.word_for_word, target));
  return out;
}

std::vector<CurvePoint> curve(std::span<const Outcome> outcomes, const answering::Operating& at) {
  std::vector<CurvePoint> out;
  for (const double threshold : kThresholds) {
    CurvePoint p{.threshold = threshold};
    for (const auto& o : outcomes) count(p.rates, o, {threshold, at.none, at.clarify});
    out.push_back(p);
  }
  return out;
}

std::string to_json(const Measurement& m) {
  json::array outcomes;
  for (const auto& o : m.outcomes) outcomes.push_back(json::array{o.right, o.ambiguous, o.none, flags(o)});
  return json::serialize(json::object{
      {"of", m.of}, {"at", to_micros(m.at)}, {"similar", m.similar}, {"outcomes", std::move(outcomes)}});
}

std::optional<Measurement> measurement_from_json(std::string_view text) {
  try {
    const auto v = json::parse(text);
    Measurement m{.of = std::string(v.at("of").as_string()),
                  .at = from_micros(v.at("at").to_number<std::int64_t>()),
                  .similar = v.at("similar").to_number<std::size_t>(),
                  .outcomes = {}};
    for (const auto& o : v.at("outcomes").as_array()) m.outcomes.push_back(outcome_of(o.as_array()));
    return m;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace zk::review
