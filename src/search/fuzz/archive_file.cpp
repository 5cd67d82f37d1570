// Any bytes as the file of a message archive: it opens with what is sound and goes on working. The checksum
// is mended first, so that the checks behind it are reached.
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <fstream>
#include <string>

#include "base/check.hpp"
#include "search/archive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using zk::search::MessageArchive;
  static const auto file =
      std::filesystem::temp_directory_path() / ("zk_fuzz_archive_" + std::to_string(::getpid()));
  std::string bytes = "ZKMSG001";
  if (size >= 8) {
    // A block of the right number of messages whose pairs and numbers come from the input.
    std::uint32_t header[4] = {MessageArchive::kBlock, data[0] % 8u, data[1] % 32u, 0};
    std::string body;
    for (std::int64_t id = 1; id <= static_cast<std::int64_t>(MessageArchive::kBlock); ++id) {
      const std::int64_t shown = id + (data[2] == 1 && id == 7 ? data[3] : 0);
      body.append(reinterpret_cast<const char*>(&shown), sizeof shown);
    }
    const std::size_t rest = header[1] * 12u + 4u + header[2] * 2u;
    std::string tail(reinterpret_cast<const char*>(data + 4), size - 4);
    tail.resize(rest);
    body += tail;
    header[3] =
        static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
    bytes.append(reinterpret_cast<const char*>(header), sizeof header);
    bytes += body;
  }
  bytes.append(reinterpret_cast<const char*>(data), size);
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto archive = MessageArchive::open(file);
  ZK_CHECK(archive.has_value());
  for (const auto* phrase : {"退", "退款", "a", "ab"})
    for (const auto id : (*archive)->find(phrase, zk::search::kNewest, 100)) ZK_CHECK(id > 0);
  ZK_CHECK((*archive)->add((*archive)->last_id() + 1, "退款").has_value());
  ZK_CHECK((*archive)->find("退款", zk::search::kNewest, 1).size() == 1);
  return 0;
}
