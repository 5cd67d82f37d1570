#include "gateway/target.hpp"

#include <algorithm>

namespace zk::gateway {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Status check_path(std::string_view path) {
  if (std::any_of(path.begin(), path.end(), is_control))
    return fail(ErrorCode::kMalformed, "control byte in the path");
  for (std::size_t from = 1; from <= path.size();) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    const auto segment = path.substr(from, to - from);
    if (segment == "." || segment == "..") return fail(ErrorCode::kMalformed, "dot segment in the path");
    from = to + 1;
  }
  return {};
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      const int high = i + 1 < text.size() ? hex(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(ErrorCode::kMalformed, "broken percent-encoding in the request target");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  if (target.size() > kMaxTargetBytes)
    return fail(ErrorCode::kTooLarge, "request target is longer than 8192 bytes");
  if (target.empty() || target.front() != '/') {
    return fail(ErrorCode::kMalformed, "request target must be a path that starts with '/'");
  }
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  Target out;
  ZK_TRY(out.path, percent_decode(target.substr(0, mark), false));
  ZK_TRY_STATUS(check_path(out.path));
  if (mark == std::string_view::npos) return out;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    if (out.query.size() == kMaxQueryParameters)
      return fail(ErrorCode::kMalformed, "more than 100 query parameters");
    const std::size_t equals = pair.find('=');
    ZK_TRY(auto name, percent_decode(pair.substr(0, equals), true));
    ZK_TRY(auto value, percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true));
    out.query.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

std::string_view find_cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const auto pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    auto value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

}  // namespace zk::gateway
