// The one door for text that people write: visitors, agents, imports. What passes is bounded, free of control
// characters and masked; nothing reaches a table of conversations that did not come through here. What was
// masked comes out beside the text, to be sealed in the transaction that stores the text.
//
//   const Intake intake(&vault, published);
//   ZK_TRY(auto clean, intake.clean(given, SenderKind::kVisitor));
//   … in the transaction: vault.seal(tx, contact, conversation, clean.originals, now) …
//
// Thread-safety: const and safe from any thread, as long as published is.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/block.hpp"
#include "domain/conversation.hpp"
#include "vault/vault.hpp"

namespace zk::conversation {

struct CleanBlocks {
  Blocks blocks;
  std::vector<vault::Original> originals;  // paths begin with "/blocks/"
};
struct CleanText {
  std::string text;
  std::vector<vault::Original> originals;
};

class Intake {
 public:
  // True of a number or an address that the company itself publishes (its hotline, where returns go): an agent
  // may send these, they are no one's personal data. Asked only when an agent's text holds something to mask.
  using Published = std::function<bool(const std::string& words, text::PiiType kind)>;
  // vault: null masks too, but keeps no originals.
  explicit Intake(const vault::Vault* vault = nullptr, Published published = {})
      : vault_(vault), published_(std::move(published)) {}

  // kInvalidArgument: nothing left to show, or a block this sender may not send (a visitor: text, image and
  // file only); kTooLarge: more than kMaxTextBytes. Field "/blocks…".
  Result<CleanBlocks> clean(Blocks blocks, SenderKind sender) const;
  // A short free text beside a message (note, comment, attribute): the same, at most max_bytes. path: of the
  // field, in errors and originals.
  Result<CleanText> clean(std::string_view text, std::size_t max_bytes, std::string_view path) const;
  // A field that is personal data as a whole, such as a contact's telephone number.
  Result<CleanText> field(std::string_view text, text::PiiType kind, std::size_t max_bytes,
                          std::string_view path) const;
  // A customer's id in the company's own books. Where that is a number or an address of the customer, a masked
  // form with a keyed hash stands for it, the same for the same id.
  std::string identity(std::string_view external_id) const;

  const vault::Vault* vault() const { return vault_; }

 private:
  CleanText pass(std::string_view text, std::string_view path, const Published& published) const;

  const vault::Vault* vault_;
  Published published_;
};

}  // namespace zk::conversation
