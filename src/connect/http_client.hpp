// Calls out over HTTP(S) (libcurl): one request, one bounded answer, within a time. Redirects are not
// followed, proxies of the environment are not used, certificates are checked.
//
//   HttpClient client({.timeout = 10s});
//   ZK_TRY(auto reply, client.send({.url = "https://example.com/hook", .body = json, .headers =
//   {"Content-Type: application/json"}}));
//
// Unless allow_internal, an address of this machine or network is refused at the moment of connecting, after
// the name was resolved: a name that changes its mind between check and use (DNS rebinding) gains nothing.
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zk::connect {

struct HttpRequest {
  std::string method = "POST";
  std::string url;  // http:// or https://
  std::string body;
  std::vector<std::string> headers;         // "Name: value"
  const std::atomic<bool>* stop = nullptr;  // becomes true: the call ends within about a second, kUnavailable
};

struct HttpReply {
  int status = 0;
  std::string body;  // cut at max_reply_bytes
};

class HttpClient {
 public:
  struct Options {
    std::chrono::milliseconds timeout{10'000};  // of everything together
    std::size_t max_reply_bytes = 64 * 1024;
    bool allow_internal = false;
  };
  explicit HttpClient(Options options);

  // kPermissionDenied: an internal address; kInvalidArgument: not an http(s) URL; kDeadlineExceeded;
  // kUnavailable: not reachable, or its certificate is not good. A status of 4xx or 5xx is a reply.
  Result<HttpReply> send(const HttpRequest& request) const;

 private:
  const Options options_;
};

}  // namespace zk::connect
