#include "conversation/intake.hpp"

#include <fmt/format.h>

#include <iterator>

#include "text/pii.hpp"
#include "text/text.hpp"

namespace zk::conversation {
namespace {

// Control characters but tab and line feed show nothing and break terminals, exports and screen readers.
std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u >= 0x20 && u != 0x7F) || c == '\n' || c == '\t') out += c;
  }
  const auto first = out.find_first_not_of(" \n\t");
  if (first == std::string::npos) return {};
  const auto last = out.find_last_not_of(" \n\t");
  return out.substr(first, last - first + 1);
}

bool visitor_may_send(const Block& block) {
  return std::holds_alternative<TextBlock>(block) || std::holds_alternative<ImageBlock>(block) ||
         std::holds_alternative<FileBlock>(block);
}

// A visitor shows pictures he uploaded here, never one the agent's browser would fetch from somewhere else.
bool own_upload(const Block& block) {
  constexpr std::string_view kPath = "/api/v1/attachments/";
  if (const auto* image = std::get_if<ImageBlock>(&block)) return image->url.starts_with(kPath);
  if (const auto* file = std::get_if<FileBlock>(&block)) return file->url.starts_with(kPath);
  return true;
}

// The pieces of text of a block, each with its name. Addresses too: a tel: link holds a number.
void each_text(Block& block, const std::function<void(std::string&, const std::string&)>& f) {
  if (auto* text = std::get_if<TextBlock>(&block)) f(text->text, "text");
  if (auto* list = std::get_if<ListBlock>(&block))
    for (std::size_t i = 0; i < list->items.size(); ++i) f(list->items[i], fmt::format("items/{}", i));
  if (auto* image = std::get_if<ImageBlock>(&block)) f(image->alt, "alt"), f(image->url, "url");
  if (auto* link = std::get_if<LinkBlock>(&block)) f(link->title, "title"), f(link->url, "url");
  if (auto* buttons = std::get_if<ButtonsBlock>(&block))
    for (std::size_t i = 0; i < buttons->choices.size(); ++i)
      f(buttons->choices[i].label, fmt::format("choices/{}/label", i));
  if (auto* file = std::get_if<FileBlock>(&block)) f(file->name, "name");
  if (auto* card = std::get_if<CardBlock>(&block))
    f(card->title, "title"), f(card->text, "text"), f(card->url, "url"), f(card->image_url, "image_url");
}

}  // namespace

CleanText Intake::pass(std::string_view text, std::string_view path, const Published& published) const {
  auto masked = text::mask_pieces(text, published);
  CleanText out{std::move(masked.text), {}};
  for (auto& p : masked.pieces)
    out.originals.push_back({p.type, std::move(p.original), std::string(path), p.start, p.end});
  return out;
}

Result<CleanBlocks> Intake::clean(Blocks blocks, SenderKind sender) const {
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (sender == SenderKind::kVisitor && (!visitor_may_send(blocks[i]) || !own_upload(blocks[i])))
      return fail(ErrorCode::kInvalidArgument, "send text, or images and files uploaded here",
                  fmt::format("/blocks/{}", i));
  for (auto& block : blocks)
    each_text(block, [](std::string& text, const std::string&) { text = without_controls(text); });
  std::erase_if(blocks, [](const Block& b) {
    return std::holds_alternative<TextBlock>(b) && std::get<TextBlock>(b).text.empty();
  });
  if (blocks.empty())
    return fail(ErrorCode::kInvalidArgument, "the message is empty: write something", "/blocks");
  if (plain_text(blocks).size() > kMaxTextBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("the message is longer than {} bytes: send it in parts", kMaxTextBytes),
                "/blocks");
  CleanBlocks out{std::move(blocks), {}};
  static const Published kNothing;
  const auto& published = sender == SenderKind::kAgent ? published_ : kNothing;
  for (std::size_t i = 0; i < out.blocks.size(); ++i)
    each_text(out.blocks[i], [&](std::string& text, const std::string& name) {
      auto passed = pass(text, fmt::format("/blocks/{}/{}", i, name), published);
      text = std::move(passed.text);
      std::move(passed.originals.begin(), passed.originals.end(), std::back_inserter(out.originals));
    });
  return out;
}

Result<CleanText> Intake::clean(std::string_view text, std::size_t max_bytes, std::string_view path) const {
  if (text.size() > max_bytes)
    return fail(ErrorCode::kTooLarge, fmt::format("longer than {} bytes: shorten it", max_bytes),
                std::string(path));
  return pass(without_controls(text), path, {});
}

Result<CleanText> Intake::field(std::string_view text, text::PiiType kind, std::size_t max_bytes,
                                std::string_view path) const {
  ZK_TRY(auto out, clean(text, max_bytes, path));
  const auto whole = without_controls(text);
  if (whole.empty()) return out;
  out.text = text::masked_form(whole, kind);
  out.originals = {{kind, whole, std::string(path), 0, text::to_u32(out.text).size()}};
  return out;
}

std::string Intake::identity(std::string_view external_id) const {
  if (!vault_) return std::string(external_id);
  const auto masked = text::mask_pieces(external_id);
  if (masked.pieces.empty()) return std::string(external_id);
  return masked.text + "#" + vault_->fingerprint(external_id);
}

}  // namespace zk::conversation
