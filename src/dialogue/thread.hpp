// A message read within its thread: the same words are looked up alone and behind the question before, and a
// log-linear model over what the two readings say, and over how each article stands to what was said before,
// gives one probability an article (a conditional logit: McFadden 1974). Its ten weights were fitted on the
// dialogues of data/dialogues, leaving companies out (README there). Thread-safe.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

#include "answering/answerer.hpp"
#include "base/result.hpp"
#include "dialogue/policy.hpp"
#include "dialogue/reading.hpp"

namespace zk::dialogue {

// What the message may hang on.
struct Said {
  std::string question;              // as asked before
  std::string article_id;            // what it was taken for; "" when unknown
  std::vector<std::string> offered;  // of an ask-back still open
};

struct InThread {
  Belief belief;
  boost::json::object features;  // by article id, "" for none: what the model saw, in the order of Feature
  std::string question;          // how it was read: to be remembered as what was asked
};

using Find = std::function<Result<answering::Finding>(const std::string&)>;

// `alone`: what find(sign.rest) gave. Errors: what find gives.
Result<InThread> read_in_thread(const answering::Finding& alone, const Sign& sign, const Said& said,
                                const Find& find);

}  // namespace zk::dialogue
