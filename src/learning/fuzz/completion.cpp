// Any bytes as a model's reply: refused, or a bounded list of lines.
#include <cstdint>
#include <cstdlib>

#include "learning/chat_model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto written = zk::learning::read_completion({reinterpret_cast<const char*>(data), size});
  if (!written) return 0;
  if (written->texts.size() > zk::learning::kMostWritten || written->tokens < 0) std::abort();
  for (const auto& t : written->texts)
    if (t.empty() || t.find('\n') != std::string::npos) std::abort();
  return 0;
}
