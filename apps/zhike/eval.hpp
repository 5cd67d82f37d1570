// The parts of `zhike eval`, one function a file.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "answering/models.hpp"

namespace zk::cli {

void add_eval_answers(CLI::App& eval);
void add_eval_features(CLI::App& eval);
void add_eval_intent(CLI::App& eval);
void add_eval_learn(CLI::App& eval);
void add_eval_mask(CLI::App& eval);
void add_eval_pairs(CLI::App& eval);
void add_eval_retrieval(CLI::App& eval);

// --models, --profile, --encoder, --cache: the same for every command that answers.
struct ModelFlags {
  std::string models, profile = "best", encoder, cache;
  int threads = 2;
  void add_to(CLI::App& command);
  Result<answering::Models> open() const;
};

// "label 120/480 25 % 3.1 s" on standard error: rewritten on a terminal, every tenth elsewhere.
class Progress {
 public:
  Progress(std::string label, std::size_t total) : label_(std::move(label)), total_(total) {}
  void step();

 private:
  const std::string label_;
  const std::size_t total_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::size_t done_ = 0;
};

}  // namespace zk::cli
