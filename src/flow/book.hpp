// The flows that are live: an immutable set. Thread-safe to read.
#pragma once

#include <string_view>
#include <vector>

#include "flow/flow.hpp"

namespace zk::flow {

struct Book {
  std::vector<Flow> flows;
  const Flow* named(std::string_view name) const;
  const Flow* of_article(std::string_view external_id) const;  // null: the article is answered as it stands
};

}  // namespace zk::flow
