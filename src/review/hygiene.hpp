// What is wrong with a knowledge base without anybody asking: articles that say the same, articles that
// contradict each other, old ones, ones nobody needs. Pure but for `usage`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "answering/knowledge_base.hpp"
#include "storage/storage.hpp"

namespace zk::review {

struct Pair {
  std::string first, second;                             // external ids
  std::string first_question, second_question;           // the two that are nearest
  double similarity = 0;                                 // cosine of the first encoder, or 1 for equal texts
  std::vector<std::string> first_claims, second_claims;  // of a conflict: what the answers say differently
};
struct Pairs {
  std::vector<Pair> duplicates, conflicts;  // most alike first, at most kMostPairs each
};
inline constexpr std::size_t kMostPairs = 200;
// Articles of one language that may be heard at the same time in the same channel. Near-same: equal texts, or
// cosine ≥ 0.94 with half of the characters shared. Of each article the 20 nearest others are compared: cost
// articles² · dimension.
Pairs alike(const answering::KnowledgeBase& kb);

struct Stale {
  std::string id, question;
  std::string why;  // expired | expires_soon | old
  Timestamp at{};   // of the expiry, or of the last edit
};
// Ended, ending within 14 days, or not edited for a year. At most 500.
std::vector<Stale> stale(std::span<const Article> articles, Timestamp now);

struct Usage {
  std::int64_t answers = 0;  // of the bot in the last 90 days
  std::unordered_map<std::string, std::int64_t> by_article;
};
Result<Usage> usage(storage::Tx& tx, Timestamp now);
struct Unused {
  std::string id, question;
  Timestamp created_at{};
};
// Older than 30 days and not answered from in the last 90; none when there were fewer than 100 answers to
// judge by. At most 500.
std::vector<Unused> unused(std::span<const Article> articles, const Usage& usage, Timestamp now);

}  // namespace zk::review
