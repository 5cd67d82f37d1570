// Similar questions proposed for articles: worded by the language model, or by customers who meant the
// article. Nothing of it answers anybody: what an editor ticks goes to the draft. Functions work inside the
// caller's transaction, or are pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/article.hpp"
#include "storage/storage.hpp"

namespace zk::learning {

struct Proposed {
  std::string text;
  std::string
      source;  // model; confirmed (taken from the buttons, or 👍); asked (unanswered, but not far off)
  std::string near, near_question;  // another article that it lies nearer to, or ""
};
struct Proposal {
  std::string article, question;
  std::int64_t similar = 0;     // questions it has
  std::vector<Proposed> items;  // not there yet, no two alike, at most kMostProposals
};
inline constexpr std::size_t kThin = 5;  // an article with fewer similar questions is thin
inline constexpr std::size_t kMostProposals = 30, kMostProposed = 200;

// Articles as edited, archived ones left out, by id.
using Drafted = std::map<std::string, Article>;
Result<Drafted> drafted_articles(storage::Tx& tx);

struct StoredProposal {
  std::string article, text, near;
  bool refused = false;
};
Result<std::vector<StoredProposal>> stored_proposals(storage::Tx& tx);  // newest first, at most 10,000
// Those of the article that are stored already stay as they are; open ones older than 30 days go.
Status store_proposals(storage::Tx& tx, const std::string& article, const std::vector<Proposed>& proposed,
                       const std::string& author, Timestamp now);
// Never proposed for that article again. kNotFound: no such article.
Status refuse_proposals(storage::Tx& tx, const std::string& article, const std::vector<std::string>& texts,
                        const std::string& author, Timestamp now);

// What an article has, and what was refused for it; marks, width and case aside.
class Known {
 public:
  Known(const Article& article, const std::vector<StoredProposal>& stored);
  bool add(std::string_view text);  // false: known already

 private:
  std::set<std::string> keys_;
};

struct Candidate {
  std::string article;
  Proposed proposed;
};
// One entry an article, those with the fewest similar questions first.
std::vector<Proposal> gather(const std::vector<Candidate>& candidates,
                             const std::vector<StoredProposal>& stored, const Drafted& drafted);

}  // namespace zk::learning
