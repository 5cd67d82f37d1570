#include "domain/block.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace zk {
namespace json = boost::json;
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

void append_line(std::string& out, std::string_view line) {
  if (line.empty()) return;
  if (!out.empty()) out += '\n';
  out += line;
}

bool safe_url(std::string_view url) {
  if (url.size() > 2000) return false;
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= ' ') return false;
  return url.starts_with("https://") || url.starts_with("http://") || url.starts_with("tel:") ||
         url.starts_with("mailto:") || (url.starts_with("/") && !url.starts_with("//"));
}

// Reads the members of one block; the first fault wins.
class Reader {
 public:
  Reader(const json::object& object, std::size_t index) : object_(object), index_(index) {}
  std::string text(std::string_view key, bool required) {
    const auto* v = object_.if_contains(key);
    if (!v || v->is_null()) {
      if (required) blame(key, "is missing");
      return {};
    }
    if (!v->is_string()) {
      blame(key, "must be a string");
      return {};
    }
    if (required && v->get_string().empty()) blame(key, "must not be empty");
    return std::string(v->get_string());
  }
  std::string url(std::string_view key, bool required) {
    auto u = text(key, required);
    if (!u.empty() && !safe_url(u)) blame(key, "must be an http, https, tel or mailto address, or a path of this server");
    return u;
  }
  const json::array* list(std::string_view key) {
    const auto* v = object_.if_contains(key);
    if (!v || !v->is_array() || v->get_array().empty() || v->get_array().size() > 100) {
      blame(key, "must be a list of 1 to 100 elements");
      return nullptr;
    }
    return &v->get_array();
  }
  std::int64_t integer(std::string_view key) {
    const auto* v = object_.if_contains(key);
    if (!v || !v->is_int64() || v->get_int64() < 0) {
      blame(key, "must be a number from 0");
      return 0;
    }
    return v->get_int64();
  }
  bool boolean(std::string_view key) {
    const auto* v = object_.if_contains(key);
    return v && v->is_bool() && v->get_bool();
  }
  void blame(std::string_view key, std::string_view what) {
    if (!error_) error_ = Error{ErrorCode::kInvalidArgument, fmt::format("{} {}", key, what), fmt::format("/{}/{}", index_, key), {}};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const json::object& object_;
  std::size_t index_;
  std::optional<Error> error_;
};

ButtonsBlock read_buttons(Reader& r) {
  ButtonsBlock out;
  const auto* list = r.list("choices");
  if (!list) return out;
  for (const auto& v : *list) {
    const auto* o = v.if_object();
    const auto* id = o ? o->if_contains("id") : nullptr;
    const auto* label = o ? o->if_contains("label") : nullptr;
    if (!id || !label || !id->is_string() || !label->is_string() || id->get_string().empty() || label->get_string().empty()) {
      r.blame("choices", "must each have an id and a label");
      return out;
    }
    out.choices.push_back({std::string(id->get_string()), std::string(label->get_string())});
  }
  return out;
}

Block read_block(Reader& r, std::string_view type) {
  if (type == "text") return TextBlock{r.text("text", true)};
  if (type == "image") return ImageBlock{r.url("url", true), r.text("alt", false)};
  if (type == "link") {
    LinkBlock b{r.url("url", true), r.text("title", false)};
    if (b.title.empty()) b.title = b.url;
    return b;
  }
  if (type == "buttons") return read_buttons(r);
  if (type == "card") return CardBlock{r.text("title", true), r.text("text", false), r.url("image_url", false), r.url("url", false)};
  if (type == "file")
    return FileBlock{r.integer("attachment_id"), r.text("name", true), r.text("mime", true), r.integer("size"), r.url("url", true)};
  if (type == "list") {
    ListBlock b{r.boolean("ordered"), {}};
    if (const auto* list = r.list("items"))
      for (const auto& v : *list) {
        if (!v.is_string()) r.blame("items", "must be strings");
        else b.items.emplace_back(v.get_string());
      }
    return b;
  }
  r.blame("type", "must be text, list, image, link, buttons, card or file");
  return TextBlock{};
}

json::object to_object(const Block& block) {
  return std::visit(
      Overload{
          [](const TextBlock& b) { return json::object{{"type", "text"}, {"text", b.text}}; },
          [](const ListBlock& b) {
            return json::object{{"type", "list"}, {"ordered", b.ordered}, {"items", json::array(b.items.begin(), b.items.end())}};
          },
          [](const ImageBlock& b) { return json::object{{"type", "image"}, {"url", b.url}, {"alt", b.alt}}; },
          [](const LinkBlock& b) { return json::object{{"type", "link"}, {"url", b.url}, {"title", b.title}}; },
          [](const ButtonsBlock& b) {
            json::array choices;
            for (const auto& c : b.choices) choices.push_back(json::object{{"id", c.id}, {"label", c.label}});
            return json::object{{"type", "buttons"}, {"choices", std::move(choices)}};
          },
          [](const CardBlock& b) {
            return json::object{{"type", "card"}, {"title", b.title}, {"text", b.text}, {"image_url", b.image_url}, {"url", b.url}};
          },
          [](const FileBlock& b) {
            return json::object{{"type", "file"}, {"attachment_id", b.attachment_id}, {"name", b.name},
                                {"mime", b.mime},  {"size", b.size},                   {"url", b.url}};
          },
      },
      block);
}

}  // namespace

std::string plain_text(const Blocks& blocks) {
  std::string out;
  for (const auto& block : blocks)
    std::visit(Overload{
                   [&](const TextBlock& b) { append_line(out, b.text); },
                   [&](const ListBlock& b) {
                     int n = 0;
                     for (const auto& item : b.items)
                       append_line(out, b.ordered ? fmt::format("{}. {}", ++n, item) : fmt::format("• {}", item));
                   },
                   [&](const ImageBlock& b) { append_line(out, b.alt); },
                   [&](const LinkBlock& b) { append_line(out, b.title == b.url ? b.url : fmt::format("{} {}", b.title, b.url)); },
                   [&](const ButtonsBlock& b) {
                     int n = 0;
                     for (const auto& c : b.choices) append_line(out, fmt::format("{}. {}", ++n, c.label));
                   },
                   [&](const CardBlock& b) {
                     append_line(out, b.title);
                     append_line(out, b.text);
                   },
                   [&](const FileBlock& b) { append_line(out, b.name); },
               },
               block);
  return out;
}

Blocks text_blocks(std::string text) { return {TextBlock{std::move(text)}}; }

std::string blocks_to_json(const Blocks& blocks) {
  json::array out;
  for (const auto& block : blocks) out.push_back(to_object(block));
  return json::serialize(out);
}

Result<Blocks> blocks_from_json(std::string_view text) {
  json::error_code ec;
  const auto value = json::parse(text, ec);
  if (ec) return fail(ErrorCode::kMalformed, "content is not JSON", "/");
  const auto* list = value.if_array();
  if (!list || list->empty() || list->size() > kMaxBlocks)
    return fail(ErrorCode::kInvalidArgument, fmt::format("content must be a list of 1 to {} blocks", kMaxBlocks), "/");
  Blocks out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* object = (*list)[i].if_object();
    const auto* type = object ? object->if_contains("type") : nullptr;
    if (!type || !type->is_string())
      return fail(ErrorCode::kInvalidArgument, "a block must be an object with a type", fmt::format("/{}/type", i));
    Reader reader(*object, i);
    out.push_back(read_block(reader, type->get_string()));
    if (reader.error()) return tl::unexpected(*reader.error());
  }
  if (plain_text(out).size() > kMaxTextBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("content is longer than {} bytes of text", kMaxTextBytes), "/");
  return out;
}

}  // namespace zk
