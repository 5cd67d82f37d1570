// docs/openapi.json is what the server says. After a change of the table: ZK_UPDATE_DOCS=1 api_test
// --gtest_filter='OpenApi*'
#include <fstream>
#include <set>
#include <sstream>

#include "api/openapi.hpp"
#include "api/tests/whole_table.hpp"

namespace zk::api {
namespace {

class OpenApi : public WholeTableTest {};

TEST_F(OpenApi, DocumentIsTheOneInDocs) {
  const auto served = call("GET", "/openapi.json", {});
  ASSERT_EQ(served.status, 200);
  const std::string file = ZK_SOURCE_DIR "/docs/openapi.json";
  if (std::getenv("ZK_UPDATE_DOCS")) std::ofstream(file) << served.response.body;
  std::stringstream kept;
  kept << std::ifstream(file).rdbuf();
  EXPECT_TRUE(kept.str() == served.response.body)
      << "docs/openapi.json is stale; the head of this file says how to write it";
}

// Every $ref leads somewhere, and operation ids differ: what generators of clients trip over.
void visit(const json::value& v, const json::value& root, std::set<std::string>& ids) {
  if (const auto* array = v.if_array())
    for (const auto& item : *array) visit(item, root, ids);
  const auto* object = v.if_object();
  if (!object) return;
  for (const auto& member : *object) {
    if (member.key() == "$ref") {
      boost::system::error_code error;
      EXPECT_NE(root.find_pointer(std::string_view(member.value().as_string()).substr(1), error), nullptr)
          << member.value();
    }
    if (member.key() == "operationId")
      EXPECT_TRUE(ids.insert(std::string(member.value().as_string())).second) << member.value();
    visit(member.value(), root, ids);
  }
}

TEST_F(OpenApi, ReferencesLeadSomewhere) {
  const auto document = parse_json(openapi_json(server.router().routes())).value();
  std::set<std::string> ids;
  visit(document, document, ids);
  EXPECT_EQ(ids.size(), server.router().routes().size());
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
}

TEST_F(OpenApi, EveryRouteSaysWhoMayCallAndHasASummary) {
  for (const auto& route : server.router().routes()) {
    EXPECT_FALSE(route.summary.empty()) << route.path;
    EXPECT_TRUE(route.status == 204 || route.reply || route.reply_type != "application/json") << route.path;
  }
}

}  // namespace
}  // namespace zk::api
