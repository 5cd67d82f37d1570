// Language versions of an article (Article::translation_of) answer the same question: they count as one, and
// the one in the customer's language is given where there is one. Holds on to the knowledge base; not shared
// between threads.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "answering/knowledge_base.hpp"
#include "dialogue/policy.hpp"

namespace zk::dialogue {

class Versions {
 public:
  // `language`: BCP 47 of the message; versions that are not live now on this channel do not count.
  Versions(const answering::KnowledgeBase& kb, std::string_view language, Timestamp now,
           std::string_view channel);
  // The version to give: in that language, else the article itself.
  const std::string& of(const std::string& external_id) const;
  // One candidate an article, whatever its versions; their probabilities add up.
  void merge(Belief& belief) const;

 private:
  std::unordered_map<std::string, std::string>
      given_;  // external id → the version to give; only where it differs
};

}  // namespace zk::dialogue
