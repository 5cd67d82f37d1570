#include "review/measure.hpp"

#include <algorithm>

#include "dialogue/policy.hpp"
#include "text/text.hpp"

namespace zk::review {
namespace {

Verdict verdict_of(const dialogue::Belief& belief, dialogue::Decision decision) {
  Verdict v{std::string(dialogue::to_string(decision)), {}, belief.right};
  if (!belief.candidates.empty()) v.article = belief.candidates.front().article_id;
  return v;
}

}  // namespace

std::vector<Article> articles_of(const answering::KnowledgeBase& kb) {
  std::vector<Article> out;
  for (std::size_t i = 0; i < kb.size(); ++i) out.push_back(kb.article(i));
  return out;
}

std::uint64_t order_of(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return h;
}

bool Verdict::right(const Item& item) const {
  return std::find(item.right.begin(), item.right.end(), article) != item.right.end();
}

std::optional<answering::Finding> find_held_out(const answering::Answerer& answerer, const Item& item,
                                                double target) {
  const auto& kb = answerer.knowledge();
  const auto at = kb.find(item.right.front());
  if (!at) return std::nullopt;
  const auto& own = kb.prepared(*at);
  const auto end = own.texts.begin() + static_cast<std::ptrdiff_t>(own.questions);
  const auto row = std::find(own.texts.begin(), end, text::normalise(item.text));
  if (row == end || own.questions < 2) return std::nullopt;
  return answerer.find_left_out(*at, static_cast<std::size_t>(row - own.texts.begin()), target);
}

Result<Verdict> ask(const answering::Answerer& answerer, const Asking& how, const Item& item) {
  if (item.held_out)
    if (const auto f = find_held_out(answerer, item, how.target)) {
      const auto belief = dialogue::belief_of(*f);
      return verdict_of(belief, dialogue::decide(belief, f->operating));
    }
  ZK_TRY(const auto reply,
         how.engine.turn(answerer,
                         {.text = item.text, .now = how.now, .channel = how.channel, .target = how.target}));
  Verdict v{std::string(dialogue::to_string(reply.decision)), reply.article_id, reply.probability};
  if (v.article.empty() && !reply.candidates.empty()) v.article = reply.candidates.front().article_id;
  // A message of several questions is right when any article answered from is.
  for (const auto& id : reply.also)
    if (!v.right(item) && std::find(item.right.begin(), item.right.end(), id) != item.right.end())
      v.article = id;
  return v;
}

double Figures::precision() const {
  return answered == 0 ? 1 : static_cast<double>(right) / static_cast<double>(answered);
}
double Figures::coverage() const {
  return answerable == 0 ? 0 : static_cast<double>(right) / static_cast<double>(answerable);
}

namespace {
void count(Figures& f, const Item& item, const Verdict& v) {
  ++f.asked;
  f.answerable += item.right.empty() ? 0 : 1;
  if (!v.answers()) return;
  ++f.answered;
  f.right += v.right(item) ? 1 : 0;
}
}  // namespace

Figures figures(std::span<const Item> items, std::span<const Verdict> verdicts) {
  Figures f;
  for (std::size_t i = 0; i < items.size(); ++i) count(f, items[i], verdicts[i]);
  return f;
}

std::map<std::string, Figures> figures_by_source(std::span<const Item> items,
                                                 std::span<const Verdict> verdicts) {
  std::map<std::string, Figures> out;
  for (std::size_t i = 0; i < items.size(); ++i) count(out[items[i].source], items[i], verdicts[i]);
  return out;
}

std::vector<Item> held_out(std::span<const Article> articles, std::size_t most, std::size_t least) {
  std::vector<std::vector<std::string>> waiting;
  std::vector<const Article*> owner;
  for (const auto& a : articles) {
    if (a.similar.size() < least) continue;
    auto own = a.similar;
    std::sort(own.begin(), own.end(), [](const auto& x, const auto& y) {
      return std::pair(order_of(x), x) > std::pair(order_of(y), y);
    });
    waiting.push_back(std::move(own));
    owner.push_back(&a);
  }
  std::vector<Item> out;
  for (bool any = true; any && out.size() < most;) {
    any = false;
    for (std::size_t i = 0; i < waiting.size() && out.size() < most; ++i) {
      if (waiting[i].empty()) continue;
      out.push_back({waiting[i].back(), {owner[i]->external_id}, "held_out", true});
      waiting[i].pop_back();
      any = true;
    }
  }
  return out;
}

}  // namespace zk::review
