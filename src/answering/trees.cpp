#include "answering/trees.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "base/check.hpp"

namespace zk::answering {
namespace json = boost::json;
namespace {

const json::array* list(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v ? v->if_array() : nullptr;
}

Result<double> number(const json::value& v) {
  if (v.is_double()) return v.get_double();
  if (v.is_int64()) return static_cast<double>(v.get_int64());
  if (v.is_uint64()) return static_cast<double>(v.get_uint64());
  return fail(ErrorCode::kDataLoss, "the trees hold something that is no number");
}

}  // namespace

Result<Trees> Trees::parse(const json::value& value, std::size_t features) {
  const auto broken = [](const char* what) {
    return fail(ErrorCode::kDataLoss, std::string("the trees are damaged: ") + what);
  };
  if (!value.is_object()) return broken("no object");
  const auto& o = value.get_object();
  Trees out;
  if (const auto* b = o.if_contains("base")) {
    ZK_TRY(out.base_, number(*b));
  }
  const auto* trees = list(o, "trees");
  if (!trees) return broken("no list of trees");
  for (const auto& t : *trees) {
    if (!t.is_object()) return broken("a tree is no object");
    const json::array* columns[6];
    const char* keys[6] = {"f", "t", "l", "r", "d", "v"};
    for (int c = 0; c < 6; ++c) {
      columns[c] = list(t.get_object(), keys[c]);
      if (!columns[c] || columns[c]->size() != columns[0]->size() || columns[c]->empty())
        return broken("columns differ in length");
    }
    const auto first = static_cast<std::uint32_t>(out.nodes_.size());
    const std::size_t count = columns[0]->size();
    out.roots_.push_back(first);
    for (std::size_t i = 0; i < count; ++i) {
      double cell[6];
      for (int c = 0; c < 6; ++c) {
        ZK_TRY(cell[c], number((*columns[c])[i]));
      }
      Node n{static_cast<std::int32_t>(cell[0]),
             static_cast<float>(cell[1]),
             0,
             0,
             static_cast<float>(cell[5]),
             cell[4] != 0};
      if (n.feature >= 0) {
        const auto lowest = static_cast<double>(i), end = static_cast<double>(count);
        if (static_cast<std::size_t>(n.feature) >= features) return broken("an unknown feature");
        if (!(cell[2] > lowest && cell[2] < end && cell[3] > lowest && cell[3] < end))
          return broken("a child before its parent");
        n.left = first + static_cast<std::uint32_t>(cell[2]);
        n.right = first + static_cast<std::uint32_t>(cell[3]);
      }
      out.nodes_.push_back(n);
    }
  }
  return out;
}

std::uint32_t Trees::next(const Node& node, std::span<const float> row) const {
  const float x = row[static_cast<std::size_t>(node.feature)];
  if (std::isnan(x)) return node.missing_left ? node.left : node.right;
  return x < node.threshold ? node.left : node.right;
}

double Trees::sum(std::span<const float> row) const {
  double total = base_;
  for (auto at : roots_) {
    while (nodes_[at].feature >= 0) at = next(nodes_[at], row);
    total += static_cast<double>(nodes_[at].value);
  }
  return total;
}

void Trees::explain(std::span<const float> row, std::span<double> shares) const {
  ZK_CHECK(shares.size() == row.size());
  for (auto at : roots_)
    while (nodes_[at].feature >= 0) {
      const auto to = next(nodes_[at], row);
      shares[static_cast<std::size_t>(nodes_[at].feature)] +=
          static_cast<double>(nodes_[to].value - nodes_[at].value);
      at = to;
    }
}

}  // namespace zk::answering
