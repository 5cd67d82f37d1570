// zhike eval mask: recall and precision of the search for personal data, by type.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "answering/corpus.hpp"
#include "commands.hpp"
#include "eval.hpp"
#include "nlu/metrics.hpp"
#include "text/pii.hpp"

namespace zk::cli {
namespace {

namespace json = boost::json;

struct Count {
  std::size_t expected = 0, found = 0, hit = 0;
};

// Of the same type, and at least nine tenths of their characters in common.
bool agree(const text::PiiSpan& a, const text::PiiSpan& b) {
  if (a.type != b.type) return false;
  const auto low = std::max(a.start, b.start), high = std::min(a.end, b.end);
  const auto all = std::max(a.end, b.end) - std::min(a.start, b.start);
  return high > low && 10 * (high - low) >= 9 * all;
}

Result<std::vector<text::PiiSpan>> expected_spans(const json::object& row) {
  std::vector<text::PiiSpan> out;
  const auto* spans = row.if_contains("spans");
  if (!spans || !spans->is_array())
    return fail(ErrorCode::kInvalidArgument, "a line has no list of spans", "/spans");
  for (const auto& v : spans->get_array()) {
    const auto* o = v.if_object();
    const auto* type = o ? o->if_contains("type") : nullptr;
    const auto* start = o ? o->if_contains("start") : nullptr;
    const auto* end = o ? o->if_contains("end") : nullptr;
    if (!type || !type->is_string() || !start || !start->is_int64() || !end || !end->is_int64())
      return fail(ErrorCode::kInvalidArgument, "a span must have start, end and type", "/spans");
    for (int t = 0; t < text::kPiiTypes; ++t)
      if (text::to_string(static_cast<text::PiiType>(t)) == std::string_view(type->get_string()))
        out.push_back({static_cast<std::size_t>(start->get_int64()),
                       static_cast<std::size_t>(end->get_int64()), static_cast<text::PiiType>(t)});
  }
  return out;
}

json::object figures(const Count& c) {
  const auto r = nlu::wilson(c.hit, c.expected), p = nlu::wilson(c.hit, c.found);
  const auto share = [](std::size_t a, std::size_t b) {
    return b ? static_cast<double>(a) / static_cast<double>(b) : 1.0;
  };
  return {{"recall", share(c.hit, c.expected)},
          {"precision", share(c.hit, c.found)},
          {"n", c.expected},
          {"recall_interval", json::array{r.low, r.high}},
          {"precision_interval", json::array{p.low, p.high}}};
}

Status measure(const std::string& file, bool as_json) {
  ZK_TRY(const auto lines, answering::read_lines(file));
  std::array<Count, text::kPiiTypes> by_type{};
  for (const auto& line : lines) {
    json::error_code ec;
    const auto row = json::parse(line, ec);
    const auto* object = ec ? nullptr : row.if_object();
    const auto* said = object ? object->if_contains("text") : nullptr;
    if (!said || !said->is_string())
      return fail(ErrorCode::kMalformed, "a line is not {\"text\",\"spans\"}", file);
    ZK_TRY(auto expected, expected_spans(*object));
    for (const auto& e : expected) ++by_type[static_cast<std::size_t>(e.type)].expected;
    for (const auto& f : text::find_pii(std::string_view(said->get_string()))) {
      auto& count = by_type[static_cast<std::size_t>(f.type)];
      ++count.found;
      const auto it =
          std::find_if(expected.begin(), expected.end(), [&](const auto& e) { return agree(e, f); });
      if (it == expected.end()) continue;
      ++count.hit;
      expected.erase(it);
    }
  }
  Count all;
  json::object types;
  for (int t = 0; t < text::kPiiTypes; ++t) {
    const auto& c = by_type[static_cast<std::size_t>(t)];
    all = {all.expected + c.expected, all.found + c.found, all.hit + c.hit};
    if (c.expected + c.found > 0) types[text::to_string(static_cast<text::PiiType>(t))] = figures(c);
  }
  auto out = figures(all);
  if (!as_json) {
    fmt::print("{:<12} {:>6} {:>8} {:>10}\n", "type", "n", "recall", "precision");
    const auto line = [](std::string_view name, const json::object& f) {
      fmt::print("{:<12} {:>6} {:>8.3f} {:>10.3f}\n", name, json::serialize(f.at("n")),
                 f.at("recall").as_double(), f.at("precision").as_double());
    };
    for (const auto& t : types) line(std::string_view(t.key()), t.value().as_object());
    line("all", out);
    return {};
  }
  out["by_type"] = std::move(types);
  fmt::print("{}\n", json::serialize(out));
  return {};
}

}  // namespace

void add_eval_mask(CLI::App& eval) {
  auto* command = eval.add_subcommand("mask", "Personal data: recall and precision by type");
  auto file = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command->add_option("--file", *file, "JSONL of {text, spans:[{start,end,type}]}, also .gz")->required();
  command->add_flag("--json", *as_json, "One JSON object instead of a table");
  command->callback([=] { exit_with(measure(*file, *as_json)); });
}

}  // namespace zk::cli
