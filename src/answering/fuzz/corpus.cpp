// Foreign lines of JSON must end in a value or an error, never in a crash.
#include "answering/corpus.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  (void)zk::answering::parse_article(line);
  (void)zk::answering::parse_question(line);
  (void)zk::answering::parse_dialogue(line);
  return 0;
}
