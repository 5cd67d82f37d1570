// A small shop to test with: one administrator, one inbox, a few articles; made through the command line and
// the REST interface, as its owner would.
#pragma once

#include <string>
#include <vector>

#include "storage/tests/engines.hpp"
#include "tests/integration/http.hpp"
#include "tests/integration/process.hpp"

namespace zk::integration {

// Where a server keeps its things: a folder and, when it is not SQLite in there, a database.
struct Place {
  std::string data;
  std::string database;  // "" or postgresql://…

  // `serve` or another subcommand on this place.
  std::vector<std::string> command(std::vector<std::string> words) const;
  // Words for a server without models on a free port; `settings` are NAME=VALUE.
  std::vector<std::string> serve(const std::vector<std::string>& settings = {}) const;
};

struct Company {
  std::string session, csrf;  // of the administrator, signed in
  std::string website_token;
  std::int64_t admin = 0, inbox = 0;

  // An HTTP client that is the administrator.
  Http office(const std::string& url) const;
};

inline constexpr std::string_view kEmail = "lin@example.com", kPassword = "cloudy otter draws 47 maps";
// What the shop knows; the first question's words are nobody else's.
inline constexpr std::string_view kArticles =
    R"({"id":"T1","category":"退款","question":"退款多久到账","similar":["退的钱什么时候到","退款几天能收到"],"answer":"退款在三个工作日内原路退回。"}
{"id":"T2","category":"发票","question":"怎么开电子发票","similar":["电子发票在哪里开","给我开张发票"],"answer":"在订单详情里申请,当天发到邮箱。"}
{"id":"T3","category":"发票","question":"发票抬头写错了怎么改","similar":["发票抬头要换","改发票抬头"],"answer":"未报销的发票可以作废重开。"}
{"id":"T4","category":"物流","question":"怎么查物流","similar":["快递到哪了","包裹现在在哪"],"answer":"在订单详情里看物流。"}
)";

// The administrator and the articles, by the command line: no server may run. Then, with one running, the
// rest. Both throw with what went wrong.
void prepare(const Place& place);
Company found_company(const std::string& url);

struct Visitor {
  std::int64_t contact = 0;
  std::string token;
};
// Throws unless the answer is 200.
Visitor open_session(Http& http, const Company& company);

}  // namespace zk::integration
