// The key file and the marks are read from bytes that others may have changed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vault/key_file.hpp"
#include "vault/marks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto keys = zk::vault::KeyFile::parse(text);
  if (keys && zk::vault::KeyFile::parse(keys->text())->text() != keys->text()) std::abort();
  const auto marks = zk::vault::marks_from_json(text);
  if (zk::vault::marks_from_json(zk::vault::to_json(marks)).size() != marks.size()) std::abort();
  return 0;
}
