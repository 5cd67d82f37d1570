#include "gateway/http.hpp"

#include <fmt/format.h>

#include "gateway/response_head.hpp"
#include "gateway/target.hpp"

namespace zk::gateway {
namespace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view Request::cookie(std::string_view name) const { return find_cookie(header("cookie"), name); }

Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id) {
  Response out;
  out.status = status;
  out.headers.emplace_back("Content-Type", "application/problem+json");
  if (status == 429 || status == 503) out.headers.emplace_back("Retry-After", "1");
  out.body =
      fmt::format(R"({{"type":"about:blank","title":{},"status":{},"code":{},"detail":{},"request_id":{}}})",
                  json_string(reason_phrase(status)), status, json_string(code), json_string(detail),
                  json_string(request_id));
  return out;
}

Response problem(const Error& error, std::string_view request_id) {
  return problem(http_status(error.code), to_string(error.code), error.message, request_id);
}

}  // namespace zk::gateway
