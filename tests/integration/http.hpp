// A client of the REST interface: one connection, kept alive; every call is bounded by a time-out. Used by
// one thread at a time.
//
//   Http http(url);
//   http.bearer = token;
//   const auto sent = http.post("/api/v1/widget/messages", {{"client_id", "a"}, {"text", "你好"}});
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace zk::integration {
namespace json = boost::json;

struct Answer {
  int status = 0;                              // 0: the connection ended before the whole answer was there
  std::map<std::string, std::string> headers;  // names in lower case
  std::string text;
  json::value body;  // null when it is no JSON
  // A member of the answer; null when there is none.
  const json::value& operator[](std::string_view name) const;
  std::int64_t id(std::string_view name = "id") const;
};

class Http {
 public:
  explicit Http(std::string url, std::chrono::milliseconds limit = std::chrono::seconds(30));
  ~Http();
  Http(Http&&) noexcept;

  Answer call(const std::string& method, const std::string& path, const std::string& body = {},
              const std::string& type = "application/json");
  Answer get(const std::string& path) { return call("GET", path); }
  Answer post(const std::string& path, const json::value& body) {
    return call("POST", path, json::serialize(body));
  }
  Answer patch(const std::string& path, const json::value& body) {
    return call("PATCH", path, json::serialize(body));
  }
  const std::string& url() const { return url_; }

  // What each request carries when it is not empty.
  std::string bearer, cookie, csrf, if_match;

 private:
  struct Handle;
  std::string url_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace zk::integration
