// zhike ask: a question from the shell, answered as a customer's would be.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "answering/corpus.hpp"
#include "app/flows.hpp"
#include "commands.hpp"
#include "conversation/intake.hpp"
#include "eval.hpp"
#include "predict.hpp"

namespace zk::cli {
namespace {

struct Flags {
  ModelFlags models;
  std::string question, articles, flows;
  double target = 0.98;
  bool as_json = false, batch = false, trace = false;
};

// The demo company's knowledge lies beside the program or in the source tree above it.
Result<std::string> articles_path(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code ignored;
  const auto self = std::filesystem::canonical("/proc/self/exe", ignored);
  for (auto at = self.parent_path(); !at.empty() && at != at.root_path(); at = at.parent_path())
    for (const auto* name : {"data/demo/articles.jsonl", "share/zhike/demo/articles.jsonl"})
      if (std::filesystem::exists(at / name, ignored)) return (at / name).string();
  return fail(ErrorCode::kNotFound, "no knowledge to answer from: give --articles FILE");
}

// What may speak besides the articles. Without --flows: the folder beside the articles, when there is one.
struct Spoken {
  flow::Book book;
  std::unique_ptr<flow::Actions> actions;
};
Result<Spoken> open_flows(const std::string& given, const std::string& articles) {
  Spoken out;
  std::error_code ignored;
  const auto beside = std::filesystem::path(articles).parent_path() / "flows";
  if (given.empty() && !std::filesystem::is_directory(beside, ignored)) return out;
  const auto folder = given.empty() ? beside.string() : given;
  ZK_TRY(const auto files, app::read_flows(folder));
  for (const auto& f : files) {
    auto flow = flow::parse(f.source);
    if (!flow) return fail(flow.error().code, f.name + ": " + flow.error().message);
    out.book.flows.push_back(*std::move(flow));
  }
  config::Config config;
  if (const auto actions = std::filesystem::path(folder) / "actions.yaml";
      std::filesystem::exists(actions, ignored))
    config.dialogue.actions = actions.string();
  ZK_TRY(out.actions, app::open_actions(config, false));
  return out;
}

void print(const Flags& flags, const std::string& question, const dialogue::Reply& reply) {
  if (flags.as_json || flags.batch) {
    fmt::print("{}\n", boost::json::serialize(line_of(question, reply)));
    return;
  }
  fmt::print("{}\n\n{} {:.3f} {}  ({:.1f} ms)\n", plain_text(reply.blocks), to_string(reply.decision),
             reply.probability, reply.article_id, reply.ms);
  for (const auto& c : reply.candidates) fmt::print("  {:.3f}  {}\n", c.probability, c.article_id);
  if (flags.trace) fmt::print("{}\n", reply.trace);
}

Status ask(const Flags& flags) {
  if (flags.question.empty() && !flags.batch)
    return fail(ErrorCode::kInvalidArgument, "give a question, or --batch");
  ZK_TRY(const auto path, articles_path(flags.articles));
  ZK_TRY(const auto articles, answering::read_articles(path));
  ZK_TRY(const auto flows, open_flows(flags.flows, path));
  ZK_TRY(const auto models, flags.models.open());
  ZK_TRY(auto answerer, answering::Answerer::build(articles, models));
  ZK_TRY(answerer, answerer->learn());
  dialogue::EngineOptions options;
  options.target = flags.target;
  const dialogue::Engine engine(options);
  const SystemClock clock;
  const auto turn = [&](const std::string& question) -> Status {
    dialogue::TurnInput input;
    ZK_TRY(const auto clean,
           conversation::Intake{}.clean(text_blocks(question), SenderKind::kVisitor));  // as a message is
    input.text = plain_text(clean.blocks);
    input.now = clock.now();
    input.channel = "web";
    input.flows = &flows.book;
    input.calls = flows.actions.get();
    ZK_TRY(const auto reply, engine.turn(*answerer, input));
    print(flags, question, reply);
    return {};
  };
  if (!flags.batch) return turn(flags.question);
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) ZK_TRY_STATUS(turn(line));
  return {};
}

}  // namespace

void add_ask(CLI::App& app) {
  auto* command = app.add_subcommand("ask", "Answer a question from the shell");
  auto flags = std::make_shared<Flags>();
  command->add_option("question", flags->question, "What a customer would ask");
  command->add_option("--articles", flags->articles,
                      "Knowledge to answer from (JSONL); else the demo company's");
  command->add_option("--flows", flags->flows,
                      "Flows that may speak: a file or a folder; else `flows` beside the articles");
  command->add_option("--target", flags->target, "Precision wanted of direct answers")->capture_default_str();
  command->add_flag("--json", flags->as_json, "One JSON object");
  command->add_flag("--batch", flags->batch, "One question a line from standard input, one JSON object each");
  command->add_flag("--trace", flags->trace, "Print the trace as well");
  flags->models.add_to(*command);
  command->callback([flags] { exit_with(ask(*flags)); });
}

}  // namespace zk::cli
