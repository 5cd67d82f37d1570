// The port to a language model, for editors only: it words questions, never a sentence to a customer. Without
// one nothing else changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zk::learning {

struct Topic {
  std::string question, answer, language;  // of the article
  std::vector<std::string> similar;        // it has already
  std::vector<std::string> neighbours;     // questions of articles that lie near: not to be worded
  int wanted = 15;
};
struct Written {
  std::vector<std::string>
      texts;  // one line each, 1 … 300 characters, at most kMostWritten; as the model wrote them
  std::int64_t tokens = 0;  // as the model counts, 0 when it does not say
};
inline constexpr std::size_t kMostWritten = 30;

class Writer {
 public:
  virtual ~Writer() = default;
  virtual std::string name() const = 0;  // of the model, for screens and audit
  // How customers may word the topic's question. Implementations send masked text only. `stop` ends a call
  // under way. kUnavailable, kDeadlineExceeded, kMalformed: not what was asked for. Thread-safe.
  virtual Result<Written> write(const Topic& topic, const std::atomic<bool>& stop) const = 0;
};

}  // namespace zk::learning
