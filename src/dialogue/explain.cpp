#include "dialogue/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace zk::dialogue {
namespace {

// `of`: the feature whose values are said. When the article it speaks for has the higher one: `zh`, `en`;
// else only that it speaks for it. "{0}" is the article.
struct Aspect {
  std::string_view name, of;
  std::string_view zh, en;
  std::string_view zh_noun, en_noun;
};
constexpr std::array<Aspect, 10> kAspects = {{
    {"questions", "best", "{0} 有一条问法更接近", "a question of {0} is nearer", "与问法的接近程度",
     "likeness to its questions"},
    {"clause", "clause", "消息里有一句更像 {0} 的问法",
     "a part of the message is nearer to the questions of {0}", "消息里单独一句的意思",
     "likeness of a part of the message"},
    {"answer", "answer", "{0} 的答案里有更接近的句子", "a sentence in the answer of {0} is nearer",
     "与答案的接近程度", "likeness to its answer"},
    {"words", "article", "与 {0} 用词相同的更多", "more words are shared with {0}", "用词",
     "the words shared"},
    {"sounds", "article.sound", "与 {0} 读音相同的更多", "more of it sounds like {0}", "读音",
     "the sounds shared"},
    {"tokens", "late.article", "更多字词能在 {0} 里找到对应", "more of its words find their like in {0}",
     "逐字逐词的对应", "the match word by word"},
    {"names", "latin.share", "提到的型号或数字出现在 {0} 里", "the model or figure named stands in {0}",
     "提到的型号或数字", "the models or figures named"},
    {"negation", "negation", "肯定还是否定与 {0} 一致", "affirmed or negated as in {0}", "肯定还是否定",
     "what is affirmed or negated"},
    {"classifier", "classifier", "照现有问法归类，更像 {0}",
     "sorted by all questions there are, it falls to {0}", "照现有问法的归类",
     "sorting by all questions there are"},
    {"extent", "similar", "{0} 的相似问更多", "{0} has more similar questions", "相似问的多少与篇幅",
     "the number of similar questions and the length"},
}};

std::string_view without_encoder(std::string_view feature) {
  for (const std::string_view encoder : {"bge.", "e5."})
    if (feature.starts_with(encoder)) feature.remove_prefix(encoder.size());
  return feature;
}

const Aspect* aspect_of(std::string_view feature) {
  feature = without_encoder(feature);
  if (feature.ends_with(".gap")) feature.remove_suffix(4);
  const auto named = [](std::string_view name) {
    return std::find_if(kAspects.begin(), kAspects.end(), [&](const Aspect& a) { return a.name == name; });
  };
  constexpr std::array<std::string_view, 5> kQuestions = {"raw", "best", "best3", "norm", "cohort"};
  if (feature.starts_with("q.")) return nullptr;
  if (std::find(kQuestions.begin(), kQuestions.end(), feature) != kQuestions.end()) return named("questions");
  if (feature.starts_with("late.")) return named("tokens");
  if (feature.starts_with("latin.")) return named("names");
  if (feature.starts_with("classifier")) return named("classifier");
  if (feature.ends_with(".sound")) return named("sounds");
  if (feature == "similar" || feature == "length") return named("extent");
  if (feature == "clause" || feature == "answer" || feature == "negation") return named(feature);
  return named("words");
}

const answering::Reason* find(std::span<const answering::Reason> reasons, std::string_view feature) {
  for (const auto& r : reasons)
    if (without_encoder(r.feature) == feature) return &r;
  return nullptr;
}

std::string say(std::string_view words, std::string_view article) {
  return fmt::format(fmt::runtime(words), article);
}

// The nearest questions of the one (three at most) are on average nearer than the nearest of the other.
std::optional<Explanation> several(std::span<const answering::Reason> reasons, bool for_first,
                                   std::string_view winner, std::string_view other) {
  const auto *three = find(reasons, "best3"), *best = find(reasons, "best");
  if (!three || !best) return std::nullopt;
  const float mine = for_first ? three->first : three->second;
  const float theirs = for_first ? best->second : best->first;
  if (!(mine > theirs)) return std::nullopt;
  return Explanation{
      .zh = fmt::format("{} 最像的几条问法平均比 {} 最像的一条还接近（{:.2f} 对 {:.2f}）", winner, other,
                        mine, theirs),
      .en = fmt::format("the nearest questions of {} are on average nearer than the nearest of {} ({:.2f} "
                        "against {:.2f})",
                        winner, other, mine, theirs)};
}

Explanation put(const Aspect& a, double share, std::span<const answering::Reason> reasons,
                std::string_view first, std::string_view second) {
  const bool for_first = share > 0;
  const auto winner = for_first ? first : second;
  Explanation out{.aspect = a.name, .share = share, .zh = {}, .en = {}};
  if (a.name == "questions")
    if (auto words = several(reasons, for_first, winner, for_first ? second : first)) {
      words->aspect = a.name;
      words->share = share;
      return *std::move(words);
    }
  const auto* said = find(reasons, a.of);
  const bool known = said && std::isfinite(said->first) && std::isfinite(said->second);
  const float mine = !known ? 0 : for_first ? said->first : said->second;
  const float theirs = !known ? 0 : for_first ? said->second : said->first;
  if (known && mine > theirs) {
    out.zh = say(a.zh, winner) + fmt::format("（{:.2f} 对 {:.2f}）", mine, theirs);
    out.en = say(a.en, winner) + fmt::format(" ({:.2f} against {:.2f})", mine, theirs);
  } else {
    out.zh = fmt::format("{}：总的来看倾向 {}", a.zh_noun, winner);
    out.en = fmt::format("{}: on the whole it speaks for {}", a.en_noun, winner);
  }
  return out;
}

}  // namespace

std::vector<Explanation> explain(std::span<const answering::Reason> reasons, std::string_view first,
                                 std::string_view second) {
  std::array<double, kAspects.size()> shares{};
  for (const auto& r : reasons)
    if (const auto* a = aspect_of(r.feature))
      shares[static_cast<std::size_t>(a - kAspects.data())] += r.share;
  std::vector<Explanation> out;
  for (std::size_t i = 0; i < shares.size(); ++i)
    if (std::abs(shares[i]) > 1e-9) out.push_back(put(kAspects[i], shares[i], reasons, first, second));
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.share) > std::abs(b.share); });
  return out;
}

Explanation word_for_word(std::string_view article) {
  return {.aspect = "word_for_word",
          .share = 1,
          .zh = fmt::format("与 {} 的一条问法一字不差", article),
          .en = fmt::format("these very words are a question of {}", article)};
}

}  // namespace zk::dialogue
