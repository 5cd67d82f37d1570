#include "flow/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::flow {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostValue = 200;  // bytes kept of one value
constexpr std::size_t kMostValues = 60;

std::optional<double> number(std::string_view s) {
  double v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc{} || end != s.data() + s.size()) return {};
  return v;
}

void put(Run& run, const std::string& name, std::string_view value) {
  if (run.values.size() < kMostValues || run.values.contains(name))
    run.values[name] = std::string(text::prefix(value, kMostValue / 4));
}

// {name} becomes its value; a name that is not known becomes nothing.
std::string filled(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    out += text.substr(0, open);
    const auto at = values.find(std::string(text.substr(open + 1, close - open - 1)));
    if (at != values.end()) out += at->second;
    text.remove_prefix(close + 1);
  }
  return out += text;
}

bool holds(const Condition& c, const Values& values) {
  using Op = Condition::Op;
  const auto at = values.find(c.name);
  const bool known = at != values.end() && !at->second.empty();
  if (c.op == Op::kKnown) return known;
  if (c.op == Op::kUnknown) return !known;
  const std::string value = known ? at->second : "";
  if (c.op == Op::kEqual) return value == c.value;
  if (c.op == Op::kUnequal) return value != c.value;
  if (!known) return false;
  const auto left = number(value), right = number(c.value);
  const int order = left && right ? (*left < *right ? -1 : *left > *right) : value.compare(c.value);
  switch (c.op) {
    case Op::kLess:
      return order < 0;
    case Op::kAtMost:
      return order <= 0;
    case Op::kMore:
      return order > 0;
    default:
      return order >= 0;
  }
}

// The longest word of any choice that stands in the message; a word of one character must be all of it.
const SlotChoice* choice_of(const Slot& slot, const std::string& message) {
  std::string letters;
  for (const auto& g : text::char_grams(message, 1, 1)) letters += g;
  const SlotChoice* best = nullptr;
  std::size_t longest = 0;
  for (const auto& c : slot.choices)
    for (const auto& w : c.words) {
      const bool single = text::to_u32(w).size() < 2;
      const bool there = single
                             ? letters == w
                             : message.find(w) != std::string::npos || letters.find(w) != std::string::npos;
      if (there && w.size() > longest) best = &c, longest = w.size();
    }
  return best;
}

std::optional<std::string> phone_of(std::string_view message) {
  std::string digits;
  for (const char c : message) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (c != ' ' && c != '-')
      break;
  }
  if (digits.size() == 11 && digits[0] == '1') return digits;
  return {};
}

std::optional<std::string> entity_of(const Slot& slot, std::string_view message, Timestamp now) {
  using Kind = nlu::Entity::Kind;
  const auto wanted = slot.type == Type::kOrderNumber ? Kind::kOrderNumber
                      : slot.type == Type::kDate      ? Kind::kDate
                                                      : Kind::kAmount;
  for (const auto& e : nlu::entities(message, now, kUtcOffset, {})) {
    if (e.kind != wanted) continue;
    if (slot.type == Type::kAmount) {
      const auto v = number(e.value);
      if (!v || (slot.least && *v < *slot.least) || (slot.most && *v > *slot.most)) continue;
    }
    if (slot.past && e.value > to_iso8601(now + std::chrono::minutes(kUtcOffset)).substr(0, 10)) continue;
    return e.value;
  }
  return {};
}

}  // namespace

std::optional<std::string> value_of(const Slot& slot, std::string_view message, Timestamp now) {
  const auto normalised = text::normalise(message);
  switch (slot.type) {
    case Type::kText:
      return normalised.empty() ? std::nullopt
                                : std::optional(std::string(text::prefix(message, kMostValue / 4)));
    case Type::kPhone:
      for (std::size_t i = 0; i < normalised.size(); ++i)
        if (normalised[i] == '1' && (i == 0 || normalised[i - 1] < '0' || normalised[i - 1] > '9'))
          if (auto p = phone_of(std::string_view(normalised).substr(i))) return p;
      return {};
    case Type::kChoice:
      if (const auto* c = choice_of(slot, normalised)) return c->id;
      return {};
    default:
      return entity_of(slot, message, now);
  }
}

Run start(const Flow& flow, std::string_view message, const Context& context) {
  Run run{flow.name, flow.fingerprint, 0, {}, 0, std::string(context.language), {}};
  for (const auto& s : flow.slots)
    if (s.type != Type::kText)
      if (const auto v = value_of(s, message, context.now)) put(run, s.name, *v);
  return run;
}

bool take(const Flow& flow, Run& run, std::string_view message, bool again, const Context& context) {
  bool named = false;
  for (const auto& s : flow.slots) {
    const bool asked = s.name == run.asked;
    if (!asked && (s.type == Type::kText || (run.values.contains(s.name) && !again))) continue;
    const auto v = value_of(s, message, context.now);
    if (!v) continue;
    put(run, s.name, *v);
    named = named || asked || again;
  }
  if (!named) return false;
  run.asked.clear();
  run.tries = 0;
  if (again) run.at = 0;
  return true;
}

bool pick(const Flow& flow, Run& run, std::string_view choice) {
  const auto* slot = flow.slot(run.asked);
  if (!slot) return false;
  for (const auto& c : slot->choices)
    if (c.id == choice) {
      put(run, slot->name, c.id);
      run.asked.clear();
      run.tries = 0;
      return true;
    }
  return false;
}

namespace {

// Runs a call; the step to go on with, or nothing: a person.
std::optional<std::size_t> call(const Step& s, Run& run, const Context& context) {
  Values arguments;
  for (const auto& [name, value] : s.values) arguments[name] = filled(value, run.values);
  const auto result = context.calls
                          ? context.calls->call(s.name, arguments)
                          : Result<Values>(fail(ErrorCode::kNotFound, "nothing can be called here"));
  if (result) {
    for (const auto& [field, value] : *result) put(run, s.save + "." + field, value);
    return s.then;
  }
  put(run, s.save + ".error", to_string(result.error().code));
  if (s.hand_over_on_failure) return {};
  return s.otherwise;
}

void ask(const Slot& slot, Run& run, const Text& words, Outcome& out) {
  run.asked = slot.name;
  out.said.push_back(filled(words.in(run.language), run.values));
  out.choices = slot.choices;
  out.end = Outcome::End::kAsks;
}

Outcome& hand_over(Outcome& out) {
  out.end = Outcome::End::kHandover;
  return out;
}

}  // namespace

Outcome go_on(const Flow& flow, Run& run, const Context& context) {
  using Kind = Step::Kind;
  Outcome out;
  for (int moves = 0; moves < kMostMoves; ++moves) {
    if (run.at >= flow.steps.size()) {
      out.end = Outcome::End::kAnswered;
      return out;
    }
    const auto& s = flow.steps[run.at];
    switch (s.kind) {
      case Kind::kAsk:
        if (!run.values.contains(s.name)) {
          ask(*flow.slot(s.name), run, flow.slot(s.name)->ask, out);
          return out;
        }
        ++run.at;
        break;
      case Kind::kSay:
        out.said.push_back(filled(s.text.in(run.language), run.values));
        ++run.at;
        break;
      case Kind::kIf: {
        const bool all = std::all_of(s.conditions.begin(), s.conditions.end(),
                                     [&](const auto& c) { return holds(c, run.values); });
        run.at = all ? s.then : s.otherwise;
        break;
      }
      case Kind::kSet:
        for (const auto& [name, value] : s.values) put(run, name, filled(value, run.values));
        ++run.at;
        break;
      case Kind::kCall: {
        const auto next = call(s, run, context);
        if (!next) return hand_over(out);
        run.at = *next;
        break;
      }
      case Kind::kHandover:
        out.said.push_back(filled(s.text.in(run.language), run.values));
        return hand_over(out);
      case Kind::kGoto:
        run.at = s.then;
        break;
      case Kind::kEnd:
        run.at = flow.steps.size();
        break;
    }
  }
  return hand_over(out);
}

Outcome ask_again(const Flow& flow, Run& run) {
  Outcome out;
  const auto* slot = flow.slot(run.asked);
  if (!slot || ++run.tries > kMostTries) return hand_over(out);
  ask(*slot, run, slot->retry.zh.empty() ? slot->ask : slot->retry, out);
  return out;
}

bool cancels(std::string_view normalised) {
  static constexpr std::array<std::string_view, 14> kCancel = {
      "算了",   "取消", "不查了", "不用了", "不问了",    "不弄了", "退出",
      "先不了", "停",   "别问了", "cancel", "nevermind", "stop",   "quit"};
  std::string s;
  for (const auto& g : text::char_grams(normalised, 1, 1)) s += g;
  for (const std::string_view tail : {"吧", "了", "啊"})
    if (s.ends_with(tail) && s.size() > 6 && std::find(kCancel.begin(), kCancel.end(), s) == kCancel.end())
      s.resize(s.size() - tail.size());
  return std::find(kCancel.begin(), kCancel.end(), s) != kCancel.end();
}

std::string known(const Flow& flow, const Run& run) {
  std::string out;
  for (const auto& s : flow.slots) {
    const auto at = run.values.find(s.name);
    if (at == run.values.end()) continue;
    auto value = at->second;
    for (const auto& c : s.choices)
      if (c.id == value) value = c.label.zh;
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", s.name, value);
  }
  return out;
}

std::string to_json(const Run& run) {
  json::object values;
  for (const auto& [name, value] : run.values) values[name] = value;
  return json::serialize(json::object{{"flow", run.flow},
                                      {"print", run.fingerprint},
                                      {"at", run.at},
                                      {"asked", run.asked},
                                      {"tries", run.tries},
                                      {"language", run.language},
                                      {"values", values}});
}

Run run_from_json(std::string_view text) {
  Run run;
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_object()) return run;
  const auto& o = value.get_object();
  const auto word = [&](std::string_view key) {
    const auto* v = o.if_contains(key);
    return v && v->is_string() && v->get_string().size() <= kMostValue ? std::string(v->get_string())
                                                                       : std::string{};
  };
  const auto count = [&](std::string_view key) -> std::int64_t {
    const auto* v = o.if_contains(key);
    return v && v->is_int64() ? std::clamp<std::int64_t>(v->get_int64(), 0, 1'000) : 0;
  };
  run.flow = word("flow");
  run.fingerprint = word("print");
  run.asked = word("asked");
  run.language = word("language");
  run.at = static_cast<std::size_t>(count("at"));
  run.tries = static_cast<int>(count("tries"));
  if (const auto* v = o.if_contains("values"); v && v->is_object())
    for (const auto& m : v->get_object())
      if (m.value().is_string() && m.value().get_string().size() <= kMostValue)
        put(run, std::string(m.key()), std::string_view(m.value().get_string()));
  return run;
}

}  // namespace zk::flow
