#include "gateway/static_site.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/check.hpp"

namespace zk::gateway {
namespace {

constexpr std::string_view kMagic = "ZKPACK1\n";

// Reads the pack: magic, u32 count, then for each file five length-prefixed (u32, little-endian) strings:
// path, etag, identity, gzip, brotli.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {
    ZK_CHECK(rest_.starts_with(kMagic));
    rest_.remove_prefix(kMagic.size());
  }
  std::uint32_t number() {
    ZK_CHECK(rest_.size() >= 4);
    std::uint32_t n = 0;
    std::memcpy(&n, rest_.data(), 4);
    rest_.remove_prefix(4);
    return n;
  }
  std::string_view text() {
    const std::uint32_t n = number();
    ZK_CHECK(rest_.size() >= n);
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }

 private:
  std::string_view rest_;
};

// Whether an Accept-Encoding header takes the coding (RFC 9110 §12.5.3); "*" is not asked for by browsers and
// is left out.
bool accepts(std::string_view header, std::string_view coding) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view item = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (item.substr(0, semicolon) != coding) continue;
    const auto parameters = item.substr(semicolon);
    return parameters.find("q=0") == std::string_view::npos ||
           parameters.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

Response redirect(std::string_view to) {
  Response out;
  out.status = 308;
  out.headers.emplace_back("Location", to);
  return out;
}

}  // namespace

StaticSite::StaticSite(std::string_view pack) {
  Reader in(pack);
  const std::uint32_t count = in.number();
  files_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto path = in.text();
    File file;
    file.etag = in.text();
    file.identity = in.text();
    file.gzip = in.text();
    file.brotli = in.text();
    files_.emplace(path, file);
  }
}

std::optional<Response> StaticSite::find(const Request& request) const { return page(request.path, request); }

std::optional<Response> StaticSite::page(std::string_view path, const Request& request) const {
  auto found = files_.find(path);
  std::string index;
  if (found == files_.end()) {
    const bool deep = path.starts_with("/console/") && path.find('.') == std::string_view::npos;
    index = deep ? "/console/index.html"
                 : std::string(path) + (path.ends_with('/') ? "index.html" : "/index.html");
    found = files_.find(index);
    if (found == files_.end()) return std::nullopt;
    if (!deep && !path.ends_with('/')) return redirect(std::string(path) + "/");
  }
  if (request.method != "GET") {
    auto out = problem(405, "invalid_argument", "only GET and HEAD", request.request_id);
    out.headers.emplace_back("Allow", "GET, HEAD");
    return out;
  }
  return serve(found->first, found->second, request);
}

Response StaticSite::serve(std::string_view path, const File& file, const Request& request) const {
  Response out;
  const bool html = path.ends_with(".html");
  out.headers.reserve(9);
  out.headers.emplace_back("ETag", file.etag);
  out.headers.emplace_back("Vary", "Accept-Encoding");
  out.headers.emplace_back("Cache-Control", has_content_hash(path) ? "public, max-age=31536000, immutable"
                                            : html                 ? "no-cache"
                                                                   : "public, max-age=300");
  if (html) out.headers.emplace_back("Content-Security-Policy", page_policy(path));
  if (path.starts_with("/widget/")) {
    out.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    out.headers.emplace_back("Access-Control-Allow-Origin", "*");
  }
  if (matches(request.header("if-none-match"), file.etag)) {
    out.status = 304;
    return out;
  }
  out.headers.emplace_back("Content-Type", content_type(path));
  const auto accepted = request.header("accept-encoding");
  out.static_body = file.identity;
  if (!file.brotli.empty() && accepts(accepted, "br")) {
    out.headers.emplace_back("Content-Encoding", "br");
    out.static_body = file.brotli;
  } else if (!file.gzip.empty() && accepts(accepted, "gzip")) {
    out.headers.emplace_back("Content-Encoding", "gzip");
    out.static_body = file.gzip;
  }
  return out;
}

bool has_content_hash(std::string_view path) {
  // Vite: NAME-XXXXXXXX.EXT with eight characters of base64url; a word of eight letters ("overview") is not
  // taken for one.
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot < 10 || name[dot - 9] != '-') return false;
  const auto hash = name.substr(dot - 8, 8);
  const auto plain = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) {
    return plain(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return std::all_of(hash.begin(), hash.end(), allowed) && !std::all_of(hash.begin(), hash.end(), plain);
}

std::string_view content_type(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".gif", "image/gif"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
      {".wasm", "application/wasm"},
      {".mp3", "audio/mpeg"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::string_view page_policy(std::string_view path) {
  // Inline styles only: components position pop-ups with style attributes. Images may come from where
  // articles link to.
#define ZK_POLICY                                                                                           \
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data: "   \
  "blob:; "                                                                                                 \
  "font-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri " \
  "'none'; "                                                                                                \
  "form-action 'self'; frame-ancestors "
  return path.starts_with("/widget/") ? ZK_POLICY "*" : ZK_POLICY "'none'";
#undef ZK_POLICY
}

}  // namespace zk::gateway
