// Serves the web pages embedded in the binary: console, widget, demo site. The bytes come packed
// (apps/zhike/assets/pack.cpp) with brotli and gzip made at build time; nothing is compressed or copied while
// serving.
//
//   StaticSite site(pack);                       // pack: bytes that live as long as the process
//   if (auto page = site.find(request)) done(std::move(*page));
//
// Immutable and thread-safe after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/http.hpp"

namespace zk::gateway {

class StaticSite {
 public:
  // A pack that is not one, or is cut, is a ZK_CHECK: it is part of the program.
  explicit StaticSite(std::string_view pack);

  // Files and folders of the site; below /console/ any other path without a dot is the console's index (deep
  // links). Nothing when the path is not the site's; 405 for methods other than GET, 304 when If-None-Match
  // has the ETag.
  std::optional<Response> find(const Request& request) const;
  // As if the path had been asked for: what "/" shows.
  std::optional<Response> page(std::string_view path, const Request& request) const;
  std::size_t files() const { return files_.size(); }

 private:
  struct File {
    std::string_view etag;                    // quoted
    std::string_view identity, gzip, brotli;  // gzip and brotli are empty where they save nothing
  };
  Response serve(std::string_view path, const File& file, const Request& request) const;

  std::unordered_map<std::string_view, File> files_;  // by path, "/console/index.html"
};

// A name that holds a hash of its content, as bundlers make them: "index-BfD3k2x9.js". It never changes.
bool has_content_hash(std::string_view path);
std::string_view content_type(std::string_view path);
// The Content-Security-Policy of a page: strict; the widget's frame may stand on any site, the others on
// none.
std::string_view page_policy(std::string_view path);

}  // namespace zk::gateway
