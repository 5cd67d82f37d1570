// A turn of the engine as a line of `zhike ask --json`.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "answering/scores.hpp"
#include "dialogue/engine.hpp"

namespace zk::cli {

answering::Prediction prediction_of(const dialogue::Reply& reply);
// {"q","decision","article_id","flow","probability","options","candidates","reply","ms"}
boost::json::object line_of(const std::string& question, const dialogue::Reply& reply);

}  // namespace zk::cli
