#include "tests/integration/http.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>

namespace zk::integration {
namespace {

std::size_t take_body(const char* data, std::size_t, std::size_t n, void* answer) {
  static_cast<Answer*>(answer)->text.append(data, n);
  return n;
}

std::size_t take_header(const char* data, std::size_t, std::size_t n, void* answer) {
  std::string_view line(data, n);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const auto colon = line.find(": ");
  if (colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    static_cast<Answer*>(answer)->headers[name] = line.substr(colon + 2);
  }
  return n;
}

}  // namespace

struct Http::Handle {
  CURL* curl = curl_easy_init();
  ~Handle() { curl_easy_cleanup(curl); }
};

const json::value& Answer::operator[](std::string_view name) const {
  static const json::value null;
  const auto* object = body.if_object();
  const auto* found = object ? object->if_contains(name) : nullptr;
  return found ? *found : null;
}

std::int64_t Answer::id(std::string_view name) const {
  const auto& v = (*this)[name];
  return v.is_int64() ? v.get_int64() : 0;
}

Http::Http(std::string url, std::chrono::milliseconds limit)
    : url_(std::move(url)), handle_(std::make_unique<Handle>()) {
  if (handle_->curl == nullptr) throw std::runtime_error("no HTTP client");
  curl_easy_setopt(handle_->curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  curl_easy_setopt(handle_->curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle_->curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle_->curl, CURLOPT_HEADERFUNCTION, take_header);
}
Http::~Http() = default;
Http::Http(Http&&) noexcept = default;

Answer Http::call(const std::string& method, const std::string& path, const std::string& body,
                  const std::string& type) {
  Answer answer;
  curl_slist* headers = nullptr;
  const auto add = [&](const std::string& line) { headers = curl_slist_append(headers, line.c_str()); };
  add("Expect:");  // no waiting for 100 Continue
  if (!body.empty()) add("Content-Type: " + type);
  if (!bearer.empty()) add("Authorization: Bearer " + bearer);
  if (!cookie.empty()) add("Cookie: zk_session=" + cookie);
  if (!if_match.empty()) add("If-Match: " + if_match);
  if (!csrf.empty()) add("X-CSRF-Token: " + csrf);
  CURL* c = handle_->curl;
  curl_easy_setopt(c, CURLOPT_URL, (url_ + path).c_str());
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(c, CURLOPT_POSTFIELDS, nullptr);
  if (body.empty()) {
    curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.data());
  }
  const auto done = curl_easy_perform(c);
  long status = 0;
  if (done == CURLE_OK) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  answer.status = static_cast<int>(status);
  boost::system::error_code ec;
  if (answer.status != 0) answer.body = json::parse(answer.text, ec);
  return answer;
}

}  // namespace zk::integration
