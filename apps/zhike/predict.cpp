#include "predict.hpp"

namespace zk::cli {
namespace json = boost::json;
namespace {
constexpr std::string_view kArticle = "article:";
std::string id_of(const Choice& option) { return option.id.substr(kArticle.size()); }
}  // namespace

answering::Prediction prediction_of(const dialogue::Reply& reply) {
  answering::Prediction p;
  p.decision = to_string(reply.decision);
  p.article_id = reply.article_id;
  p.probability = reply.probability;
  for (const auto& o : reply.options) p.options.push_back(id_of(o));
  for (const auto& c : reply.candidates) p.candidates.push_back(c.article_id);
  p.ms = reply.ms;
  return p;
}

json::object line_of(const std::string& question, const dialogue::Reply& reply) {
  json::array options, candidates;
  for (const auto& o : reply.options) options.emplace_back(id_of(o));
  for (const auto& c : reply.candidates)
    candidates.push_back(json::object{{"article_id", c.article_id}, {"probability", c.probability}});
  json::value article;
  if (!reply.article_id.empty()) article = reply.article_id;
  return {{"q", question},
          {"decision", to_string(reply.decision)},
          {"article_id", article},
          {"flow", reply.flow.empty() ? json::value(nullptr) : json::value(reply.flow)},
          {"probability", reply.probability},
          {"options", options},
          {"candidates", candidates},
          {"reply", plain_text(reply.blocks)},
          {"ms", reply.ms}};
}

}  // namespace zk::cli
