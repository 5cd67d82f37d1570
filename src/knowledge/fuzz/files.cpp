// First byte chooses the format, the rest is the file. Whatever is read must pass the checks and be written
// back.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "knowledge/articles.hpp"
#include "knowledge/files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto format = static_cast<zk::knowledge::Format>(data[0] % 3);
  const auto rows = zk::knowledge::read_articles({reinterpret_cast<const char*>(data) + 1, size - 1}, format);
  if (!rows) return 0;
  std::vector<zk::Article> good;
  for (const auto& row : *rows)
    if (row.article) {
      ZK_CHECK(zk::knowledge::check(*row.article).has_value());
      good.push_back(*row.article);
    }
  const auto again = zk::knowledge::read_articles(
      zk::knowledge::write_articles(good, zk::knowledge::Format::kJsonl), zk::knowledge::Format::kJsonl);
  ZK_CHECK(again && again->size() == good.size());
  return 0;
}
