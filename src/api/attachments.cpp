// Uploading and serving files. What is served can do nothing in a browser: no sniffing, no script, no page
// around it.
#include <fmt/format.h>

#include "api/conversations.hpp"

namespace zk::api {
namespace {
using namespace conversing;
using conversation::Service;

// RFC 6266: an ASCII form for old clients and the UTF-8 form of RFC 5987.
std::string disposition(const conversation::Attachment& a) {
  std::string plain, encoded;
  for (const char c : a.name) {
    const auto u = static_cast<unsigned char>(c);
    const bool word = (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
                      u == '.' || u == '-' || u == '_';
    plain += word || u == ' ' ? c : '_';
    encoded += word ? std::string(1, c) : fmt::format("%{:02X}", u);
  }
  return fmt::format("{}; filename=\"{}\"; filename*=UTF-8''{}", a.is_image() ? "inline" : "attachment",
                     plain, encoded);
}

Result<Reply> upload(Context& c, Service& s) {
  const ConversationId id{c.id()};
  ZK_TRY([[maybe_unused]] const auto known,
         c.read([&](storage::Tx& tx) { return conversation::conversation(tx, id); }));
  ZK_TRY(const auto stored,
         s.attachments().add(id, {}, c.query().text("name"), c.request().body,
                             auth::sha256_hex(c.request().body), actor_of(c.caller()), c.deadline()));
  return attachment_reply(stored);
}

Result<Reply> download(Context& c, Service& s) {
  ZK_TRY(auto found, s.attachments().find(AttachmentId{c.id()}, c.deadline()));
  // A stranger's file is as absent as one that never was.
  if (c.caller().kind == auth::Caller::Kind::kVisitor && found.contact_id != c.caller().contact_id)
    return fail(ErrorCode::kNotFound, "no such attachment");
  Reply reply;
  reply.content_type = found.mime == "text/plain" ? "text/plain; charset=utf-8" : found.mime;
  reply.headers = {{"content-disposition", disposition(found)},
                   {"x-content-type-options", "nosniff"},
                   {"content-security-policy", "default-src 'none'; sandbox"},
                   {"cross-origin-resource-policy", "same-origin"},
                   {"cache-control", "private, max-age=86400, immutable"}};
  reply.body = std::move(found.bytes);
  return reply;
}

}  // namespace

std::vector<Route> attachment_routes(Service& s) {
  const std::vector<Field> name{{"name", is::line(200), kRequired, "of the file"}};
  return {
      {.method = Method::kPost,
       .path = "/api/v1/conversations/{id}/attachments",
       .access = Permission::kConversationWrite,
       .summary =
           "Upload a file for a message: png, jpeg, gif, webp, pdf, docx, xlsx, txt or zip, at most 10 MiB",
       .query = name,
       .raw_body = true,
       .max_body_bytes = static_cast<std::int64_t>(conversation::kMaxAttachmentBytes),
       .status = 201,
       .reply = attachment_schema(),
       .repeat = Repeat::kNatural,
       .handler = [&](Context& c) { return upload(c, s); }},
      {.method = Method::kGet,
       .path = "/api/v1/attachments/{id}",
       .access = {Permission::kConversationRead, Permission::kVisitor},
       .summary = "Download a file of a conversation",
       .reply_type = "application/octet-stream",
       .handler = [&](Context& c) { return download(c, s); }},
  };
}

}  // namespace zk::api
