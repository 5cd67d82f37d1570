#include "answering/repair.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::answering {
namespace {

constexpr std::size_t kShortest = 2;
constexpr std::size_t kLongest = 4;
constexpr std::uint32_t kLeastSeen = 2;  // what the knowledge base wrote once may itself be a slip

bool is_han(char32_t c) { return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf); }

Term written_term(std::u32string_view gram) {
  return term_of({reinterpret_cast<const char*>(gram.data()), gram.size() * sizeof(char32_t)});
}

Term sound_term(const std::vector<std::string>& sounds, std::size_t at, std::size_t n) {
  std::string key;
  for (std::size_t k = at; k < at + n; ++k) key.append(sounds[k]).push_back('_');
  return term_of(key);
}

struct Run {
  std::size_t begin, end;
};
std::vector<Run> han_runs(std::u32string_view s) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < s.size();) {
    if (!is_han(s[i])) {
      ++i;
      continue;
    }
    const auto begin = i;
    while (i < s.size() && is_han(s[i])) ++i;
    runs.push_back({begin, i});
  }
  return runs;
}

}  // namespace

Repair::Repair(const std::vector<std::string_view>& normalised_texts) {
  for (const auto t : normalised_texts) {
    const auto s = text::to_u32(t);
    for (const auto run : han_runs(s)) {
      const std::u32string_view r(s.data() + run.begin, run.end - run.begin);
      const auto sounds = text::sounds(text::to_utf8(r));
      if (sounds.size() != r.size()) continue;
      for (std::size_t n = kShortest; n <= kLongest; ++n)
        for (std::size_t i = 0; i + n <= r.size(); ++i)
          heard_.push_back({sound_term(sounds, i, n), std::u32string(r.substr(i, n)), 1});
    }
  }
  std::sort(heard_.begin(), heard_.end(), [](const Heard& a, const Heard& b) {
    return a.sound != b.sound ? a.sound < b.sound : a.written < b.written;
  });
  std::vector<Heard> best;
  for (std::size_t i = 0; i < heard_.size();) {
    auto& h = heard_[i];
    std::size_t j = i + 1;
    while (j < heard_.size() && heard_[j].sound == h.sound && heard_[j].written == h.written) ++j;
    h.count = static_cast<std::uint32_t>(j - i);
    known_.push_back(written_term(h.written));
    i = j;
    if (h.count < kLeastSeen) continue;
    if (best.empty() || best.back().sound != h.sound)
      best.push_back(std::move(h));
    else if (best.back().count < h.count)
      best.back() = std::move(h);
  }
  heard_ = std::move(best);
  heard_.shrink_to_fit();
  std::sort(known_.begin(), known_.end());
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
}

bool Repair::knows(std::u32string_view gram) const {
  return std::binary_search(known_.begin(), known_.end(), written_term(gram));
}

const Repair::Heard* Repair::hear(Term sound) const {
  const auto at = std::lower_bound(heard_.begin(), heard_.end(), sound,
                                   [](const Heard& h, Term s) { return h.sound < s; });
  return at == heard_.end() || at->sound != sound ? nullptr : &*at;
}

std::string Repair::apply(std::string_view normalised) const {
  auto s = text::to_u32(normalised);
  bool changed = false;
  for (const auto run : han_runs(s)) {
    const auto sounds =
        text::sounds(text::to_utf8(std::u32string_view(s).substr(run.begin, run.end - run.begin)));
    if (sounds.size() != run.end - run.begin) continue;
    std::vector<bool> mended(run.end - run.begin, false);
    for (std::size_t n = kLongest; n >= kShortest; --n)
      for (std::size_t i = 0; i + n <= sounds.size(); ++i) {
        const auto gram = std::u32string_view(s).substr(run.begin + i, n);
        const auto first = mended.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(first, first + static_cast<std::ptrdiff_t>(n), true) !=
            first + static_cast<std::ptrdiff_t>(n))
          continue;
        if (knows(gram)) continue;
        const auto* heard = hear(sound_term(sounds, i, n));
        if (!heard) continue;
        if (n == 2 && text::words(text::to_utf8(gram)).size() == 1) continue;  // a word in its own right
        std::copy(heard->written.begin(), heard->written.end(),
                  s.begin() + static_cast<std::ptrdiff_t>(run.begin + i));
        std::fill(first, first + static_cast<std::ptrdiff_t>(n), true);
        changed = true;
      }
  }
  return changed ? text::to_utf8(s) : std::string(normalised);
}

}  // namespace zk::answering
