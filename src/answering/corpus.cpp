#include "answering/corpus.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "text/text.hpp"

namespace zk::answering {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostLineBytes = 1 << 20;
constexpr std::size_t kMostFileBytes = std::size_t{1} << 30;

Result<json::object> object_of(std::string_view line) {
  boost::system::error_code error;
  auto value = json::parse(line, error);
  if (error) return fail(ErrorCode::kMalformed, "not JSON: " + error.message());
  if (!value.is_object()) return fail(ErrorCode::kMalformed, "must be a JSON object");
  return std::move(value.as_object());
}

Result<std::string> text_of(const json::object& o, std::string_view key, bool required = true) {
  const auto* v = o.if_contains(key);
  if (!v || v->is_null()) {
    if (required)
      return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is missing", key),
                  fmt::format("/{}", key));
    return std::string{};
  }
  if (!v->is_string())
    return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" must be a string", key),
                fmt::format("/{}", key));
  return std::string(v->get_string());
}

Result<std::vector<std::string>> list_of(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const auto* v = o.if_contains(key);
  if (!v || v->is_null()) return out;
  const auto bad = [&] {
    return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" must be a list of strings", key),
                fmt::format("/{}", key));
  };
  if (!v->is_array()) return bad();
  for (const auto& e : v->get_array()) {
    if (!e.is_string()) return bad();
    out.emplace_back(e.get_string());
  }
  return out;
}

Result<Timestamp> time_of(const json::object& o, std::string_view key) {
  ZK_TRY(const auto text, text_of(o, key, false));
  if (text.empty()) return Timestamp{};
  return from_iso8601(text);
}

Result<AskedQuestion> question_of(const json::object& o) {
  AskedQuestion q;
  ZK_TRY(q.text, text_of(o, "q"));
  ZK_TRY(q.type, text_of(o, "type", false));
  ZK_TRY(q.expect, text_of(o, "expect"));
  ZK_TRY(q.ids, list_of(o, "ids"));
  if (const auto* p = o.if_contains("pick"); p && p->is_int64())
    q.pick = static_cast<int>(std::clamp<std::int64_t>(p->get_int64(), 0, 99));
  return q;
}

Error at_line(const std::string& path, std::size_t line, Error e) {
  e.message = fmt::format("{}:{}: {}", path, line + 1, e.message);
  return e;
}

template <class T, class Parse>
Result<std::vector<T>> read_each(const std::string& path, Parse parse) {
  ZK_TRY(const auto lines, read_lines(path));
  std::vector<T> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto value = parse(lines[i]);
    if (!value) return tl::unexpected(at_line(path, i, std::move(value).error()));
    out.push_back(*std::move(value));
  }
  return out;
}

std::vector<std::string> split_tabs(std::string_view line) {
  std::vector<std::string> cells(1);
  for (const char c : line)
    if (c == '\t')
      cells.emplace_back();
    else
      cells.back() += c;
  return cells;
}

}  // namespace

Result<std::vector<std::string>> read_lines(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) return fail(ErrorCode::kNotFound, "cannot open " + path + ": check the path");
  std::vector<std::string> lines(1);
  std::vector<char> buffer(1 << 16);
  std::size_t total = 0;
  for (int n = 0; (n = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) != 0;) {
    if (n < 0)
      return fail(ErrorCode::kDataLoss, path + " is damaged: its compressed data ends or breaks off");
    total += static_cast<std::size_t>(n);
    if (total > kMostFileBytes) return fail(ErrorCode::kTooLarge, path + " holds more than 1 GiB");
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(n))) {
      if (c == '\n') {
        lines.emplace_back();
      } else if (c != '\r') {
        if (lines.back().size() >= kMostLineBytes)
          return fail(ErrorCode::kTooLarge,
                      fmt::format("{}:{}: the line is longer than 1 MiB", path, lines.size()));
        lines.back() += c;
      }
    }
  }
  if (lines.front().starts_with("\xEF\xBB\xBF")) lines.front().erase(0, 3);
  std::erase_if(lines, [](const auto& l) { return l.empty(); });
  return lines;
}

Result<Article> parse_article(std::string_view line) {
  ZK_TRY(const auto o, object_of(line));
  Article a;
  ZK_TRY(a.external_id, text_of(o, "id"));
  ZK_TRY(a.category, text_of(o, "category", false));
  ZK_TRY(a.question, text_of(o, "question"));
  ZK_TRY(a.similar, list_of(o, "similar"));
  ZK_TRY(const auto answer, text_of(o, "answer"));
  a.answer = text_blocks(answer);
  ZK_TRY(a.valid_from, time_of(o, "valid_from"));
  ZK_TRY(a.valid_until, time_of(o, "valid_until"));
  ZK_TRY(const auto language, text_of(o, "language", false));
  if (!language.empty()) a.language = language;
  ZK_TRY(a.translation_of, text_of(o, "translation_of", false));
  if (a.external_id.empty() || a.external_id.size() > 64)
    return fail(ErrorCode::kInvalidArgument, "\"id\" must have 1 to 64 bytes", "/id");
  if (a.question.empty())
    return fail(ErrorCode::kInvalidArgument, "\"question\" must not be empty", "/question");
  return a;
}

Result<AskedQuestion> parse_question(std::string_view line) {
  ZK_TRY(const auto o, object_of(line));
  return question_of(o);
}

Result<Dialogue> parse_dialogue(std::string_view line) {
  ZK_TRY(const auto o, object_of(line));
  Dialogue d;
  ZK_TRY(d.id, text_of(o, "id"));
  ZK_TRY(d.kind, text_of(o, "kind", false));
  const auto* turns = o.if_contains("turns");
  if (!turns || !turns->is_array())
    return fail(ErrorCode::kInvalidArgument, "\"turns\" must be a list", "/turns");
  for (const auto& t : turns->get_array()) {
    if (!t.is_object()) return fail(ErrorCode::kInvalidArgument, "a turn must be an object", "/turns");
    ZK_TRY(auto turn, question_of(t.get_object()));
    d.turns.push_back(std::move(turn));
  }
  return d;
}

Result<std::vector<Article>> read_articles(const std::string& path) {
  std::unordered_set<std::string> seen;
  return read_each<Article>(path, [&](const std::string& line) -> Result<Article> {
    ZK_TRY(auto a, parse_article(line));
    if (!seen.insert(a.external_id).second)
      return fail(ErrorCode::kConflict, "the id \"" + a.external_id + "\" stands twice", "/id");
    return a;
  });
}

Result<std::vector<AskedQuestion>> read_questions(const std::string& path) {
  return read_each<AskedQuestion>(path, [](const std::string& line) { return parse_question(line); });
}

Result<std::vector<Dialogue>> read_dialogues(const std::string& path) {
  return read_each<Dialogue>(path, [](const std::string& line) { return parse_dialogue(line); });
}

Status add_similar(const std::string& path, std::vector<Article>& articles) {
  std::unordered_map<std::string, Article*> by_id;
  for (auto& a : articles) by_id[a.external_id] = &a;
  ZK_TRY(const auto lines, read_lines(path));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto o = object_of(lines[i]);
    if (!o) return tl::unexpected(at_line(path, i, std::move(o).error()));
    auto id = text_of(*o, "id");
    if (!id) return tl::unexpected(at_line(path, i, std::move(id).error()));
    auto similar = list_of(*o, "similar");
    if (!similar) return tl::unexpected(at_line(path, i, std::move(similar).error()));
    const auto at = by_id.find(*id);
    if (at == by_id.end())
      return fail(ErrorCode::kNotFound, fmt::format("{}:{}: no article has the id \"{}\"", path, i + 1, *id));
    at->second->similar.insert(at->second->similar.end(), similar->begin(), similar->end());
  }
  return {};
}

Result<std::vector<std::vector<std::string>>> read_table(const std::string& path,
                                                         const std::vector<std::string>& columns) {
  ZK_TRY(const auto lines, read_lines(path));
  if (lines.empty())
    return fail(ErrorCode::kInvalidArgument, path + " is empty: its first line must name the columns");
  const auto header = split_tabs(lines[0]);
  std::vector<std::size_t> at;
  for (const auto& c : columns) {
    const auto found = std::find(header.begin(), header.end(), c);
    if (found == header.end())
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} has no column \"{}\"", path, c));
    at.push_back(static_cast<std::size_t>(found - header.begin()));
  }
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto cells = split_tabs(lines[i]);
    std::vector<std::string> row;
    for (const auto c : at) {
      if (c >= cells.size())
        return fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: too few columns", path, i + 1));
      row.push_back(std::move(cells[c]));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace zk::answering
