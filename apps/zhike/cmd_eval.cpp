#include "commands.hpp"
#include "eval.hpp"

namespace zk::cli {

void add_eval(CLI::App& app) {
  auto* eval = app.add_subcommand("eval", "Measure understanding and answering, with the code of production");
  eval->require_subcommand(1);
  add_eval_answers(*eval);
  add_eval_learn(*eval);
  add_eval_retrieval(*eval);
  add_eval_pairs(*eval);
  add_eval_intent(*eval);
  add_eval_features(*eval);
  add_eval_mask(*eval);
}

}  // namespace zk::cli
