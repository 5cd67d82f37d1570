#include "vault/marks.hpp"

#include <boost/json.hpp>

namespace zk::vault {
namespace json = boost::json;

std::string to_json(const std::vector<Mark>& marks) {
  if (marks.empty()) return {};
  json::array out;
  for (const auto& m : marks)
    out.push_back(json::object{{"id", m.entry},
                               {"kind", text::to_string(m.kind)},
                               {"path", m.path},
                               {"start", m.start},
                               {"end", m.end}});
  return json::serialize(out);
}

std::vector<Mark> marks_from_json(std::string_view text) {
  if (text.empty()) return {};
  json::error_code ec;
  const auto value = json::parse(text, ec);
  if (ec || !value.is_array()) return {};
  std::vector<Mark> out;
  const auto number = [](const json::object& o, std::string_view name) -> std::int64_t {
    const auto* v = o.if_contains(name);
    return v && v->is_int64() ? v->get_int64() : -1;
  };
  const auto words = [](const json::object& o, std::string_view name) -> std::string_view {
    const auto* v = o.if_contains(name);
    return v && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
  };
  for (const auto& v : value.get_array()) {
    if (!v.is_object()) return {};
    const auto& o = v.get_object();
    const auto kind = text::pii_type(words(o, "kind"));
    const auto entry = number(o, "id"), start = number(o, "start"), end = number(o, "end");
    if (!kind || entry < 1 || start < 0 || end < start) return {};
    out.push_back({entry, *kind, std::string(words(o, "path")), static_cast<std::size_t>(start),
                   static_cast<std::size_t>(end)});
  }
  return out;
}

}  // namespace zk::vault
