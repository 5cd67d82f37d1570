// zhike eval retrieval, pairs, intent: public sets, measured with the parts production runs.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <unordered_map>

#include "answering/bm25.hpp"
#include "answering/corpus.hpp"
#include "answering/dense.hpp"
#include "commands.hpp"
#include "eval.hpp"
#include "nlu/intent.hpp"
#include "nlu/metrics.hpp"
#include "text/text.hpp"

namespace zk::cli {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr float kBm25Weight = 0.15F;  // beside the cosine, as share of what the question's n-grams could give
constexpr std::size_t kChunk = 256;   // texts encoded between two marks of progress
constexpr double kPrecision = 0.98;

struct Flags {
  ModelFlags models;
  std::string corpus, queries, pairs, train, test, oos;
  bool as_json = false;
};

void print(bool as_json, const json::object& figures) {
  if (as_json) {
    fmt::print("{}\n", json::serialize(figures));
    return;
  }
  for (const auto& f : figures)
    fmt::print("{:<16} {}\n", std::string_view(f.key()), json::serialize(f.value()));
}

Result<std::vector<float>> encode(nlu::Encoder& encoder, const std::vector<std::string>& texts,
                                  const char* label) {
  std::vector<float> out;
  Progress progress(label, (texts.size() + kChunk - 1) / kChunk);
  for (std::size_t i = 0; i < texts.size(); i += kChunk) {
    const auto n = std::min(kChunk, texts.size() - i);
    ZK_TRY(const auto part, encoder.encode(std::span(texts).subspan(i, n)));
    out.insert(out.end(), part.begin(), part.end());
    progress.step();
  }
  return out;
}

json::object interval(std::size_t hits, std::size_t of) {
  const auto i = nlu::wilson(hits, of);
  return {{"low", i.low}, {"high", i.high}, {"n", of}};
}

std::vector<std::string> normalised_column(const std::vector<std::vector<std::string>>& rows,
                                           std::size_t column) {
  std::vector<std::string> out;
  for (const auto& r : rows) out.push_back(text::normalise(r[column]));
  return out;
}

// 0-based place of the first relevant text, or npos.
std::size_t place_of(const std::vector<float>& scores, const std::vector<std::size_t>& relevant) {
  float best = -1e9F;
  for (const auto r : relevant) best = std::max(best, scores[r]);
  std::size_t better = 0;
  for (const float s : scores) better += s > best ? 1 : 0;
  return better;
}

Status retrieval(const Flags& flags) {
  ZK_TRY(const auto corpus, answering::read_table(flags.corpus, {"id", "text"}));
  ZK_TRY(const auto queries, answering::read_table(flags.queries, {"query", "relevant_ids"}));
  ZK_TRY(const auto models, flags.models.open());
  if (models.encoders.empty())
    return fail(ErrorCode::kUnavailable, "no encoder: run tools/setup, or choose another --profile");
  std::unordered_map<std::string, std::size_t> row_of;
  for (std::size_t i = 0; i < corpus.size(); ++i) row_of.emplace(corpus[i][0], i);
  const auto texts = normalised_column(corpus, 1);
  std::vector<std::vector<answering::Term>> grams;
  for (const auto& t : texts) grams.push_back(answering::char_terms(t, 1, 2));
  const answering::Bm25 index({grams.begin(), grams.end()});
  auto& encoder = *models.encoders[0]->encoder();
  ZK_TRY(const auto vectors, encode(encoder, texts, "corpus"));
  std::vector<std::size_t> ranks;
  std::vector<double> ms;
  std::vector<float> cosine(texts.size()), share(texts.size());
  Progress progress("queries", queries.size());
  for (const auto& q : queries) {
    const auto start = Clock::now();
    const std::vector<std::string> asked = {text::normalise(q[0])};
    ZK_TRY(const auto v, encoder.encode(asked));
    answering::multiply(vectors, v, cosine);
    index.share(answering::char_terms(asked[0], 1, 2), share);
    for (std::size_t i = 0; i < cosine.size(); ++i) cosine[i] += kBm25Weight * share[i];
    ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    std::vector<std::size_t> relevant;
    for (std::size_t from = 0; from <= q[1].size();) {
      const auto end = std::min(q[1].find(',', from), q[1].size());
      if (const auto at = row_of.find(q[1].substr(from, end - from)); at != row_of.end())
        relevant.push_back(at->second);
      from = end + 1;
    }
    ranks.push_back(relevant.empty() ? 0 : place_of(cosine, relevant) + 1);
    progress.step();
  }
  const double first = nlu::recall_at(ranks, 1);
  const auto hits = static_cast<std::size_t>(first * static_cast<double>(ranks.size()) + 0.5);
  print(flags.as_json, {{"queries", ranks.size()},
                        {"recall_at_1", first},
                        {"recall_at_1_interval", interval(hits, ranks.size())},
                        {"recall_at_10", nlu::recall_at(ranks, 10)},
                        {"mrr_at_10", nlu::mrr_at(ranks, 10)},
                        {"ms_p50", nlu::percentile(ms, 0.5)},
                        {"ms_p99", nlu::percentile(ms, 0.99)}});
  return {};
}

Status pairs(const Flags& flags) {
  ZK_TRY(const auto rows, answering::read_table(flags.pairs, {"s1", "s2", "label"}));
  ZK_TRY(const auto models, flags.models.open());
  if (models.encoders.empty())
    return fail(ErrorCode::kUnavailable, "no encoder: run tools/setup, or choose another --profile");
  auto& encoder = *models.encoders[0]->encoder();
  ZK_TRY(const auto left, encode(encoder, normalised_column(rows, 0), "left"));
  ZK_TRY(const auto right, encode(encoder, normalised_column(rows, 1), "right"));
  const auto d = static_cast<std::size_t>(encoder.dimension());
  std::vector<double> same, other;
  for (std::size_t i = 0; i < rows.size(); ++i)
    (rows[i][2] == "1" ? same : other)
        .push_back(static_cast<double>(answering::dot(left.data() + i * d, right.data() + i * d, d)));
  print(flags.as_json, {{"pairs", rows.size()}, {"roc_auc", nlu::roc_auc(same, other)}});
  return {};
}

// The texts with what every encoder of the profile makes of them.
Result<nlu::IntentTexts> read_by_all(const answering::Models& models, std::span<const std::string> texts,
                                     const char* label) {
  std::vector<std::string> normal;
  for (const auto& t : texts) normal.push_back(text::normalise(t));
  nlu::IntentTexts out{texts, {}};
  const auto chunks = (normal.size() + kChunk - 1) / kChunk;
  Progress progress(label, chunks * (models.encoders.size() + models.multilingual.size()));
  for (const auto* encoders : {&models.encoders, &models.multilingual})
    for (const auto& reader : *encoders) {
      auto& rows = out.sentences.emplace_back();
      for (std::size_t i = 0; i < normal.size(); i += kChunk) {
        ZK_TRY(const auto read,
               reader->questions(std::span(normal).subspan(i, std::min(kChunk, normal.size() - i))));
        const auto part = answering::sentence_rows(read);
        rows.width = part.width;
        rows.values.insert(rows.values.end(), part.values.begin(), part.values.end());
        progress.step();
      }
    }
  return out;
}

Status intent(const Flags& flags) {
  ZK_TRY(const auto train, answering::read_table(flags.train, {"text", "intent"}));
  ZK_TRY(const auto test, answering::read_table(flags.test, {"text", "intent"}));
  ZK_TRY(const auto models, flags.models.open());
  const auto column = [](const auto& rows, std::size_t c) {
    std::vector<std::string> out;
    for (const auto& r : rows) out.push_back(r[c]);
    return out;
  };
  const auto taught = column(train, 0), asked = column(test, 0), truth = column(test, 1);
  const auto start = Clock::now();
  ZK_TRY(const auto examples, read_by_all(models, taught, "examples"));
  ZK_TRY(const auto model, nlu::IntentModel::train(examples, column(train, 1)));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  ZK_TRY(const auto questions, read_by_all(models, asked, "tests"));
  const auto predicted = model->predict(questions);
  std::vector<std::string> labels;
  std::vector<nlu::Judged> judged;
  std::vector<double> inside, outside;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    labels.push_back(predicted[i].intent);
    judged.push_back({predicted[i].probability, predicted[i].intent == truth[i]});
    inside.push_back(predicted[i].in_scope);
  }
  const double accuracy = nlu::accuracy(truth, labels);
  json::object figures{
      {"tests", truth.size()},
      {"accuracy", accuracy},
      {"accuracy_interval",
       interval(static_cast<std::size_t>(accuracy * static_cast<double>(truth.size()) + 0.5), truth.size())},
      {"macro_f1", nlu::macro_f1(truth, labels)},
      {"coverage_at_98", nlu::coverage_at_precision(judged, kPrecision).share},
      {"train_seconds", seconds}};
  if (!flags.oos.empty()) {
    ZK_TRY(const auto oos, answering::read_table(flags.oos, {"text"}));
    const auto strange = column(oos, 0);
    ZK_TRY(const auto beyond, read_by_all(models, strange, "out of scope"));
    for (const auto& p : model->predict(beyond)) outside.push_back(p.in_scope);
    figures["oos_auroc"] = nlu::roc_auc(inside, outside);
  }
  print(flags.as_json, figures);
  return {};
}

CLI::App* add(CLI::App& eval, const char* name, const char* what, const std::shared_ptr<Flags>& flags) {
  auto* command = eval.add_subcommand(name, what);
  command->add_flag("--json", flags->as_json, "One JSON object");
  flags->models.add_to(*command);
  return command;
}

}  // namespace

void add_eval_retrieval(CLI::App& eval) {
  auto flags = std::make_shared<Flags>();
  auto* command = add(eval, "retrieval", "Find the relevant texts of a corpus", flags);
  command->add_option("--corpus", flags->corpus, "Columns id, text (.tsv, .gz)")->required();
  command->add_option("--queries", flags->queries, "Columns query, relevant_ids")->required();
  command->callback([flags] { exit_with(retrieval(*flags)); });
}

void add_eval_pairs(CLI::App& eval) {
  auto flags = std::make_shared<Flags>();
  auto* command = add(eval, "pairs", "Tell pairs of the same meaning from others (ROC AUC)", flags);
  command->add_option("--pairs", flags->pairs, "Columns s1, s2, label (.tsv, .gz)")->required();
  command->callback([flags] { exit_with(pairs(*flags)); });
}

void add_eval_intent(CLI::App& eval) {
  auto flags = std::make_shared<Flags>();
  auto* command = add(eval, "intent", "Train intents and test them", flags);
  command->add_option("--train", flags->train, "Columns text, intent (.tsv, .gz)")->required();
  command->add_option("--test", flags->test, "Columns text, intent")->required();
  command->add_option("--oos", flags->oos, "Column text: questions of no intent");
  command->callback([flags] { exit_with(intent(*flags)); });
}

}  // namespace zk::cli
