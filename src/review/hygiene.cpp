#include "review/hygiene.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "answering/dense.hpp"
#include "guard/claims.hpp"
#include "text/text.hpp"

namespace zk::review {
namespace {

constexpr double kNear = 0.94, kShared = 0.5;
constexpr std::size_t kNeighbours = 20;
constexpr std::size_t kMostListed = 500;
constexpr std::int64_t kAnswersToJudgeBy = 100;
constexpr auto kDay = std::chrono::hours(24);

constexpr storage::Query kUsage{
    "review.usage",
    "SELECT article_id, COUNT(*) FROM message WHERE decision = 'answer' AND created_at >= $1 GROUP BY "
    "article_id"};

using answering::KnowledgeBase;

// Mean of each article's questions, without what all have in common, of length 1.
answering::Matrix centroids(const KnowledgeBase& kb) {
  const auto d = kb.encoders()[0]->dimension();
  answering::Matrix out(kb.size(), d);
  std::vector<float> mean(d, 0.0F), one(d);
  for (std::size_t a = 0; a < kb.size(); ++a) {
    const auto& p = kb.prepared(a);
    for (std::size_t t = 0; t < p.questions; ++t) {
      p.readings[0].sentences.unpack(t, one);
      for (std::size_t k = 0; k < d; ++k) out.row(a)[k] += one[k] / static_cast<float>(p.questions);
    }
    for (std::size_t k = 0; k < d; ++k) mean[k] += out.row(a)[k] / static_cast<float>(kb.size());
  }
  for (std::size_t a = 0; a < kb.size(); ++a) {
    float* row = out.row(a);
    for (std::size_t k = 0; k < d; ++k) row[k] -= mean[k];
    const float norm = std::sqrt(answering::dot(row, row, d)) + 1e-9F;
    for (std::size_t k = 0; k < d; ++k) row[k] /= norm;
  }
  return out;
}

bool overlap(const Article& a, const Article& b) {
  if (a.language != b.language || a.translation_of == b.external_id || b.translation_of == a.external_id)
    return false;
  const auto ends_before = [](const Article& x, const Article& y) {
    return x.valid_until != Timestamp{} && y.valid_from != Timestamp{} && x.valid_until <= y.valid_from;
  };
  if (ends_before(a, b) || ends_before(b, a)) return false;
  return a.channels.empty() || b.channels.empty() ||
         std::any_of(a.channels.begin(), a.channels.end(), [&](const auto& c) {
           return std::find(b.channels.begin(), b.channels.end(), c) != b.channels.end();
         });
}

// Share of the characters of the shorter text that stand in the other.
double shared(const std::u32string& a, const std::u32string& b) {
  const auto& shorter = a.size() < b.size() ? a : b;
  std::multiset<char32_t> longer(a.size() < b.size() ? b.begin() : a.begin(),
                                 a.size() < b.size() ? b.end() : a.end());
  std::size_t common = 0;
  for (const char32_t c : shorter)
    if (const auto it = longer.find(c); it != longer.end()) longer.erase(it), ++common;
  const auto total = a.size() + b.size();
  return total == 0 ? 0 : 2.0 * static_cast<double>(common) / static_cast<double>(total);
}

std::optional<Pair> near_same(const KnowledgeBase& kb, std::size_t a, std::size_t b) {
  const auto& x = kb.prepared(a);
  const auto& y = kb.prepared(b);
  const bool vectors = !kb.encoders().empty();
  std::optional<Pair> best;
  for (std::size_t i = 0; i < x.questions; ++i)
    for (std::size_t j = 0; j < y.questions; ++j) {
      const double s =
          x.texts[i] == y.texts[j] ? 1
          : vectors
              ? static_cast<double>(answering::dot(x.readings[0].sentences, i, y.readings[0].sentences, j))
              : 0;
      if (s < kNear || (best && s <= best->similarity)) continue;
      if (s < 1 && shared(x.characters[i], y.characters[j]) < kShared) continue;
      best = Pair{x.article.external_id, y.article.external_id, x.texts[i], y.texts[j], s, {}, {}};
    }
  return best;
}

std::vector<std::string> written(const std::vector<guard::Claim>& claims) {
  std::vector<std::string> out;
  for (const auto& c : claims) out.push_back(c.text);
  return out;
}

void judge(const KnowledgeBase& kb, std::size_t a, std::size_t b, Pairs& out) {
  if (!overlap(kb.article(a), kb.article(b))) return;
  auto pair = near_same(kb, a, b);
  if (!pair) return;
  const auto first = guard::claims(plain_text(kb.article(a).answer));
  const auto second = guard::claims(plain_text(kb.article(b).answer));
  if (!guard::contradict(first, second)) {
    out.duplicates.push_back(*std::move(pair));
    return;
  }
  pair->first_claims = written(first);
  pair->second_claims = written(second);
  out.conflicts.push_back(*std::move(pair));
}

// Articles with one text in common are compared always, the others with their nearest.
std::set<std::pair<std::size_t, std::size_t>> candidates(const KnowledgeBase& kb) {
  std::set<std::pair<std::size_t, std::size_t>> out;
  std::unordered_map<std::string, std::set<std::size_t>> owners;
  for (std::size_t a = 0; a < kb.size(); ++a)
    for (std::size_t t = 0; t < kb.prepared(a).questions; ++t) {
      auto& known = owners[kb.prepared(a).texts[t]];
      if (known.size() > kNeighbours || !known.insert(a).second) continue;
      for (const auto b : known)
        if (b != a) out.emplace(std::min(a, b), std::max(a, b));
    }
  if (kb.encoders().empty()) return out;
  const auto vectors = centroids(kb);
  std::vector<float> cosine(kb.size());
  std::vector<std::size_t> order(kb.size());
  for (std::size_t a = 0; a < kb.size(); ++a) {
    answering::multiply(vectors.values, {vectors.row(a), vectors.columns}, cosine);
    for (std::size_t b = 0; b < order.size(); ++b) order[b] = b;
    const auto most = std::min(order.size(), kNeighbours + 1);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                      [&](auto x, auto y) { return cosine[x] > cosine[y]; });
    for (std::size_t i = 0; i < most; ++i)
      if (order[i] != a) out.emplace(std::min(a, order[i]), std::max(a, order[i]));
  }
  return out;
}

void most_alike_first(std::vector<Pair>& pairs) {
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return a.similarity > b.similarity; });
  if (pairs.size() > kMostPairs) pairs.resize(kMostPairs);
}

}  // namespace

Pairs alike(const KnowledgeBase& kb) {
  Pairs out;
  if (kb.size() < 2) return out;
  for (const auto& [a, b] : candidates(kb)) judge(kb, a, b, out);
  most_alike_first(out.duplicates);
  most_alike_first(out.conflicts);
  return out;
}

std::vector<Stale> stale(std::span<const Article> articles, Timestamp now) {
  std::vector<Stale> out;
  for (const auto& a : articles) {
    if (out.size() == kMostListed) break;
    if (a.valid_until != Timestamp{} && a.valid_until <= now)
      out.push_back({a.external_id, a.question, "expired", a.valid_until});
    else if (a.valid_until != Timestamp{} && a.valid_until <= now + 14 * kDay)
      out.push_back({a.external_id, a.question, "expires_soon", a.valid_until});
    else if (a.updated_at != Timestamp{} && a.updated_at <= now - 365 * kDay)
      out.push_back({a.external_id, a.question, "old", a.updated_at});
  }
  return out;
}

Result<Usage> usage(storage::Tx& tx, Timestamp now) {
  Usage out;
  ZK_TRY_STATUS(tx.each(kUsage, {now - 90 * kDay}, [&](const storage::Row& row) {
    out.answers += row.integer(1);
    out.by_article.emplace(row.text(0), row.integer(1));
    return true;
  }));
  return out;
}

std::vector<Unused> unused(std::span<const Article> articles, const Usage& used, Timestamp now) {
  std::vector<Unused> out;
  if (used.answers < kAnswersToJudgeBy) return out;
  for (const auto& a : articles)
    if (out.size() < kMostListed && !used.by_article.contains(a.external_id) &&
        a.created_at <= now - 30 * kDay)
      out.push_back({a.external_id, a.question, a.created_at});
  return out;
}

}  // namespace zk::review
