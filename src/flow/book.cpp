#include "flow/book.hpp"

#include <algorithm>

namespace zk::flow {

const Flow* Book::named(std::string_view name) const {
  const auto at = std::find_if(flows.begin(), flows.end(), [&](const Flow& f) { return f.name == name; });
  return at == flows.end() ? nullptr : &*at;
}

const Flow* Book::of_article(std::string_view id) const {
  const auto at = std::find_if(flows.begin(), flows.end(), [&](const Flow& f) { return f.article == id; });
  return at == flows.end() ? nullptr : &*at;
}

}  // namespace zk::flow
