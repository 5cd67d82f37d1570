#include "knowledge/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <unordered_set>

#include "base/check.hpp"
#include "knowledge/articles.hpp"
#include "knowledge/sheet.hpp"
#include "text/text.hpp"

namespace zk::knowledge {
namespace json = boost::json;
namespace {

enum Column {
  kId,
  kCategory,
  kQuestion,
  kSimilar,
  kAnswer,
  kFrom,
  kUntil,
  kStatus,
  kLanguage,
  kChannels,
  kTranslationOf,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kNames{"id",       "category",   "question",      "similar",
                                                        "answer",   "valid_from", "valid_until",   "status",
                                                        "language", "channels",   "translation_of"};
struct Alias {
  std::string_view header;
  Column column;
};
constexpr Alias kAliases[] = {{"编号", kId},           {"知识编号", kId},
                              {"分类", kCategory},     {"类目", kCategory},
                              {"类别", kCategory},     {"标准问", kQuestion},
                              {"标准问题", kQuestion}, {"问题", kQuestion},
                              {"标题", kQuestion},     {"title", kQuestion},
                              {"相似问", kSimilar},    {"相似问题", kSimilar},
                              {"扩展问", kSimilar},    {"similar_questions", kSimilar},
                              {"答案", kAnswer},       {"回答", kAnswer},
                              {"生效时间", kFrom},     {"开始时间", kFrom},
                              {"失效时间", kUntil},    {"结束时间", kUntil},
                              {"状态", kStatus},       {"语言", kLanguage},
                              {"渠道", kChannels},     {"译自", kTranslationOf}};

std::string trim(std::string_view s) {
  const auto from = s.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return std::string(s.substr(from, s.find_last_not_of(" \t\r\n") - from + 1));
}

std::vector<std::string> split(std::string_view s, std::string_view separators) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from <= s.size();) {
    const auto to = std::min(s.find_first_of(separators, from), s.size());
    if (auto piece = trim(s.substr(from, to - from)); !piece.empty()) out.push_back(std::move(piece));
    from = to + 1;
  }
  return out;
}

// A date as text, or as the day number spreadsheets keep (days since 1899-12-30).
Result<Timestamp> date(std::string_view cell, const char* field) {
  const std::string s = trim(cell);
  if (s.empty()) return Timestamp{};
  if (s.find_first_not_of("0123456789.") == std::string::npos && s.size() < 12) {
    const double days = std::stod(s);
    if (days > 20000 && days < 80000)
      return std::chrono::time_point_cast<Micros>(std::chrono::sys_days{std::chrono::year{1899} / 12 / 30}) +
             std::chrono::duration_cast<Micros>(std::chrono::duration<double, std::ratio<86400>>(days));
  }
  std::string iso = s;
  std::replace(iso.begin(), iso.end(), '/', '-');
  auto t = from_iso8601(iso);
  if (!t)
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} is {}", field, t.error().message),
                fmt::format("/{}", field));
  return t;
}

Result<ArticleStatus> status_of(std::string_view cell) {
  const std::string s = trim(cell);
  if (s.empty() || s == "已发布" || s == "发布") return ArticleStatus::kPublished;
  if (s == "草稿") return ArticleStatus::kDraft;
  if (s == "已归档" || s == "归档") return ArticleStatus::kArchived;
  return article_status(s);
}

Result<Article> checked(Article a) {
  ZK_TRY_STATUS(check(a));
  return a;
}

// --- sheets
// ----------------------------------------------------------------------------------------------------------

using Layout = std::array<int, kColumns>;  // column of each field, −1 when absent

Result<Layout> layout(const SheetRow& header) {
  Layout out;
  out.fill(-1);
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    std::string name = trim(header.cells[i]);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); });
    int column = -1;
    for (int c = 0; c < kColumns; ++c)
      if (kNames[static_cast<std::size_t>(c)] == name) column = c;
    for (const auto& alias : kAliases)
      if (alias.header == name) column = alias.column;
    if (column >= 0 && out[static_cast<std::size_t>(column)] < 0)
      out[static_cast<std::size_t>(column)] = static_cast<int>(i);
  }
  for (const Column c : {kQuestion, kAnswer})
    if (out[c] < 0)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the first row has no column named {} ({}); name the columns in the first row",
                              kNames[c], c == kQuestion ? "标准问" : "答案"),
                  fmt::format("/{}", kNames[c]));
  return out;
}

Result<Article> from_cells(const SheetRow& row, const Layout& at) {
  const auto cell = [&](Column c) -> std::string_view {
    const int i = at[c];
    return i >= 0 && static_cast<std::size_t>(i) < row.cells.size()
               ? std::string_view(row.cells[static_cast<std::size_t>(i)])
               : std::string_view();
  };
  Article a;
  a.external_id = trim(cell(kId));
  a.category = trim(cell(kCategory));
  a.question = trim(cell(kQuestion));
  a.similar = split(cell(kSimilar), "\n\r|");
  if (const auto answer = trim(cell(kAnswer)); answer.starts_with("[{")) {
    ZK_TRY(a.answer, blocks_from_json(answer));
  } else if (!answer.empty()) {
    a.answer = text_blocks(answer);
  }
  ZK_TRY(a.valid_from, date(cell(kFrom), "valid_from"));
  ZK_TRY(a.valid_until, date(cell(kUntil), "valid_until"));
  ZK_TRY(a.status, status_of(cell(kStatus)));
  if (const auto language = trim(cell(kLanguage)); !language.empty()) a.language = language;
  a.channels = split(cell(kChannels), ",|\n");
  a.translation_of = trim(cell(kTranslationOf));
  return checked(std::move(a));
}

Result<std::vector<FileRow>> from_sheet(Result<Sheet> sheet) {
  if (!sheet) return tl::unexpected(std::move(sheet).error());
  if (sheet->empty())
    return fail(ErrorCode::kInvalidArgument, "the file is empty: the first row must name the columns");
  ZK_TRY(const Layout at, layout(sheet->front()));
  std::vector<FileRow> out;
  for (std::size_t i = 1; i < sheet->size(); ++i)
    out.push_back({(*sheet)[i].number, from_cells((*sheet)[i], at)});
  return out;
}

// --- JSONL
// -----------------------------------------------------------------------------------------------------------

Result<std::string> text_field(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  if (!v || v->is_null()) return std::string();
  if (v->is_int64()) return std::to_string(v->get_int64());
  if (!v->is_string())
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} must be a text", key), fmt::format("/{}", key));
  return std::string(v->get_string());
}

Result<std::vector<std::string>> list_field(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const auto* v = o.if_contains(key);
  if (!v || v->is_null()) return out;
  if (!v->is_array())
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} must be a list of texts", key),
                fmt::format("/{}", key));
  for (const auto& e : v->get_array()) {
    if (!e.is_string())
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} must be a list of texts", key),
                  fmt::format("/{}", key));
    out.emplace_back(e.get_string());
  }
  return out;
}

Result<Article> from_line(std::string_view line) {
  json::error_code ec;
  json::parse_options options;
  options.max_depth = 16;
  const auto value = json::parse(line, ec, {}, options);
  if (ec || !value.is_object()) return fail(ErrorCode::kMalformed, "the line is not a JSON object");
  const auto& o = value.get_object();
  Article a;
  ZK_TRY(a.external_id, text_field(o, "id"));
  ZK_TRY(a.category, text_field(o, "category"));
  ZK_TRY(a.question, text_field(o, "question"));
  ZK_TRY(a.similar, list_field(o, "similar"));
  if (const auto* answer = o.if_contains("answer"); answer && answer->is_array()) {
    ZK_TRY(a.answer, blocks_from_json(json::serialize(*answer)));
  } else {
    ZK_TRY(std::string text, text_field(o, "answer"));
    if (!text.empty()) a.answer = text_blocks(std::move(text));
  }
  ZK_TRY(const std::string from, text_field(o, "valid_from"));
  ZK_TRY(a.valid_from, date(from, "valid_from"));
  ZK_TRY(const std::string until, text_field(o, "valid_until"));
  ZK_TRY(a.valid_until, date(until, "valid_until"));
  ZK_TRY(const std::string status, text_field(o, "status"));
  ZK_TRY(a.status, status_of(status));
  ZK_TRY(const std::string language, text_field(o, "language"));
  if (!language.empty()) a.language = language;
  ZK_TRY(a.channels, list_field(o, "channels"));
  ZK_TRY(a.translation_of, text_field(o, "translation_of"));
  return checked(std::move(a));
}

Result<std::vector<FileRow>> from_jsonl(std::string_view bytes) {
  ZK_TRY(const std::string text, to_utf8_text(bytes));
  std::vector<FileRow> out;
  int number = 0;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find('\n', from), text.size());
    ++number;
    if (const auto line = trim(std::string_view(text).substr(from, to - from)); !line.empty())
      out.push_back({number, from_line(line)});
    if (out.size() > kMaxRows)
      return fail(ErrorCode::kTooLarge, "the file has more than 200000 rows; split it");
    from = to + 1;
  }
  return out;
}

std::vector<std::string> to_cells(const Article& a) {
  const auto join = [](const std::vector<std::string>& v, const char* with) {
    std::string out;
    for (const auto& s : v) out += (out.empty() ? "" : with) + s;
    return out;
  };
  const auto time = [](Timestamp t) { return t == Timestamp{} ? std::string() : to_iso8601(t); };
  const bool plain = a.answer.size() == 1 && std::holds_alternative<TextBlock>(a.answer[0]);
  return {a.external_id,
          a.category,
          a.question,
          join(a.similar, "\n"),
          plain ? plain_text(a.answer) : blocks_to_json(a.answer),
          time(a.valid_from),
          time(a.valid_until),
          std::string(to_string(a.status)),
          a.language,
          join(a.channels, ","),
          a.translation_of};
}

}  // namespace

Result<Format> format(std::string_view name) {
  if (name == "csv") return Format::kCsv;
  if (name == "xlsx") return Format::kXlsx;
  if (name == "jsonl") return Format::kJsonl;
  return fail(ErrorCode::kInvalidArgument, "format must be csv, xlsx or jsonl", "format");
}

Result<Format> format_of_file(std::string_view path) {
  const auto dot = path.rfind('.');
  auto f = dot == std::string_view::npos ? format("") : format(path.substr(dot + 1));
  if (!f) return fail(ErrorCode::kInvalidArgument, "the file name must end in .csv, .xlsx or .jsonl", "file");
  return f;
}

Result<std::vector<FileRow>> read_articles(std::string_view bytes, Format format) {
  if (bytes.size() > kMaxFileBytes)
    return fail(ErrorCode::kTooLarge, "the file is larger than 64 MiB; split it");
  std::vector<FileRow> rows;
  switch (format) {
    case Format::kCsv: {
      ZK_TRY(rows, from_sheet(read_csv(bytes)));
      break;
    }
    case Format::kXlsx: {
      ZK_TRY(rows, from_sheet(read_xlsx(bytes)));
      break;
    }
    case Format::kJsonl: {
      ZK_TRY(rows, from_jsonl(bytes));
      break;
    }
  }
  // The second row with an id is refused: which of the two is meant, nobody can know.
  std::unordered_set<std::string> seen;
  for (auto& row : rows) {
    if (!row.article || row.article->external_id.empty()) continue;
    const std::string id = row.article->external_id;
    if (!seen.insert(id).second)
      row.article = fail(ErrorCode::kConflict, fmt::format("id {} stands in this file twice", id), "/id");
  }
  return rows;
}

std::string write_articles(const std::vector<Article>& articles, Format format) {
  if (format == Format::kJsonl) {
    std::string out;
    for (const auto& a : articles) out += to_json(a) + "\n";
    return out;
  }
  std::vector<std::vector<std::string>> rows{{kNames.begin(), kNames.end()}};
  for (const auto& a : articles) rows.push_back(to_cells(a));
  return format == Format::kCsv ? write_csv(rows) : write_xlsx(rows);
}

}  // namespace zk::knowledge
