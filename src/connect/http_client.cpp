#include "connect/http_client.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/check.hpp"
#include "connect/address.hpp"

namespace zk::connect {
namespace {

struct Call {
  bool allow_internal = false;
  bool refused = false;  // an internal address was asked for
  std::size_t room = 0;
  std::string body;
};

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& call = *static_cast<Call*>(user);
  if (!call.allow_internal && is_internal(&address->addr)) {
    call.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// What does not fit is read and dropped up to libcurl's own time-out: the status is what counts.
std::size_t take(const char* data, std::size_t, std::size_t size, void* user) {
  auto& call = *static_cast<Call*>(user);
  const std::size_t n = std::min(size, call.room);
  call.body.append(data, n);
  call.room -= n;
  return size;
}

int look_whether_to_go_on(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load(std::memory_order_relaxed) ? 1 : 0;
}

struct FreeEasy {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct FreeList {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

Error error_of(CURLcode code, const Call& call) {
  if (call.refused)
    return {ErrorCode::kPermissionDenied,
            "the address lies in this server's own network (allow_internal permits that)"};
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {ErrorCode::kInvalidArgument, "not an http or https URL", "/url"};
    case CURLE_ABORTED_BY_CALLBACK:
      return {ErrorCode::kUnavailable, "the call was stopped"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kDeadlineExceeded, "no answer in time"};
    default:
      return {ErrorCode::kUnavailable, curl_easy_strerror(code)};
  }
}

}  // namespace

HttpClient::HttpClient(Options options) : options_(options) {
  static std::once_flag once;
  std::call_once(once, [] { ZK_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

Result<HttpReply> HttpClient::send(const HttpRequest& request) const {
  const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
  if (!easy) return fail(ErrorCode::kUnavailable, "no memory for a call");
  Call call{options_.allow_internal, false, options_.max_reply_bytes, {}};
  std::unique_ptr<curl_slist, FreeList> headers;
  const auto header = [&](const std::string& line) {
    if (curl_slist* head = curl_slist_append(headers.get(), line.c_str()); headers.get() == nullptr)
      headers.reset(head);
  };
  header("Expect:");  // no waiting for 100 Continue
  for (const auto& line : request.headers) header(line);

  CURL* const c = easy.get();
  curl_easy_setopt(c, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(c, CURLOPT_USERAGENT, "Zhike");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &call);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &call);
  if (request.stop) {
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, &look_whether_to_go_on);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(request.stop));
  }
  if (const CURLcode code = curl_easy_perform(c); code != CURLE_OK)
    return tl::unexpected(error_of(code, call));
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  return HttpReply{static_cast<int>(status), std::move(call.body)};
}

}  // namespace zk::connect
