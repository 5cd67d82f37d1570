// zhike eval answers: a fresh knowledge base from the articles alone, every question asked, the figures
// printed.
#include <fmt/format.h>

#include <fstream>

#include "answering/corpus.hpp"
#include "commands.hpp"
#include "eval.hpp"
#include "predict.hpp"

namespace zk::cli {
namespace {

namespace json = boost::json;
using answering::AskedQuestion;
using answering::Prediction;
using answering::Rate;
using answering::Scores;

struct Flags {
  ModelFlags models;
  std::string articles, questions, multiturn, similar, predictions;
  double target = 0.98;
  bool as_json = false, traces = false;
};

struct Run {
  std::vector<AskedQuestion> questions;
  std::vector<Prediction> predictions;
  std::vector<json::object> lines;
  Rate turns;
  std::map<std::string, Rate> turns_by_kind;
  double build_seconds = 0;
};

json::object of(const Rate& r) {
  return {{"value", r.value()}, {"n", r.of}, {"low", r.low()}, {"high", r.high()}};
}

// The rates by their names, with their intervals under "intervals".
json::object of(const Scores& s) {
  const std::vector<std::pair<std::string_view, const Rate*>> rates = {
      {"precision", &s.precision},
      {"coverage", &s.coverage},
      {"reach", &s.reach},
      {"recall_at_1", &s.recall_at_1},
      {"recall_at_3", &s.recall_at_3},
      {"clarify_hit", &s.clarify_hit},
      {"ambiguous_answered", &s.ambiguous_answered},
      {"oos_answered", &s.oos_answered},
      {"oos_offered", &s.oos_offered},
      {"human_recall", &s.human_recall}};
  json::object out{{"questions", s.questions}, {"answered", s.answered}};
  json::object intervals;
  for (const auto& [name, rate] : rates) {
    if (rate->of == 0) continue;
    out[name] = rate->value();
    intervals[name] = of(*rate);
  }
  out["ece"] = s.ece;
  out["ms_p50"] = s.ms_p50;
  out["ms_p99"] = s.ms_p99;
  out["intervals"] = intervals;
  return out;
}

Status ask_questions(const dialogue::Engine& engine, const answering::Answerer& answerer, Run& run) {
  Progress progress("questions", run.questions.size());
  for (const auto& q : run.questions) {
    dialogue::TurnInput input;
    input.text = q.text;
    ZK_TRY(const auto reply, engine.turn(answerer, input));
    run.predictions.push_back(prediction_of(reply));
    run.lines.push_back(line_of(q.text, reply));
    progress.step();
  }
  return {};
}

Status hold_dialogues(const dialogue::Engine& engine, const answering::Answerer& answerer,
                      const std::vector<answering::Dialogue>& dialogues, bool traces, Run& run) {
  Progress progress("dialogues", dialogues.size());
  for (const auto& d : dialogues) {
    std::string state;
    std::vector<Choice> offered;
    for (std::size_t t = 0; t < d.turns.size(); ++t) {
      dialogue::TurnInput input;
      input.text = d.turns[t].text;
      input.state = state;
      ZK_TRY(const auto reply, engine.turn(answerer, input));
      state = reply.state;
      auto prediction = prediction_of(reply);
      // `pick`: the n-th of the options just offered is the right answer, whatever stood there.
      auto expected = d.turns[t];
      const auto n = static_cast<std::size_t>(expected.pick);
      if (n > 0) {
        expected.pick = 0;
        expected.ids.clear();
        if (n <= offered.size()) expected.ids.push_back(offered[n - 1].id.substr(8));
      }
      const bool ok = answering::turn_ok(expected, prediction);
      run.turns.of += 1;
      run.turns.hits += ok ? 1 : 0;
      auto& kind = run.turns_by_kind[d.kind];
      kind.of += 1;
      kind.hits += ok ? 1 : 0;
      auto line = line_of(d.turns[t].text, reply);
      line["dialogue"] = d.id;
      line["turn"] = t + 1;
      if (traces) line["trace"] = json::parse(reply.trace);
      run.lines.push_back(std::move(line));
      offered = reply.options;
    }
    progress.step();
  }
  return {};
}

void print_table(const Run& run, const Scores& all, const std::map<std::string, Scores>& by_type) {
  const auto row = [](std::string_view name, const Rate& r) {
    if (r.of > 0)
      fmt::print("{:<20} {:.3f}  [{:.3f}, {:.3f}]  n={}\n", name, r.value(), r.low(), r.high(), r.of);
  };
  row("precision", all.precision);
  row("coverage", all.coverage);
  row("reach", all.reach);
  row("recall@1", all.recall_at_1);
  row("recall@3", all.recall_at_3);
  row("clarify_hit", all.clarify_hit);
  row("ambiguous_answered", all.ambiguous_answered);
  row("oos_answered", all.oos_answered);
  row("oos_offered", all.oos_offered);
  row("human_recall", all.human_recall);
  row("multiturn_ok", run.turns);
  for (const auto& [kind, rate] : run.turns_by_kind) row("  " + kind, rate);
  fmt::print("ece {:.3f}   ms p50 {:.1f} p99 {:.1f}   built in {:.1f} s\n\n", all.ece, all.ms_p50, all.ms_p99,
             run.build_seconds);
  fmt::print("{:<14} {:>5} {:>8} {:>9} {:>8} {:>9}\n", "type", "n", "recall@1", "coverage", "reach",
             "precision");
  for (const auto& [type, s] : by_type)
    fmt::print("{:<14} {:>5} {:>8.3f} {:>9.3f} {:>8.3f} {:>9.3f}\n", type, s.questions, s.recall_at_1.value(),
               s.coverage.value(), s.reach.value(), s.precision.value());
}

Status evaluate(const Flags& flags) {
  ZK_TRY(auto articles, answering::read_articles(flags.articles));
  if (!flags.similar.empty()) ZK_TRY_STATUS(answering::add_similar(flags.similar, articles));
  Run run;
  ZK_TRY(run.questions, answering::read_questions(flags.questions));
  std::vector<answering::Dialogue> dialogues;
  if (!flags.multiturn.empty()) {
    ZK_TRY(dialogues, answering::read_dialogues(flags.multiturn));
  }
  ZK_TRY(const auto models, flags.models.open());
  const auto start = std::chrono::steady_clock::now();
  ZK_TRY(auto answerer, answering::Answerer::build(articles, models));
  ZK_TRY(answerer, answerer->learn());
  run.build_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  dialogue::EngineOptions options;
  options.target = flags.target;
  const dialogue::Engine engine(options);
  ZK_TRY_STATUS(ask_questions(engine, *answerer, run));
  ZK_TRY_STATUS(hold_dialogues(engine, *answerer, dialogues, flags.traces, run));
  if (!flags.predictions.empty()) {
    std::ofstream out(flags.predictions, std::ios::binary);
    for (const auto& line : run.lines) out << json::serialize(line) << '\n';
    if (!out.flush())
      return fail(ErrorCode::kInternal,
                  "cannot write " + flags.predictions + ": check the path and disk space");
  }
  const auto all = answering::score(run.questions, run.predictions);
  const auto by_type = answering::score_by_type(run.questions, run.predictions);
  if (!flags.as_json) return print_table(run, all, by_type), Status{};
  auto out = of(all);
  if (run.turns.of > 0) {
    out["multiturn_ok"] = run.turns.value();
    out["intervals"].as_object()["multiturn_ok"] = of(run.turns);
  }
  json::object types;
  for (const auto& [type, s] : by_type) types[type] = of(s);
  out["by_type"] = types;
  out["build_seconds"] = run.build_seconds;
  out["profile"] = to_string(models.profile);
  fmt::print("{}\n", json::serialize(out));
  return {};
}

}  // namespace

void add_eval_answers(CLI::App& eval) {
  auto* command = eval.add_subcommand(
      "answers", "Build a knowledge base from articles, ask every question, print the figures");
  auto flags = std::make_shared<Flags>();
  command->add_option("--articles", flags->articles, "Articles (JSONL)")->required();
  command->add_option("--questions", flags->questions, "Questions with what is expected (JSONL)")->required();
  command->add_option("--multiturn", flags->multiturn, "Dialogues (JSONL)");
  command->add_option("--more-similar", flags->similar, "Similar questions to add to the articles (JSONL)");
  command->add_option("--target", flags->target, "Precision wanted of direct answers")->capture_default_str();
  command->add_option("--predictions", flags->predictions, "Write one line a question here");
  command->add_flag("--traces", flags->traces, "With the trace of every turn of a dialogue");
  command->add_flag("--json", flags->as_json, "One JSON object");
  flags->models.add_to(*command);
  command->callback([flags] { exit_with(evaluate(*flags)); });
}

}  // namespace zk::cli
