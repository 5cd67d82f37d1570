// The report of a check as JSON, and what it says about publishing. Pure; thread-safe.
#pragma once

#include <span>
#include <string>

#include "review/hygiene.hpp"
#include "review/measure.hpp"

namespace zk::review {

inline constexpr std::size_t kMostChanged = 500;  // questions listed; worse ones first

struct Compared {
  const answering::Answerer& before;
  const answering::Answerer& after;
  std::span<const Item> items;
  std::span<const Verdict> was, is;
  double target = 0.98;
  Timestamp now{};
};
// Whether it may be published, and why not: precision falls (below what it was) below the target.
struct Passing {
  bool passes = true;
  std::string why;
};
Passing passing(const Figures& before, const Figures& after, double target);

// {"passes","why","target","before":F,"after":F,"by_source":{name:{"before":F,"after":F}},
//  "changed":{"total","better","worse","items":[…]},"duplicates","conflicts","stale","unused"}
// with F =
// {"asked","answerable","answered","right","precision","precision_low","precision_high","coverage",…}.
std::string report(const Compared& compared, const Usage& usage);
// Of a stored report: {"before":F,"after":F}, or "".
std::string figures_of(const std::string& report);
Passing passing_of(const std::string& report);

}  // namespace zk::review
