// Everything the answering loads from models/: encoders and weights, by profile.
//   best          the Chinese encoder, the multilingual one for questions in other languages
//   fast          the Chinese encoder alone
//   multilingual  the multilingual encoder alone
//   lexical       no model: ranks by BM25 with a fixed formula and is never sure; chosen only when asked for
//   or, with a stated
//                 reason (`note`), when nothing else can be loaded
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "answering/alarm.hpp"
#include "answering/judge.hpp"
#include "answering/prepared.hpp"

namespace zk::answering {

enum class Profile { kBest, kFast, kMultilingual, kLexical };
Result<Profile> profile_of(std::string_view name);
std::string_view to_string(Profile profile);

struct Models {
  Profile profile = Profile::kLexical;  // what really runs
  Encoders encoders;
  std::shared_ptr<const Judge> judge = Judge::lexical();
  Encoders multilingual;  // for questions without Han characters; empty: `encoders` read those too
  std::shared_ptr<const Judge> multilingual_judge;
  std::shared_ptr<const AlarmModel> alarm;  // reads what `encoders` make of Chinese; null: rules alone
  std::string note;                         // why this is less than was asked for; empty when it is not
};

struct ModelOptions {
  Profile profile = Profile::kBest;
  bool lexical_only = false;        // missing files are then no error
  std::filesystem::path cache{};    // directory for what is read of article texts; empty: none
  bool keep_questions = false;      // keep questions there too (for evaluation; never of customers' messages)
  std::filesystem::path encoder{};  // another BERT-type ONNX file (tokenizer beside it) in the place of bge
  int threads = 1;                  // concurrent runs of an encoder
};

// Errors: kNotFound names the missing file and the remedy (tools/setup), kDataLoss a damaged one.
Result<Models> open_models(const std::filesystem::path& directory, const ModelOptions& options);

// --models, else $ZHIKE_MODELS, else models/ beside the program's prefix, else ./models.
std::filesystem::path find_models(const std::filesystem::path& given, const std::filesystem::path& program);

}  // namespace zk::answering
