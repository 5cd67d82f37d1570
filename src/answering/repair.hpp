// Homophone repair against one knowledge base: a run of 2–4 Han characters that the knowledge base never
// writes, but that sounds like one it writes at least twice, is replaced (留量→流量). Words of the general
// dictionary are left alone. Immutable after construction; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answering/terms.hpp"

namespace zk::answering {

class Repair {
 public:
  Repair() = default;
  explicit Repair(const std::vector<std::string_view>& normalised_texts);

  // The repaired question, or the same text when nothing is to be mended.
  std::string apply(std::string_view normalised) const;

 private:
  struct Heard {
    Term sound;
    std::u32string written;  // 2–4 characters, the most frequent one of this sound
    std::uint32_t count;
  };
  bool knows(std::u32string_view gram) const;
  const Heard* hear(Term sound) const;

  std::vector<Term> known_;   // ascending
  std::vector<Heard> heard_;  // ascending by sound
};

}  // namespace zk::answering
