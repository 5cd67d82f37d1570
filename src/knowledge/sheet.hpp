// Rows of cells from and to CSV (RFC 4180) and XLSX.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zk::knowledge {

struct SheetRow {
  int number = 0;  // 1-based
  std::vector<std::string> cells;
};
using Sheet = std::vector<SheetRow>;

Result<Sheet> read_csv(std::string_view bytes);
std::string write_csv(
    const std::vector<std::vector<std::string>>& rows);  // UTF-8 with BOM, so that spreadsheets open it right
Result<Sheet> read_xlsx(std::string_view bytes);
std::string write_xlsx(const std::vector<std::vector<std::string>>& rows);

// UTF-8 without BOM from UTF-8 (with or without) or GB 18030 bytes; kMalformed when it is neither.
Result<std::string> to_utf8_text(std::string_view bytes);

}  // namespace zk::knowledge
