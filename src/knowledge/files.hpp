// Article files: CSV (UTF-8 with or without BOM, or GB 18030), XLSX (ECMA-376, first sheet), JSONL. Pure:
// bytes in, rows out, and back. Bounded: 64 MiB of input, 200,000 rows, 64 MiB unpacked per part of an XLSX.
// Thread-safe.
//
// Columns of CSV and XLSX by their header, English or Chinese: id 编号, category 分类, question 标准问
// (required), similar 相似问 (one per line, or separated by |), answer 答案 (required), valid_from 生效时间,
// valid_until 失效时间, status 状态, language 语言, channels 渠道, translation_of 译自. JSONL:
// {"id","category","question","similar":[…],"answer", "valid_from","valid_until",…} with the answer a text or
// a list of blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/article.hpp"

namespace zk::knowledge {

enum class Format { kCsv, kXlsx, kJsonl };
Result<Format> format(std::string_view name);          // csv | xlsx | jsonl
Result<Format> format_of_file(std::string_view path);  // by its ending

inline constexpr std::size_t kMaxFileBytes = 64u << 20;
inline constexpr std::size_t kMaxRows = 200'000;

struct FileRow {
  int row = 0;              // 1-based line or sheet row, as the person sees it
  Result<Article> article;  // or why it is refused
};
// kMalformed: not that format at all; kTooLarge; kInvalidArgument: a required column is missing.
Result<std::vector<FileRow>> read_articles(std::string_view bytes, Format format);

std::string write_articles(const std::vector<Article>& articles, Format format);

}  // namespace zk::knowledge
