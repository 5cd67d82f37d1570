// Intent classification on labelled sets: one JSON object. Rows are `text<TAB>intent` with a header, plain or
// gzip.
//
//   bench_nlu_intent --encoders bge|e5|both|none TRAIN.tsv TEST.tsv [OOS.tsv]
//   bench_nlu_intent --encoders e5 --hold-out 5 TRAIN.tsv
#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>

#include "nlu/bge.hpp"
#include "nlu/e5.hpp"
#include "nlu/intent.hpp"
#include "nlu/metrics.hpp"
#include "text/text.hpp"

namespace zk::nlu {
namespace {

struct Rows {
  std::vector<std::string> texts, labels;
};

Rows read(const std::string& path) {
  Rows rows;
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) return rows;
  char line[65536];
  gzgets(file, line, sizeof line);
  while (gzgets(file, line, sizeof line)) {
    const std::string_view s(line, std::strcspn(line, "\r\n"));
    const auto tab = s.find('\t');
    if (tab == std::string_view::npos) continue;
    rows.texts.emplace_back(s.substr(0, tab));
    const auto rest = s.substr(tab + 1);
    rows.labels.emplace_back(rest.substr(0, rest.find('\t')));
  }
  gzclose(file);
  return rows;
}

Result<std::vector<std::shared_ptr<Encoder>>> open_encoders(const std::string& which) {
  const std::filesystem::path models = std::filesystem::path(ZK_SOURCE_DIR) / "models";
  std::vector<std::shared_ptr<Encoder>> encoders;
  if (which == "bge" || which == "both") {
    ZK_TRY(auto bge, open_bge(models, {}));
    encoders.push_back(std::move(bge));
  }
  if (which == "e5" || which == "both") {
    ZK_TRY(auto e5, open_e5(models));
    encoders.push_back(std::move(e5));
  }
  return encoders;
}

Result<IntentTexts> encoded(std::span<const std::string> texts,
                            const std::vector<std::shared_ptr<Encoder>>& encoders) {
  std::vector<std::string> normal;
  for (const auto& t : texts) normal.push_back(text::normalise(t));
  IntentTexts out{texts, {}};
  for (const auto& e : encoders) {
    ZK_TRY(auto vectors, e->encode(normal));
    out.sentences.push_back({static_cast<std::size_t>(e->dimension()), std::move(vectors)});
  }
  return out;
}

Status run(const std::string& which, std::size_t hold_out, const std::vector<std::string>& files) {
  ZK_TRY(const auto encoders, open_encoders(which));
  Rows train = read(files[0]), test;
  if (hold_out) {
    Rows kept;
    for (std::size_t i = 0; i < train.texts.size(); ++i) {
      Rows& to = i % hold_out == hold_out - 1 ? test : kept;
      to.texts.push_back(train.texts[i]);
      to.labels.push_back(train.labels[i]);
    }
    train = std::move(kept);
  } else {
    test = read(files[1]);
  }
  ZK_TRY(const auto train_texts, encoded(train.texts, encoders));
  ZK_TRY(const auto test_texts, encoded(test.texts, encoders));
  const auto start = std::clock();
  ZK_TRY(const auto model, IntentModel::train(train_texts, train.labels));
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const auto predictions = model->predict(test_texts);
  std::vector<std::string> said;
  std::vector<Judged> judged;
  std::vector<double> inside, outside;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    said.push_back(predictions[i].intent);
    judged.push_back({predictions[i].probability, predictions[i].intent == test.labels[i]});
    inside.push_back(predictions[i].in_scope);
  }
  const std::size_t right = static_cast<std::size_t>(
      std::count_if(judged.begin(), judged.end(), [](const auto& j) { return j.right; }));
  const auto interval = wilson(right, judged.size());
  fmt::print(
      "{{\"encoders\":\"{}\",\"train\":{},\"test\":{},\"accuracy\":{:.4f},\"low\":{:.4f},\"high\":{:.4f},"
      "\"macro_f1\":{:.4f},",
      which, train.texts.size(), test.texts.size(), accuracy(test.labels, said), interval.low, interval.high,
      macro_f1(test.labels, said));
  fmt::print("\"coverage_at_98\":{:.3f},\"ece\":{:.4f},\"train_cpu_seconds\":{:.1f}",
             coverage_at_precision(judged, 0.98).share, calibration_error(judged), seconds);
  if (!hold_out && files.size() > 2) {
    const auto strange = read(files[2]);
    ZK_TRY(const auto strange_texts, encoded(strange.texts, encoders));
    for (const auto& p : model->predict(strange_texts)) outside.push_back(p.in_scope);
    fmt::print(",\"oos_auroc\":{:.4f}", roc_auc(inside, outside));
  }
  fmt::print("}}\n");
  return {};
}

}  // namespace
}  // namespace zk::nlu

int main(int argc, char** argv) {
  std::string encoders = "none";
  std::size_t hold_out = 0;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    const bool more = i + 1 < argc;
    if (a == "--encoders" && more) {
      encoders = argv[++i];
    } else if (a == "--hold-out" && more) {
      hold_out = std::stoul(argv[++i]);
    } else {
      files.emplace_back(a);
    }
  }
  if (files.empty() || (!hold_out && files.size() < 2)) {
    fmt::print(stderr,
               "bench_nlu_intent --encoders bge|e5|both|none [--hold-out N] TRAIN.tsv "
               "[TEST.tsv [OOS.tsv]]\n");
    return 64;
  }
  const auto status = zk::nlu::run(encoders, hold_out, files);
  if (!status) fmt::print(stderr, "{}\n", status.error().message);
  return status ? 0 : 70;
}
