// What a text claims that must not be made up: figures, dates, prices, links, phone numbers. Two wordings of
// one claim compare equal (七天 = 7天, １,２００元 = 1200元, 2026年11月23日 = 2026-11-23). Pure; linear in
// the text; thread-safe.
//
//   unfounded("7天内可退，满299元包邮", {"自签收起七天内可以退货。"})   ->  {299元}
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zk::guard {

enum class ClaimKind { kFigure, kPrice, kDate, kLink, kPhone };
std::string_view to_string(ClaimKind kind);  // figure | price | date | link | phone

struct Claim {
  ClaimKind kind = ClaimKind::kFigure;
  std::string value;  // canonical: "7", "1200", "2026-11-23", "11-23", "example.com/a", "4001234567"
  std::string unit;   // canonical unit of a figure or price ("天", "元", "%"), or ""
  std::string text;   // as written
  friend bool operator==(const Claim& a, const Claim& b) {
    return a.kind == b.kind && a.value == b.value && a.unit == b.unit;
  }
};

// In the order of the text, each once. Figures in Chinese characters count only before a unit (一些 is no
// claim). At most the first 64 KiB are read.
std::vector<Claim> claims(std::string_view text);

// Claims of `said` that none of the sources makes. A date without its year is founded by one with it; a
// figure without unit by the same figure with any.
std::vector<Claim> unfounded(std::string_view said, std::span<const std::string> sources);

// Both make claims of the same unit, and no value of that unit is in both: "7天" against "15天".
bool contradict(std::span<const Claim> a, std::span<const Claim> b);

}  // namespace zk::guard
