#include <unicode/ucnv.h>

#include "knowledge/files.hpp"
#include "knowledge/sheet.hpp"
#include "text/text.hpp"

namespace zk::knowledge {

Result<std::string> to_utf8_text(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (text::is_valid_utf8(bytes)) return std::string(bytes);
  UErrorCode status = U_ZERO_ERROR;
  UConverter* gb = ucnv_open("gb18030", &status);
  if (U_FAILURE(status))
    return fail(ErrorCode::kInternal, "the GB 18030 converter is missing", {}, u_errorName(status));
  ucnv_setToUCallBack(gb, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  std::u16string wide(bytes.size() + 1, u'\0');
  const auto n =
      ucnv_toUChars(gb, reinterpret_cast<UChar*>(wide.data()), static_cast<std::int32_t>(wide.size()),
                    bytes.data(), static_cast<std::int32_t>(bytes.size()), &status);
  ucnv_close(gb);
  if (U_FAILURE(status))
    return fail(ErrorCode::kMalformed,
                "the file is neither UTF-8 nor GBK text; save it as CSV UTF-8 and try again");
  std::u32string out;
  for (std::int32_t i = 0; i < n; ++i) {
    char32_t c = wide[static_cast<std::size_t>(i)];
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < n)
      c = 0x10000 + ((c - 0xD800) << 10) + (wide[static_cast<std::size_t>(++i)] - 0xDC00u);
    out += c;
  }
  return text::to_utf8(out);
}

Result<Sheet> read_csv(std::string_view bytes) {
  ZK_TRY(const std::string text, to_utf8_text(bytes));
  Sheet sheet;
  SheetRow row{1, {""}};
  int line = 1;
  bool quoted = false, was_quoted = false;
  const auto end_row = [&] {
    if (row.cells.size() > 1 || !row.cells[0].empty()) sheet.push_back(std::move(row));
    row = SheetRow{line, {""}};
    was_quoted = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"')
        row.cells.back() += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        row.cells.back() += text[++i];
      else
        quoted = false;
    } else if (c == '"' && row.cells.back().empty() && !was_quoted) {
      quoted = was_quoted = true;
    } else if (c == ',' || c == '\t') {
      row.cells.emplace_back();
      was_quoted = false;
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      row.cells.back() += c;
    }
    if (sheet.size() > kMaxRows || row.cells.size() > 200)
      return fail(ErrorCode::kTooLarge,
                  "the file has too many rows or columns; split it (at most 200000 rows, 200 columns)");
  }
  if (quoted)
    return fail(ErrorCode::kMalformed,
                "a quoted cell is never closed: a \" is missing after the last row read");
  end_row();
  return sheet;
}

std::string write_csv(const std::vector<std::vector<std::string>>& rows) {
  std::string out = "\xEF\xBB\xBF";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i) out += ',';
      // A cell that begins like a formula is quoted as text, so that opening the file runs nothing.
      const bool formula =
          !row[i].empty() && std::string_view("=+-@").find(row[i][0]) != std::string_view::npos;
      const bool quote = formula || row[i].find_first_of(",\"\r\n\t") != std::string::npos;
      if (!quote) {
        out += row[i];
        continue;
      }
      out += '"';
      if (formula) out += '\'';
      for (const char c : row[i]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      out += '"';
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace zk::knowledge
