// Internal: the table of properties. Each names a field of Config, how it is written and what it may hold.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace zk::config {

struct Property {
  std::string name;   // "server.listen"
  std::string type;   // as documented: "integer", "duration (ms, s, min, h)", …
  std::string range;  // "1 … 64", "" when free
  std::string doc;
  bool secret = false;
  std::function<Status(Config&, const std::string&)> set;  // kInvalidArgument says what may be written
  std::function<std::string(const Config&)> get;           // as it would be written, unquoted
  bool quoted = false;                                     // in TOML
};

const std::vector<Property>& properties();
const Property* find(std::string_view name);
std::string variable(const Property& property);  // "ZHIKE_SERVER_LISTEN"
// The known name that takes the fewest edits to reach, e.g. for an unknown one.
std::string nearest(std::string_view name);

}  // namespace zk::config
