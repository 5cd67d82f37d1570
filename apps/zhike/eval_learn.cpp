// zhike eval learn: what confirmed questions are worth. Half of the questions, drawn by a seed, become
// similar questions of the articles they belong to; the other half is asked before and after.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "answering/corpus.hpp"
#include "base/random.hpp"
#include "commands.hpp"
#include "eval.hpp"
#include "predict.hpp"

namespace zk::cli {
namespace {

struct Flags {
  ModelFlags models;
  std::string articles, questions;
  double target = 0.98;
  std::uint64_t seed = 1;
  bool as_json = false;
};

Result<answering::Scores> ask_all(const std::vector<Article>& articles, const answering::Models& models,
                                  double target, const std::vector<answering::AskedQuestion>& questions,
                                  const char* label) {
  ZK_TRY(auto answerer, answering::Answerer::build(articles, models));
  ZK_TRY(answerer, answerer->learn());
  dialogue::EngineOptions options;
  options.target = target;
  const dialogue::Engine engine(options);
  std::vector<answering::Prediction> predictions;
  Progress progress(label, questions.size());
  for (const auto& q : questions) {
    dialogue::TurnInput input;
    input.text = q.text;
    ZK_TRY(const auto reply, engine.turn(*answerer, input));
    predictions.push_back(prediction_of(reply));
    progress.step();
  }
  return answering::score(questions, predictions);
}

Status learn(const Flags& flags) {
  ZK_TRY(auto articles, answering::read_articles(flags.articles));
  ZK_TRY(auto questions, answering::read_questions(flags.questions));
  ZK_TRY(const auto models, flags.models.open());
  Random random(flags.seed);
  for (std::size_t i = questions.size(); i > 1; --i) std::swap(questions[i - 1], questions[random.below(i)]);
  const auto half = questions.begin() + static_cast<std::ptrdiff_t>(questions.size() / 2);
  const std::vector<answering::AskedQuestion> asked(half, questions.end());
  ZK_TRY(const auto before, ask_all(articles, models, flags.target, asked, "before"));
  std::size_t confirmed = 0;
  for (auto q = questions.begin(); q != half; ++q) {
    if (q->expect != "answer" || q->ids.size() != 1) continue;
    const auto at = std::find_if(articles.begin(), articles.end(),
                                 [&](const auto& a) { return a.external_id == q->ids[0]; });
    if (at == articles.end()) continue;
    at->similar.push_back(q->text);
    ++at->version;
    ++confirmed;
  }
  ZK_TRY(const auto after, ask_all(articles, models, flags.target, asked, "after"));
  const auto figures = [](const answering::Scores& s) {
    return boost::json::object{{"recall_at_1", s.recall_at_1.value()},
                               {"precision", s.precision.value()},
                               {"coverage", s.coverage.value()},
                               {"reach", s.reach.value()},
                               {"oos_answered", s.oos_answered.value()}};
  };
  if (flags.as_json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"confirmed", confirmed},
                                                                  {"questions", asked.size()},
                                                                  {"before", figures(before)},
                                                                  {"after", figures(after)}}));
    return {};
  }
  fmt::print("{} questions confirmed, {} asked\n", confirmed, asked.size());
  for (const auto& [name, b, a] : {std::tuple{"recall@1", before.recall_at_1, after.recall_at_1},
                                   std::tuple{"precision", before.precision, after.precision},
                                   std::tuple{"coverage", before.coverage, after.coverage},
                                   std::tuple{"reach", before.reach, after.reach},
                                   std::tuple{"oos_answered", before.oos_answered, after.oos_answered}})
    fmt::print("{:<14} {:.3f} [{:.3f}, {:.3f}]  →  {:.3f} [{:.3f}, {:.3f}]\n", name, b.value(), b.low(),
               b.high(), a.value(), a.low(), a.high());
  return {};
}

}  // namespace

void add_eval_learn(CLI::App& eval) {
  auto* command = eval.add_subcommand(
      "learn", "What confirming half of the questions as similar ones is worth to the other half");
  auto flags = std::make_shared<Flags>();
  command->add_option("--articles", flags->articles, "Articles (JSONL)")->required();
  command->add_option("--questions", flags->questions, "Questions with what is expected (JSONL)")->required();
  command->add_option("--target", flags->target, "Precision wanted of direct answers")->capture_default_str();
  command->add_option("--seed", flags->seed, "Of the draw")->capture_default_str();
  command->add_flag("--json", flags->as_json, "One JSON object");
  flags->models.add_to(*command);
  command->callback([flags] { exit_with(learn(*flags)); });
}

}  // namespace zk::cli
