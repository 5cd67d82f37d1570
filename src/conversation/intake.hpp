// The one door for text that people write: visitors, agents, imports. What passes is bounded, free of control
// characters and masked; nothing reaches a table of conversations that did not come through here.
//
//   const Intake intake(mask);                       // mask: replaces personal data; applied to every piece
//   of text ZK_TRY(auto blocks, intake.clean(given, SenderKind::kVisitor));
//
// Thread-safety: const and safe from any thread, as long as mask is.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/block.hpp"
#include "domain/conversation.hpp"

namespace zk::conversation {

class Intake {
 public:
  using Mask = std::function<std::string(std::string_view)>;
  explicit Intake(Mask mask = {}) : mask_(std::move(mask)) {}

  // kInvalidArgument: nothing left to show, or a block this sender may not send (a visitor: text, image and
  // file only); kTooLarge: more than kMaxTextBytes. Field "/blocks…".
  Result<Blocks> clean(Blocks blocks, SenderKind sender) const;
  // A short free text beside a message (note, comment, name): the same, at most max_bytes.
  Result<std::string> clean(std::string_view text, std::size_t max_bytes, std::string_view field) const;

 private:
  std::string pass(std::string_view text) const;
  Mask mask_;
};

}  // namespace zk::conversation
