// From probabilities to what is done: answer, ask back, say that it is not known. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "answering/answerer.hpp"
#include "dialogue/engine.hpp"

namespace zk::dialogue {

// Candidates with one probability each, after a thread was taken into account. Best first.
struct Belief {
  std::shared_ptr<const answering::KnowledgeBase> kb;
  std::vector<Scored> candidates;
  double right = 0, ambiguous = 0, none = 0;
};

Belief belief_of(const answering::Finding& finding);

// Without those articles; the others keep their probabilities.
void leave_out(Belief& belief, const std::vector<std::string>& article_ids);

Decision decide(const Belief& belief, const answering::Operating& operating);
// The same of the bare probabilities, where there is a candidate.
Decision decide(double right, double ambiguous, double none, const answering::Operating& operating);

// At most kMostOptions candidates worth a button: those with at least a thirtieth of the first one's
// probability.
std::vector<std::string> options_of(const Belief& belief);

// Names what distinguishes each option: its title without the words that all the others share, at most 24
// characters.
std::vector<std::string> labels_of(const std::vector<std::string>& titles);

}  // namespace zk::dialogue
