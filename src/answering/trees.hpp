// An exact evaluator of gradient-boosted trees (Friedman 2001) as tools/train writes them, with the share
// each feature had in a sum (path contributions, Saabas 2014). A tenth of the memory of the training library
// and no dependency on it. Immutable after parsing; thread-safe.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zk::answering {

class Trees {
 public:
  // {"base": b, "trees": [{"f":[feature or −1],"t":[threshold],"l":[child if x < t],"r":[child],"d":[1:
  // missing goes left], "v":[leaf value; of inner nodes the mean over the training rows below]}]}; children
  // have higher numbers than parents.
  static Result<Trees> parse(const boost::json::value& json, std::size_t features);

  // NaN stands for missing; row.size() is the number of features given to parse().
  double sum(std::span<const float> row) const;
  // Adds each feature's share to `shares` (same size as row); base + mean + all shares = sum(row).
  void explain(std::span<const float> row, std::span<double> shares) const;
  std::size_t nodes() const { return nodes_.size(); }

 private:
  struct Node {
    std::int32_t feature;  // −1: leaf
    float threshold;
    std::uint32_t left, right;
    float value;
    bool missing_left;
  };
  std::uint32_t next(const Node& node, std::span<const float> row) const;

  double base_ = 0;
  std::vector<std::uint32_t> roots_;
  std::vector<Node> nodes_;
};

}  // namespace zk::answering
