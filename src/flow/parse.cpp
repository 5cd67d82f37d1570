#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>

#include "flow/flow.hpp"
#include "text/text.hpp"

namespace zk::flow {
namespace {

// Carries the message out of the tree walk to parse(), where it becomes a value.
struct Wrong {
  int line;
  std::string message;
};

int line_of(const YAML::Node& n) { return n.Mark().line + 1; }
[[noreturn]] void wrong(const YAML::Node& n, std::string message) {
  throw Wrong{line_of(n), std::move(message)};
}

std::string scalar(const YAML::Node& n, std::string_view what) {
  if (!n.IsScalar()) wrong(n, fmt::format("{} must be a text", what));
  auto s = n.Scalar();
  if (s.empty() || s.size() > kMostText || !text::is_valid_utf8(s))
    wrong(n, fmt::format("{} must have 1 to {} bytes of UTF-8", what, kMostText));
  return s;
}

std::string name_in(const YAML::Node& n, std::string_view what, bool dotted = false) {
  auto s = scalar(n, what);
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (dotted && c == '.');
  };
  if (s.size() > 40 || !std::all_of(s.begin(), s.end(), fits))
    wrong(n, fmt::format("{} \"{}\" must be 1 to 40 of a-z, 0-9 and _", what, s));
  return s;
}

void only(const YAML::Node& n, std::string_view what, std::initializer_list<std::string_view> keys) {
  if (!n.IsMap()) wrong(n, fmt::format("{} must be a mapping", what));
  std::set<std::string> seen;
  for (const auto& member : n) {
    const auto key = scalar(member.first, "a key");
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      wrong(member.first, fmt::format("{} knows no \"{}\"; it knows {}", what, key, fmt::join(keys, ", ")));
    if (!seen.insert(key).second) wrong(member.first, fmt::format("\"{}\" is there twice", key));
  }
}

Text text_in(const YAML::Node& n, std::string_view what) {
  if (n.IsScalar()) return {scalar(n, what), {}};
  only(n, what, {"zh", "en"});
  if (!n["zh"]) wrong(n, fmt::format("{} needs \"zh\"", what));
  return {scalar(n["zh"], what), n["en"] ? scalar(n["en"], what) : ""};
}

void bounded(const YAML::Node& n, std::string_view what, std::size_t most) {
  if (!n.IsSequence()) wrong(n, fmt::format("{} must be a list", what));
  if (n.size() > most) wrong(n, fmt::format("{}: at most {}", what, most));
}

std::optional<double> number_in(const YAML::Node& n, std::string_view what) {
  if (!n) return {};
  const auto s = scalar(n, what);
  double v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc{} || end != s.data() + s.size()) wrong(n, fmt::format("{} must be a number", what));
  return v;
}

Type type_in(const YAML::Node& n) {
  static constexpr std::array<std::pair<std::string_view, Type>, 6> kTypes = {
      {{"text", Type::kText},
       {"order_number", Type::kOrderNumber},
       {"date", Type::kDate},
       {"amount", Type::kAmount},
       {"phone", Type::kPhone},
       {"choice", Type::kChoice}}};
  const auto s = scalar(n, "type");
  for (const auto& [name, type] : kTypes)
    if (name == s) return type;
  wrong(n, fmt::format("type \"{}\" is unknown; it is one of text, order_number, date, amount, phone, choice",
                       s));
}

SlotChoice choice_in(const YAML::Node& n) {
  only(n, "a choice", {"id", "label", "words"});
  if (!n["id"] || !n["label"]) wrong(n, "a choice needs \"id\" and \"label\"");
  SlotChoice c{name_in(n["id"], "id"), text_in(n["label"], "label"), {}};
  if (n["words"]) {
    bounded(n["words"], "words", kMostWords);
    for (const auto& w : n["words"]) c.words.push_back(text::normalise(scalar(w, "a word")));
  }
  c.words.push_back(text::normalise(c.label.zh));
  if (!c.label.en.empty()) c.words.push_back(text::normalise(c.label.en));
  return c;
}

Slot slot_in(const std::string& name, const YAML::Node& n) {
  only(n, "a slot", {"type", "ask", "retry", "choices", "min", "max", "past"});
  if (!n["type"] || !n["ask"]) wrong(n, fmt::format("slot \"{}\" needs \"type\" and \"ask\"", name));
  Slot s;
  s.name = name;
  s.type = type_in(n["type"]);
  s.ask = text_in(n["ask"], "ask");
  if (n["retry"]) s.retry = text_in(n["retry"], "retry");
  if ((s.type == Type::kChoice) != static_cast<bool>(n["choices"]))
    wrong(n, "\"choices\" go with type choice, and with no other");
  if (n["choices"]) {
    bounded(n["choices"], "choices", kMostChoices);
    for (const auto& c : n["choices"]) s.choices.push_back(choice_in(c));
    if (s.choices.size() < 2) wrong(n["choices"], "a choice has at least two choices");
  }
  if ((n["min"] || n["max"]) && s.type != Type::kAmount) wrong(n, "\"min\" and \"max\" go with type amount");
  s.least = number_in(n["min"], "min");
  s.most = number_in(n["max"], "max");
  if (n["past"]) {
    if (s.type != Type::kDate) wrong(n["past"], "\"past\" goes with type date");
    s.past = scalar(n["past"], "past") == "true";
  }
  return s;
}

Condition condition_in(const YAML::Node& n, std::string_view part) {
  using Op = Condition::Op;
  static constexpr std::array<std::pair<std::string_view, Op>, 6> kOps = {{{"==", Op::kEqual},
                                                                           {"!=", Op::kUnequal},
                                                                           {"<=", Op::kAtMost},
                                                                           {">=", Op::kAtLeast},
                                                                           {"<", Op::kLess},
                                                                           {">", Op::kMore}}};
  const auto trim = [](std::string_view s) {
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    return std::string(s);
  };
  Condition c;
  for (const auto& [sign, op] : kOps)
    if (const auto at = part.find(sign); at != std::string_view::npos) {
      c = {op, trim(part.substr(0, at)), trim(part.substr(at + sign.size()))};
      if (c.value.empty()) wrong(n, "a comparison needs a value on its right");
      break;
    }
  if (c.name.empty()) {
    c.name = trim(part);
    if (c.name.starts_with("not ")) c = {Op::kUnknown, trim(c.name.substr(4)), {}};
  }
  if (c.name.empty() || c.name.find(' ') != std::string::npos)
    wrong(n,
          fmt::format("\"{}\" is no condition: write `name`, `not name` or `name == value`, joined by `and`",
                      part));
  return c;
}

std::vector<Condition> conditions_in(const YAML::Node& n) {
  const auto s = scalar(n, "if");
  std::vector<Condition> out;
  for (std::size_t from = 0; from <= s.size();) {
    const auto at = s.find(" and ", from);
    out.push_back(
        condition_in(n, std::string_view(s).substr(from, at == std::string::npos ? at : at - from)));
    if (at == std::string::npos) break;
    from = at + 5;
  }
  return out;
}

Values values_in(const YAML::Node& n, std::string_view what) {
  if (!n.IsMap() || n.size() > kMostSlots)
    wrong(n, fmt::format("{} must be a mapping of at most {}", what, kMostSlots));
  Values out;
  for (const auto& m : n) out[name_in(m.first, "a name", true)] = scalar(m.second, "a value");
  return out;
}

// Names of steps are resolved once all are known.
struct Jump {
  std::size_t step;
  std::size_t Step::*where;
  std::string to;
  int line;
};

class Reader {
 public:
  Flow read(const YAML::Node& root) {
    only(root, "a flow", {"flow", "article", "title", "slots", "steps", "tests"});
    for (const auto key : {"flow", "article", "title", "steps"})
      if (!root[key]) wrong(root, fmt::format("the flow needs \"{}\"", key));
    flow_.name = name_in(root["flow"], "flow");
    flow_.line = line_of(root["flow"]);
    flow_.article = scalar(root["article"], "article");
    flow_.article_line = line_of(root["article"]);
    flow_.title = text_in(root["title"], "title");
    if (root["slots"]) slots(root["slots"]);
    steps(root["steps"]);
    if (root["tests"]) tests(root["tests"]);
    return std::move(flow_);
  }

 private:
  void slots(const YAML::Node& n) {
    if (!n.IsMap() || n.size() > kMostSlots)
      wrong(n, fmt::format("slots must be a mapping of at most {}", kMostSlots));
    for (const auto& m : n) {
      const auto name = name_in(m.first, "a slot's name");
      if (flow_.slot(name)) wrong(m.first, fmt::format("slot \"{}\" is there twice", name));
      flow_.slots.push_back(slot_in(name, m.second));
    }
  }

  void steps(const YAML::Node& n) {
    bounded(n, "steps", kMostSteps);
    if (n.size() == 0) wrong(n, "a flow has at least one step");
    for (const auto& s : n) step(s);
    for (const auto& j : jumps_) {
      const auto at =
          std::find_if(flow_.steps.begin(), flow_.steps.end(), [&](const Step& s) { return s.id == j.to; });
      if (at == flow_.steps.end()) throw Wrong{j.line, fmt::format("no step has the id \"{}\"", j.to)};
      flow_.steps[j.step].*j.where = static_cast<std::size_t>(at - flow_.steps.begin());
    }
  }

  void jump(const YAML::Node& n, std::size_t Step::*where) {
    jumps_.push_back({flow_.steps.size(), where, name_in(n, "a step's id"), line_of(n)});
  }

  void step(const YAML::Node& n) {
    only(n, "a step",
         {"id", "ask", "say", "if", "then", "else", "set", "call", "with", "save", "failed", "handover",
          "goto", "end"});
    Step s;
    s.line = line_of(n);
    if (n["id"]) s.id = name_in(n["id"], "id");
    if (!s.id.empty() &&
        std::any_of(flow_.steps.begin(), flow_.steps.end(), [&](const Step& o) { return o.id == s.id; }))
      wrong(n["id"], fmt::format("two steps have the id \"{}\"", s.id));
    int kinds = 0;
    for (const auto key : {"ask", "say", "if", "set", "call", "handover", "goto", "end"})
      kinds += n[key] ? 1 : 0;
    if (kinds != 1) wrong(n, "a step is exactly one of ask, say, if, set, call, handover, goto, end");
    s.then = s.otherwise = flow_.steps.size() + 1;
    fill(n, s);
    flow_.steps.push_back(std::move(s));
  }

  void fill(const YAML::Node& n, Step& s) {
    using Kind = Step::Kind;
    if (n["ask"]) {
      s.kind = Kind::kAsk;
      s.name = name_in(n["ask"], "ask");
      if (!flow_.slot(s.name)) wrong(n["ask"], fmt::format("there is no slot \"{}\"", s.name));
    } else if (n["say"]) {
      s.kind = Kind::kSay;
      s.text = text_in(n["say"], "say");
    } else if (n["if"]) {
      s.kind = Kind::kIf;
      s.conditions = conditions_in(n["if"]);
      if (!n["then"] && !n["else"]) wrong(n, "an if needs \"then\" or \"else\"");
      if (n["then"]) jump(n["then"], &Step::then);
      if (n["else"]) jump(n["else"], &Step::otherwise);
    } else if (n["set"]) {
      s.kind = Kind::kSet;
      s.values = values_in(n["set"], "set");
    } else if (n["call"]) {
      call(n, s);
    } else if (n["handover"]) {
      s.kind = Kind::kHandover;
      s.text = text_in(n["handover"], "handover");
    } else if (n["goto"]) {
      s.kind = Kind::kGoto;
      jump(n["goto"], &Step::then);
    }
  }

  void call(const YAML::Node& n, Step& s) {
    s.kind = Step::Kind::kCall;
    s.name = name_in(n["call"], "call");
    s.save = n["save"] ? name_in(n["save"], "save") : s.name;
    if (n["with"]) s.values = values_in(n["with"], "with");
    s.hand_over_on_failure = !n["failed"];
    if (n["failed"]) jump(n["failed"], &Step::otherwise);
  }

  void tests(const YAML::Node& n) {
    bounded(n, "tests", kMostTests);
    for (const auto& t : n) {
      only(t, "a test", {"name", "calls", "turns"});
      if (!t["name"] || !t["turns"]) wrong(t, "a test needs \"name\" and \"turns\"");
      Test test{scalar(t["name"], "name"), {}, {}, line_of(t)};
      if (t["calls"]) {
        if (!t["calls"].IsMap() || t["calls"].size() > kMostSlots)
          wrong(t["calls"], "calls must be a short mapping");
        for (const auto& c : t["calls"])
          test.calls[name_in(c.first, "an action")] = values_in(c.second, "its result");
      }
      bounded(t["turns"], "turns", kMostTurns);
      for (const auto& turn : t["turns"]) test.turns.push_back(turn_in(turn));
      flow_.tests.push_back(std::move(test));
    }
  }

  static TestTurn turn_in(const YAML::Node& n) {
    only(n, "a turn", {"customer", "says", "ends"});
    if (!n["customer"]) wrong(n, "a turn needs \"customer\"");
    TestTurn t{scalar(n["customer"], "customer"), n["says"] ? scalar(n["says"], "says") : "",
               n["ends"] ? scalar(n["ends"], "ends") : "", line_of(n)};
    if (!t.ends.empty() && t.ends != "answer" && t.ends != "handover" && t.ends != "cancelled")
      wrong(n["ends"], "ends is one of answer, handover, cancelled");
    return t;
  }

  Flow flow_;
  std::vector<Jump> jumps_;
};

// yaml-cpp recurses on nesting and copies what aliases share: both are bounded before it sees the source.
Status check_source(std::string_view source) {
  if (source.size() > kMostBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("a flow has at most {} bytes", kMostBytes));
  if (!text::is_valid_utf8(source))
    return fail(ErrorCode::kInvalidArgument, "line 1: the file must be UTF-8");
  std::size_t depth = 0;
  int line = 1;
  for (const char c : source) {
    if (c == '\n') ++line;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > kMostNesting)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("line {}: brackets nest deeper than {}", line, kMostNesting));
  }
  return {};
}

}  // namespace

const Slot* Flow::slot(std::string_view wanted) const {
  const auto at = std::find_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.name == wanted; });
  return at == slots.end() ? nullptr : &*at;
}

Result<Flow> parse(std::string_view source) {
  ZK_TRY_STATUS(check_source(source));
  try {
    const auto root = YAML::Load(std::string(source));
    if (!root.IsMap()) return fail(ErrorCode::kInvalidArgument, "line 1: a flow must be a mapping");
    auto flow = Reader().read(root);
    flow.fingerprint = fmt::format("{:016x}", std::hash<std::string_view>{}(source));
    return flow;
  } catch (const Wrong& w) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("line {}: {}", w.line, w.message));
  } catch (const YAML::Exception& e) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("line {}: {}", e.mark.line + 1, e.msg));
  }
}

}  // namespace zk::flow
