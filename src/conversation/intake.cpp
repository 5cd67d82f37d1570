#include "conversation/intake.hpp"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

std::string Intake::pass(std::string_view text) const {
  auto out = without_controls(text);
  return mask_ && !out.empty() ? mask_(out) : out;
}

Result<Blocks> Intake::clean(Blocks blocks, SenderKind sender) const {
  const auto visible = [](const Block& b) {
    return !std::holds_alternative<TextBlock>(b) || !std::get<TextBlock>(b).text.empty();
  };
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto& block = blocks[i];
    if (sender == SenderKind::kVisitor && (!visitor_may_send(block) || !own_upload(block)))
      return fail(ErrorCode::kInvalidArgument, "send text, or images and files uploaded here",
                  fmt::format("/blocks/{}", i));
    if (auto* text = std::get_if<TextBlock>(&block)) text->text = pass(text->text);
    if (auto* list = std::get_if<ListBlock>(&block))
      for (auto& item : list->items) item = pass(item);
    if (auto* image = std::get_if<ImageBlock>(&block)) image->alt = pass(image->alt);
    if (auto* file = std::get_if<FileBlock>(&block)) file->name = pass(file->name);
    if (auto* card = std::get_if<CardBlock>(&block)) {
      card->title = pass(card->title);
      card->text = pass(card->text);
    }
  }
  std::erase_if(blocks, [&](const Block& b) { return !visible(b); });
  if (blocks.empty())
    return fail(ErrorCode::kInvalidArgument, "the message is empty: write something", "/blocks");
  if (plain_text(blocks).size() > kMaxTextBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("the message is longer than {} bytes: send it in parts", kMaxTextBytes),
                "/blocks");
  return blocks;
}

Result<std::string> Intake::clean(std::string_view text, std::size_t max_bytes,
                                  std::string_view field) const {
  if (text.size() > max_bytes)
    return fail(ErrorCode::kTooLarge, fmt::format("longer than {} bytes: shorten it", max_bytes),
                std::string(field));
  return pass(text);
}

}  // namespace zk::conversation
