#include <fmt/format.h>
#include <zip.h>

#include <memory>
#include <pugixml.hpp>
#include <sstream>

#include "knowledge/files.hpp"
#include "knowledge/sheet.hpp"

namespace zk::knowledge {
namespace {

constexpr std::size_t kMaxPart = 64u << 20;
using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

Result<std::string> part(zip_t* archive, const char* name) {
  zip_stat_t stat;
  if (zip_stat(archive, name, 0, &stat) != 0)
    return fail(ErrorCode::kNotFound, fmt::format("the workbook has no {}", name));
  if (stat.size > kMaxPart)
    return fail(ErrorCode::kTooLarge, "the workbook unpacks to more than 64 MiB; split it or save it as CSV");
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen(archive, name, 0), zip_fclose);
  if (!file) return fail(ErrorCode::kMalformed, "the workbook is damaged");
  std::string out(stat.size, '\0');
  const auto n = zip_fread(file.get(), out.data(), out.size());
  if (n < 0 || static_cast<std::size_t>(n) != out.size())
    return fail(ErrorCode::kMalformed, "the workbook is damaged");
  return out;
}

Result<pugi::xml_document> xml(zip_t* archive, const char* name) {
  ZK_TRY(const std::string text, part(archive, name));
  pugi::xml_document doc;
  if (!doc.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata))
    return fail(ErrorCode::kMalformed, "the workbook is damaged");
  return doc;
}

// All <t> below a string item: rich text is several runs.
std::string item_text(const pugi::xml_node& item) {
  std::string out;
  for (const auto child : item.children()) {
    const std::string_view name = child.name();
    if (name == "t")
      out += child.text().get();
    else if (name == "r")
      out += child.child("t").text().get();
  }
  return out;
}

// "BC12" → column 54 (0-based); −1 when there is none.
int column_of(std::string_view reference) {
  int c = 0;
  std::size_t i = 0;
  for (; i < reference.size() && reference[i] >= 'A' && reference[i] <= 'Z' && i < 3; ++i)
    c = c * 26 + (reference[i] - 'A' + 1);
  return c - 1;
}

std::string cell_text(const pugi::xml_node& cell, const std::vector<std::string>& shared) {
  const std::string_view type = cell.attribute("t").as_string();
  if (type == "inlineStr") return item_text(cell.child("is"));
  if (type == "s") {
    const auto i = cell.child("v").text().as_uint(~0u);
    return i < shared.size() ? shared[i] : std::string();
  }
  return cell.child("v").text().get();
}

}  // namespace

Result<Sheet> read_xlsx(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (!source) return fail(ErrorCode::kMalformed, "the file is not an XLSX workbook");
  const Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error), zip_discard);
  if (!archive) {
    zip_source_free(source);
    return fail(ErrorCode::kMalformed, "the file is not an XLSX workbook");
  }
  std::vector<std::string> shared;
  if (auto doc = xml(archive.get(), "xl/sharedStrings.xml")) {
    for (const auto item : doc->child("sst").children("si")) shared.push_back(item_text(item));
  } else if (doc.error().code != ErrorCode::kNotFound) {
    return tl::unexpected(doc.error());
  }
  ZK_TRY(const auto doc, xml(archive.get(), "xl/worksheets/sheet1.xml"));
  Sheet sheet;
  int number = 0;
  for (const auto row : doc.child("worksheet").child("sheetData").children("row")) {
    number = row.attribute("r").as_int(number + 1);
    SheetRow out{number, {}};
    bool any = false;
    int next = 0;
    for (const auto cell : row.children("c")) {
      const auto* reference = cell.attribute("r").as_string();
      const int column = *reference ? column_of(reference) : next;
      if (column < 0 || column >= 200)
        return fail(ErrorCode::kTooLarge, "the workbook has more than 200 columns");
      next = column + 1;
      if (out.cells.size() <= static_cast<std::size_t>(column))
        out.cells.resize(static_cast<std::size_t>(column) + 1);
      out.cells[static_cast<std::size_t>(column)] = cell_text(cell, shared);
      any = any || !out.cells[static_cast<std::size_t>(column)].empty();
    }
    if (any) sheet.push_back(std::move(out));
    if (sheet.size() > kMaxRows)
      return fail(ErrorCode::kTooLarge, "the workbook has more than 200000 rows; split it");
  }
  return sheet;
}

std::string write_xlsx(const std::vector<std::vector<std::string>>& rows) {
  pugi::xml_document doc;
  auto sheet = doc.append_child("worksheet");
  sheet.append_attribute("xmlns") = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  auto data = sheet.append_child("sheetData");
  for (const auto& row : rows) {
    auto r = data.append_child("row");
    for (const auto& value : row) {
      auto c = r.append_child("c");
      c.append_attribute("t") = "inlineStr";
      auto t = c.append_child("is").append_child("t");
      t.append_attribute("xml:space") = "preserve";
      t.text() = value.c_str();
    }
  }
  std::ostringstream body;
  doc.save(body, "", pugi::format_raw);
  const std::pair<const char*, std::string> parts[] = {
      {"[Content_Types].xml",
       R"(<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>)"},
      {"_rels/.rels",
       R"(<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>)"},
      {"xl/workbook.xml",
       R"(<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="articles" sheetId="1" r:id="rId1"/></sheets></workbook>)"},
      {"xl/_rels/workbook.xml.rels",
       R"(<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>)"},
      {"xl/worksheets/sheet1.xml", body.str()},
  };
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* out = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!out) return {};
  zip_source_keep(out);
  zip_t* archive = zip_open_from_source(out, ZIP_TRUNCATE, &error);
  if (!archive) return zip_source_free(out), std::string();
  for (const auto& [name, text] : parts)
    zip_file_add(archive, name, zip_source_buffer(archive, text.data(), text.size(), 0), ZIP_FL_ENC_UTF_8);
  std::string bytes;
  if (zip_close(archive) == 0 && zip_source_open(out) == 0) {
    zip_stat_t stat;
    zip_source_stat(out, &stat);
    bytes.resize(stat.size);
    if (zip_source_read(out, bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size()))
      bytes.clear();
    zip_source_close(out);
  }
  zip_source_free(out);
  return bytes;
}

}  // namespace zk::knowledge
