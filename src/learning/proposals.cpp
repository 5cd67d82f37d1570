#include "learning/proposals.hpp"

#include <algorithm>

#include "knowledge/articles.hpp"
#include "text/text.hpp"

namespace zk::learning {
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

constexpr auto kKept = std::chrono::hours(24 * 30);
constexpr int kMostStored = 10'000;

constexpr Query kStored{
    "proposal.stored",
    "SELECT article_id, text, near, state FROM learning_proposal ORDER BY at DESC, article_id, "
    "text_key LIMIT $1"};
constexpr Query kInsert{
    "proposal.insert",
    "INSERT INTO learning_proposal (article_id, text_key, text, near, state, author, at) VALUES "
    "($1, $2, $3, $4, 'open', $5, $6) ON CONFLICT (article_id, text_key) DO NOTHING"};
constexpr Query kRefuse{
    "proposal.refuse",
    "INSERT INTO learning_proposal (article_id, text_key, text, near, state, author, at) VALUES "
    "($1, $2, $3, '', 'refused', $4, $5) ON CONFLICT (article_id, text_key) DO UPDATE SET state "
    "= 'refused', author = excluded.author, at = excluded.at"};
constexpr Query kForget{"proposal.forget", "DELETE FROM learning_proposal WHERE state = 'open' AND at < $1"};

// Equal for texts that differ in marks alone: "退款几天到？" is "退款几天到".
std::string key_of(std::string_view proposed) {
  static constexpr std::string_view kMarks[] = {"。", "、", "…", "?", "!", ".", ",", ";", ":", "~", " "};
  std::string out = text::normalise(proposed);
  for (const auto mark : kMarks)
    for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at))
      out.erase(at, mark.size());
  return out;
}

}  // namespace

Result<Drafted> drafted_articles(Tx& tx) {
  Drafted out;
  ZK_TRY_STATUS(knowledge::each(tx, [&](Article a) {
    if (a.status != ArticleStatus::kArchived) out.emplace(a.external_id, std::move(a));
    return true;
  }));
  return out;
}

Result<std::vector<StoredProposal>> stored_proposals(Tx& tx) {
  std::vector<StoredProposal> out;
  ZK_TRY_STATUS(tx.each(kStored, {kMostStored}, [&](const Row& r) {
    out.push_back({r.text(0), r.text(1), r.text(2), r.text(3) == "refused"});
    return true;
  }));
  return out;
}

Status store_proposals(Tx& tx, const std::string& article, const std::vector<Proposed>& proposed,
                       const std::string& author, Timestamp now) {
  ZK_TRY_STATUS(tx.run(kForget, {now - kKept}).map([](auto) {}));
  for (const auto& p : proposed)
    ZK_TRY_STATUS(tx.run(kInsert, {article, key_of(p.text), p.text, p.near, author, now}).map([](auto) {}));
  return {};
}

Status refuse_proposals(Tx& tx, const std::string& article, const std::vector<std::string>& texts,
                        const std::string& author, Timestamp now) {
  ZK_TRY_STATUS(knowledge::find(tx, article).map([](const auto&) {}));
  for (const auto& t : texts)
    ZK_TRY_STATUS(tx.run(kRefuse, {article, key_of(t), t, author, now}).map([](auto) {}));
  return {};
}

Known::Known(const Article& article, const std::vector<StoredProposal>& stored) {
  add(article.question);
  for (const auto& s : article.similar) add(s);
  for (const auto& s : stored)
    if (s.refused && s.article == article.external_id) add(s.text);
}
bool Known::add(std::string_view text) { return keys_.insert(key_of(text)).second; }

std::vector<Proposal> gather(const std::vector<Candidate>& candidates,
                             const std::vector<StoredProposal>& stored, const Drafted& drafted) {
  std::map<std::string, Proposal> by_article;
  std::map<std::string, Known> known;
  for (const auto& c : candidates) {
    const auto at = drafted.find(c.article);
    if (at == drafted.end()) continue;
    if (!known.try_emplace(c.article, at->second, stored).first->second.add(c.proposed.text)) continue;
    auto& out = by_article[c.article];
    if (out.items.size() < kMostProposals) out.items.push_back(c.proposed);
  }
  std::vector<Proposal> out;
  for (auto& [id, proposal] : by_article) {
    const auto& article = drafted.at(id);
    out.push_back(
        {id, article.question, static_cast<std::int64_t>(article.similar.size()), std::move(proposal.items)});
    for (auto& item : out.back().items)
      if (const auto near = drafted.find(item.near); near != drafted.end())
        item.near_question = near->second.question;
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.similar < b.similar; });
  if (out.size() > kMostProposed) out.resize(kMostProposed);
  return out;
}

}  // namespace zk::learning
