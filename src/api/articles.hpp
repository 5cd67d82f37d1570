// Endpoints of the knowledge base: articles, their versions, import and export, "try it", its status.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/import_jobs.hpp"
#include "api/router.hpp"
#include "knowledge/library.hpp"

namespace zk::api {

struct KnowledgeParts {
  ImportJobs& jobs;
  // What the bot would say to a question now: {"decision","reply":[blocks],"trace":{…}}.
  std::function<Result<std::string>(std::string_view question, Timestamp now)> try_it;
  // {"articles","questions","encoder","profile","generation","state","threshold","precision","coverage","reach"}
  std::function<Result<std::string>()> status;
};
std::vector<Route> article_routes(const KnowledgeParts& parts);

}  // namespace zk::api
