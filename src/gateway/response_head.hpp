// The status line and headers of a response, with the security headers every answer carries.
// Pure functions; no Beast (the body is written beside the head, so nothing is copied).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/http.hpp"

namespace zk::gateway {

struct HeadContext {
  std::string_view request_id;
  std::string_view date;  // IMF-fixdate
  bool keep_alive = true;
  bool tls = false;   // adds Strict-Transport-Security
  bool cors = false;  // adds Access-Control-Allow-Origin: * (bearer tokens, no credentials)
};

// "" when a header of the response holds CR, LF or NUL, which would let a value end the head: the caller
// answers 500. Content-Length is response.content().size(), except for 204 and 304, which have none. Added
// unless the response sets them: Content-Security-Policy "default-src 'none'; frame-ancestors 'none'",
// X-Content-Type-Options, Referrer-Policy, Cache-Control "no-store".
std::string write_head(const Response& response, const HeadContext& context);

// The answer to a CORS preflight for the widget's API: any origin, no credentials, kept for a day.
Response preflight();

std::string_view reason_phrase(int status);
std::string imf_date(Timestamp t);  // "Mon, 23 Nov 2026 15:04:05 GMT", RFC 9110 §5.6.7

}  // namespace zk::gateway
