#include "conversation/attachments.hpp"

#include <algorithm>
#include <charconv>

namespace zk::conversation {
namespace {
using storage::Query;

constexpr Query kAdd{"attachment.add",
                     "INSERT INTO attachment (conversation_id, contact_id, uploader, name, mime, size, "
                     "sha256, created_at, bytes) "
                     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id"};
constexpr Query kFind{
    "attachment.find",
    "SELECT a.id, a.conversation_id, COALESCE(a.contact_id, c.contact_id), a.name, a.mime, a.size, "
    "a.created_at, a.bytes "
    "FROM attachment a LEFT JOIN conversation c ON c.id = a.conversation_id WHERE a.id = $1"};
constexpr Query kOwner{"attachment.owner",
                       "SELECT conversation_id, contact_id, name, mime, size FROM attachment WHERE id = $1"};
constexpr Query kBind{"attachment.bind",
                      "UPDATE attachment SET conversation_id = $2 WHERE id = $1 AND conversation_id IS NULL"};
constexpr std::size_t kMaxName = 200;
constexpr std::string_view kPath = "/api/v1/attachments/";

// The id in the address of an upload; none for any other address.
AttachmentId upload_id(std::string_view url) {
  if (!url.starts_with(kPath)) return {};
  url.remove_prefix(kPath.size());
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(url.data(), url.data() + url.size(), id);
  return AttachmentId{error == std::errc{} && end == url.data() + url.size() ? id : 0};
}

// A zip archive lists its files by name near its start; Office documents have these.
std::string_view zip_kind(std::string_view bytes) {
  const auto head = bytes.substr(0, 64 * 1024);
  const auto tail = bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), 64 * 1024));
  const auto holds = [&](std::string_view name) {
    return head.find(name) != head.npos || tail.find(name) != tail.npos;
  };
  if (!holds("[Content_Types].xml")) return "application/zip";
  if (holds("word/document.xml"))
    return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  if (holds("xl/workbook.xml")) return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  return "application/zip";
}

// UTF-8 without control characters but line ends, tabs and form feeds; nothing a browser would take for
// markup at the start.
bool is_plain_text(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c < 0x80) {
      if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f') return false;
      ++i;
      continue;
    }
    const std::size_t length = c >= 0xF0 && c < 0xF5   ? 4
                               : c >= 0xE0 && c < 0xF0 ? 3
                               : c >= 0xC2 && c < 0xE0 ? 2
                                                       : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xC0) != 0x80) return false;
    i += length;
  }
  const auto first = bytes.find_first_not_of(" \t\r\n\f\xEF\xBB\xBF");
  return first == std::string_view::npos || bytes[first] != '<';
}

}  // namespace

std::string_view sniff(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) return "image/jpeg";
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return "image/gif";
  if (bytes.size() >= 12 && bytes.starts_with("RIFF"sv) && bytes.substr(8, 4) == "WEBP"sv)
    return "image/webp";
  if (bytes.starts_with("%PDF-"sv)) return "application/pdf";
  if (bytes.starts_with("PK\x03\x04"sv)) return zip_kind(bytes);
  return is_plain_text(bytes) ? "text/plain"sv : ""sv;
}

Status bind_uploads(storage::Tx& tx, Blocks& blocks, ContactId contact, ConversationId conversation) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto* file = std::get_if<FileBlock>(&blocks[i]);
    const auto* image = std::get_if<ImageBlock>(&blocks[i]);
    const auto id = file ? upload_id(file->url) : image ? upload_id(image->url) : AttachmentId{};
    if (!id && !(file || (image && image->url.starts_with(kPath)))) continue;
    ZK_TRY(auto row, tx.maybe(kOwner, {id}));
    const bool own = row && (row->id<ConversationId>(0) == conversation || row->id<ContactId>(1) == contact);
    if (!own)
      return fail(ErrorCode::kInvalidArgument, "upload the file in this conversation first",
                  "/blocks/" + std::to_string(i));
    if (file) *file = {id.value, row->text(2), row->text(3), row->integer(4), file->url};
    ZK_TRY([[maybe_unused]] auto n, tx.run(kBind, {id, conversation}));
  }
  return {};
}

Result<Attachment> Attachments::add(ConversationId conversation, ContactId contact, std::string_view name,
                                    std::string_view bytes, std::string_view sha256_hex, const Actor& by,
                                    Deadline deadline) {
  if (bytes.empty()) return fail(ErrorCode::kInvalidArgument, "the file is empty");
  if (bytes.size() > kMaxAttachmentBytes)
    return fail(ErrorCode::kTooLarge, "the file is larger than 10 MiB: send a smaller one");
  ZK_TRY(auto named, intake_.clean(name, kMaxName, "/name"));
  auto& shown = named.text;
  for (char& c : shown)
    if (c == '/' || c == '\\' || c == '"' || c == '\n' || c == '\t') c = '_';
  if (shown.empty()) return fail(ErrorCode::kInvalidArgument, "the file needs a name", "/name");
  const auto mime = sniff(bytes);
  if (mime.empty())
    return fail(ErrorCode::kUnsupportedMedia,
                "send a picture (png, jpeg, gif, webp), a pdf, docx, xlsx or txt file, or a zip archive");
  return db_.write(deadline, [&](storage::Tx& tx) -> Result<Attachment> {
    Attachment a{{},
                 conversation,
                 contact,
                 shown,
                 std::string(mime),
                 static_cast<std::int64_t>(bytes.size()),
                 clock_.now(),
                 {}};
    ZK_TRY(auto row, tx.one(kAdd, {conversation, contact, by.ref, a.name, a.mime, a.size, sha256_hex,
                                   a.created_at, storage::Blob{bytes}}));
    a.id = row.id<AttachmentId>(0);
    return a;
  });
}

Result<Attachment> Attachments::find(AttachmentId id, Deadline deadline) const {
  ZK_TRY(auto row, db_.read(deadline, [&](storage::Tx& tx) { return tx.maybe(kFind, {id}); }));
  if (!row) return fail(ErrorCode::kNotFound, "no such attachment");
  return Attachment{row->id<AttachmentId>(0),
                    row->id<ConversationId>(1),
                    row->id<ContactId>(2),
                    row->text(3),
                    row->text(4),
                    row->integer(5),
                    row->time(6),
                    row->text(7)};
}

}  // namespace zk::conversation
