// Files that visitors and agents send: bounded, of a known kind (told from the bytes, never from the name),
// kept in the database so that a backup has them and a message never points at nothing. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "conversation/intake.hpp"
#include "conversation/writer.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

inline constexpr std::size_t kMaxAttachmentBytes = 10 << 20;

// The media type the bytes show, of png, jpeg, gif, webp, pdf, docx, xlsx, zip and plain UTF-8 text; "" for
// anything else.
std::string_view sniff(std::string_view bytes);

struct Attachment {
  AttachmentId id;
  ConversationId conversation_id;  // none: sent by a visitor who has no conversation yet
  ContactId contact_id;
  std::string name, mime;
  std::int64_t size = 0;
  Timestamp created_at{};
  std::string bytes;  // only from find()
  bool is_image() const { return mime.starts_with("image/"); }
};

// Pictures and files of a message must be uploads of that visitor or of that conversation; name, kind and
// size are then what was stored, and they belong to the conversation. kInvalidArgument names the block.
Status bind_uploads(storage::Tx& tx, Blocks& blocks, ContactId contact, ConversationId conversation);

class Attachments {
 public:
  Attachments(storage::Db& db, const Clock& clock, const Intake& intake)
      : db_(db), clock_(clock), intake_(intake) {}
  // kTooLarge, kUnsupportedMedia, kInvalidArgument (no bytes, no name). sha256_hex is of the bytes.
  Result<Attachment> add(ConversationId conversation, ContactId contact, std::string_view name,
                         std::string_view bytes, std::string_view sha256_hex, const Actor& by,
                         Deadline deadline);
  Result<Attachment> find(AttachmentId id, Deadline deadline) const;  // kNotFound

 private:
  storage::Db& db_;
  const Clock& clock_;
  const Intake& intake_;
};

}  // namespace zk::conversation
