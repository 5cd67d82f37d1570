// zhike eval features: what training sees is what production computes.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "answering/corpus.hpp"
#include "commands.hpp"
#include "eval.hpp"

namespace zk::cli {
namespace {

namespace json = boost::json;

struct Flags {
  ModelFlags models;
  std::string company, articles, questions, similar, out;
};

float code_of(const std::string& expect) {
  constexpr std::array<std::string_view, 5> kExpect = {"answer", "clarify", "none", "human", "smalltalk"};
  return static_cast<float>(std::find(kExpect.begin(), kExpect.end(), expect) - kExpect.begin());
}

// One JSON line (company, columns, questions, rows), then `rows` rows of float32, little endian:
// question, article, expect (index in "expect"), right (0/1), then the columns.
Status dump(const Flags& flags) {
  const auto path = [&](const std::string& given, const char* name) {
    return given.empty() ? flags.company + "/" + name : given;
  };
  ZK_TRY(auto articles, answering::read_articles(path(flags.articles, "articles.jsonl")));
  ZK_TRY(const auto questions, answering::read_questions(path(flags.questions, "questions.jsonl")));
  if (!flags.similar.empty()) ZK_TRY_STATUS(answering::add_similar(flags.similar, articles));
  ZK_TRY(const auto models, flags.models.open());
  ZK_TRY(auto kb, answering::KnowledgeBase::build(articles, models.encoders));
  ZK_TRY(kb, kb->learn());
  std::vector<float> rows;
  std::size_t count = 0;
  Progress progress("features", questions.size());
  for (std::size_t q = 0; q < questions.size(); ++q) {
    ZK_TRY(const auto look, kb->look({questions[q].text}));
    for (std::size_t i = 0; i < look.articles.size(); ++i, ++count) {
      const auto& id = kb->article(look.articles[i]).external_id;
      const bool right =
          std::find(questions[q].ids.begin(), questions[q].ids.end(), id) != questions[q].ids.end();
      rows.insert(rows.end(), {static_cast<float>(q), static_cast<float>(look.articles[i]),
                               code_of(questions[q].expect), right ? 1.0F : 0.0F});
      rows.insert(rows.end(), look.features.row(i), look.features.row(i) + look.features.columns);
      rows.insert(rows.end(), look.question.begin(), look.question.end());
    }
    progress.step();
  }
  json::array columns;
  for (const auto& n : kb->feature_names()) columns.emplace_back(n);
  for (const auto& n : answering::KnowledgeBase::question_feature_names()) columns.emplace_back(n);
  json::array types;
  for (const auto& q : questions) types.emplace_back(q.type);
  const json::object header{{"company", flags.company},
                            {"articles", articles.size()},
                            {"questions", questions.size()},
                            {"rows", count},
                            {"columns", columns},
                            {"types", types},
                            {"expect", {"answer", "clarify", "none", "human", "smalltalk"}}};
  std::ofstream file(flags.out, std::ios::binary);
  file << json::serialize(header) << '\n';
  file.write(reinterpret_cast<const char*>(rows.data()),
             static_cast<std::streamsize>(rows.size() * sizeof(float)));
  if (!file.flush())
    return fail(ErrorCode::kInternal, "cannot write " + flags.out + ": check the path and disk space");
  return {};
}

}  // namespace

void add_eval_features(CLI::App& eval) {
  auto* command = eval.add_subcommand(
      "features", "Write the features of every question and candidate article, for training");
  auto flags = std::make_shared<Flags>();
  command->add_option("--company", flags->company, "Folder with articles.jsonl and questions.jsonl")
      ->required();
  command->add_option("--articles", flags->articles, "Another file of articles");
  command->add_option("--questions", flags->questions, "Another file of questions");
  command->add_option("--more-similar", flags->similar, "File of similar questions to add to the articles");
  command->add_option("--out", flags->out, "File to write")->required();
  flags->models.add_to(*command);
  command->callback([flags] { exit_with(dump(*flags)); });
}

}  // namespace zk::cli
