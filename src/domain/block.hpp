// Rich content of a message or an answer: a short list of blocks that every channel can render, or fall back to plain text.
// Values only; safe to copy between threads.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace zk {

struct TextBlock { std::string text; };                       // plain text, line breaks kept; no markup
struct ListBlock { bool ordered = false; std::vector<std::string> items; };
struct ImageBlock { std::string url; std::string alt; };      // https://… or /api/v1/attachments/…
struct LinkBlock { std::string url; std::string title; };     // https, http, tel, mailto
struct Choice { std::string id; std::string label; };         // id: "article:X017", "none", "human", …
struct ButtonsBlock { std::vector<Choice> choices; };         // the visitor takes one; sent back as pick = id
struct CardBlock { std::string title; std::string text; std::string image_url; std::string url; };
struct FileBlock { std::int64_t attachment_id = 0; std::string name; std::string mime; std::int64_t size = 0; std::string url; };

using Block = std::variant<TextBlock, ListBlock, ImageBlock, LinkBlock, ButtonsBlock, CardBlock, FileBlock>;
using Blocks = std::vector<Block>;

inline constexpr std::size_t kMaxBlocks = 50;
inline constexpr std::size_t kMaxTextBytes = 20'000;  // of one message or answer, all blocks together

// Reading order, one line a block: what search, previews and channels without rich content use.
std::string plain_text(const Blocks& blocks);
Blocks text_blocks(std::string text);

// JSON array, e.g. [{"type":"text","text":"…"},{"type":"buttons","choices":[{"id":"article:X017","label":"…"}]}].
// from_json checks types, limits and URL schemes; kInvalidArgument names the element ("/0/url").
std::string blocks_to_json(const Blocks& blocks);
Result<Blocks> blocks_from_json(std::string_view json);

}  // namespace zk
