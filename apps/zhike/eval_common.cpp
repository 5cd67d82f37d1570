#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "eval.hpp"

namespace zk::cli {

void ModelFlags::add_to(CLI::App& command) {
  command.add_option("--models", models,
                     "Folder of the models (else $ZHIKE_MODELS, else models/ near the program)");
  command.add_option("--profile", profile, "best, fast or lexical")->capture_default_str();
  command.add_option("--encoder", encoder,
                     "Another BERT-type ONNX file in the place of bge (tokenizer.json beside it)");
  command.add_option("--cache", cache, "Folder that keeps the vectors of texts between runs");
  command.add_option("--threads", threads, "Runs of an encoder at once")->capture_default_str();
}

Result<answering::Models> ModelFlags::open() const {
  answering::ModelOptions options;
  ZK_TRY(options.profile, answering::profile_of(profile));
  options.encoder = encoder;
  options.cache = cache;
  options.keep_questions = true;
  options.threads = threads;
  ZK_TRY(auto opened, answering::open_models(answering::find_models(models, {}), options));
  if (!opened.note.empty()) fmt::print(stderr, "zhike: {}\n", opened.note);
  return opened;
}

void Progress::step() {
  ++done_;
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (!terminal && done_ % std::max<std::size_t>(1, total_ / 10) != 0) return;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  fmt::print(stderr, "{}{} {}/{} {:.0f} % {:.1f} s{}", terminal ? "\r" : "", label_, done_, total_,
             100.0 * static_cast<double>(done_) / static_cast<double>(total_), seconds,
             terminal && done_ < total_ ? "" : "\n");
}

}  // namespace zk::cli
