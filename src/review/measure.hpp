// Asking a knowledge base questions whose right answer is known, and what comes of it. Pure but for the
// encoders; thread-safe.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "answering/answerer.hpp"
#include "dialogue/engine.hpp"
#include "nlu/metrics.hpp"

namespace zk::review {

struct Item {
  std::string text;
  std::vector<std::string> right;  // external ids, any of which is right; empty: nothing may be answered
  std::string source;              // editor | import | feedback | held_out
  // A similar question of right[0]: asked as if it had not been written down, in every snapshot that has it.
  bool held_out = false;
  std::string key() const { return held_out ? "h:" + right.front() + ":" + text : "q:" + text; }
};

struct Verdict {
  std::string decision;  // answer | clarify | none | handover | smalltalk | flow …
  std::string article;   // answered from, or the likeliest
  double probability = 0;
  bool answers() const { return decision == "answer"; }
  bool right(const Item& item) const;  // an answer that is; meaningless unless answers()
};

struct Asking {
  const dialogue::Engine& engine;
  double target = 0.98;  // precision wanted of direct answers
  Timestamp now{};
  std::string channel = "web";
};
Result<Verdict> ask(const answering::Answerer& answerer, const Asking& how, const Item& item);

// The item's question found as if its editor had not written it; nothing where it is not the article's own.
std::optional<answering::Finding> find_held_out(const answering::Answerer& answerer, const Item& item,
                                                double target);

struct Figures {
  std::size_t asked = 0, answerable = 0;
  std::size_t answered = 0, right = 0;
  double precision() const;  // right / answered; 1 when nothing was answered
  double coverage() const;   // right / answerable
  nlu::Interval precision_interval() const { return nlu::wilson(right, answered); }
  nlu::Interval coverage_interval() const { return nlu::wilson(right, answerable); }
};
Figures figures(std::span<const Item> items, std::span<const Verdict> verdicts);
std::map<std::string, Figures> figures_by_source(std::span<const Item> items,
                                                 std::span<const Verdict> verdicts);

std::vector<Article> articles_of(const answering::KnowledgeBase& kb);

// FNV-1a: the same order of questions on every machine.
std::uint64_t order_of(std::string_view text);

// One similar question of each article in turn until there are `most`, always the same ones of the same
// knowledge base. Articles with fewer than `least` similar questions give none.
std::vector<Item> held_out(std::span<const Article> articles, std::size_t most, std::size_t least = 2);

}  // namespace zk::review
