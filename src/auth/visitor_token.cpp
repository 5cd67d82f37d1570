#include "auth/visitor_token.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace zk::auth {
namespace {
constexpr std::string_view kPrefix = "zv_";
constexpr std::size_t kLongest = 300;
}  // namespace

std::string VisitorTokens::sign(std::string_view payload) const {
  return hmac_sha256({reinterpret_cast<const char*>(key_.data()), key_.size()}, payload);
}

std::string VisitorTokens::issue(ContactId contact, InboxId inbox, Timestamp now) const {
  const auto payload =
      fmt::format("1,{},{},{},{}", contact.value, inbox.value, to_micros(now), to_micros(now + lifetime_));
  return fmt::format("{}{}.{}", kPrefix, base64url(payload), base64url(sign(payload)));
}

Result<Visitor> VisitorTokens::verify(std::string_view token, Timestamp now) const {
  const auto bad = [] {
    return fail(ErrorCode::kUnauthenticated, "the visitor token is not valid; start a new widget session");
  };
  if (token.size() > kLongest || !token.starts_with(kPrefix)) return bad();
  token.remove_prefix(kPrefix.size());
  const auto dot = token.find('.');
  if (dot == std::string_view::npos) return bad();
  const auto payload = from_base64url(token.substr(0, dot));
  const auto mac = from_base64url(token.substr(dot + 1));
  if (!payload || !mac || !equal_constant_time(*mac, sign(*payload))) return bad();

  std::array<std::int64_t, 5>
      v{};  // version, contact, inbox, issued, expires: written by issue(), as the signature proves
  const char* at = payload->data();
  const char* end = at + payload->size();
  for (auto& number : v) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return bad();
    at = next == end ? next : next + 1;
  }
  if (v[0] != 1) return bad();
  if (from_micros(v[4]) <= now)
    return fail(ErrorCode::kUnauthenticated, "the visitor token has expired; start a new widget session");
  return Visitor{ContactId{v[1]}, InboxId{v[2]}, from_micros(v[3]), from_micros(v[4])};
}

bool identity_hash_matches(std::string_view secret, std::string_view external_id, std::string_view hash) {
  return !secret.empty() && equal_constant_time(hex(hmac_sha256(secret, external_id)), hash);
}

}  // namespace zk::auth
