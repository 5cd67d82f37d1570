// Where masked forms stand in what is stored, and which vault entries hold their originals. Kept beside the
// text as a JSON array and shown to agents as it is:
//
//   [{"id":17,"kind":"phone","path":"/blocks/0/text","start":4,"end":15}]
//
// path: the field as a JSON pointer from the object that carries the marks; start, end: code points, end
// exclusive. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/pii.hpp"

namespace zk::vault {

struct Mark {
  std::int64_t entry = 0;
  text::PiiType kind = text::PiiType::kPhone;
  std::string path;
  std::size_t start = 0, end = 0;
};

// What masking took out, not sealed yet.
struct Original {
  text::PiiType kind = text::PiiType::kPhone;
  std::string value;
  std::string path;
  std::size_t start = 0, end = 0;  // of the masked form
};

std::string to_json(const std::vector<Mark>& marks);  // "" for none
std::vector<Mark> marks_from_json(std::string_view json);  // of what to_json wrote; anything else: none

}  // namespace zk::vault
