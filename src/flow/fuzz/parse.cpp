// Whatever parse() accepts must run to an end on any words.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "flow/run.hpp"
#include "flow/testing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto flow = zk::flow::parse(source);
  if (!flow) return 0;
  zk::flow::run_tests(*flow, {});
  auto run = zk::flow::start(*flow, source.substr(0, 100), {});
  zk::flow::go_on(*flow, run, {});
  run = zk::flow::run_from_json(zk::flow::to_json(run));
  if (!zk::flow::take(*flow, run, source.substr(0, 50), false, {})) zk::flow::ask_again(*flow, run);
  zk::flow::go_on(*flow, run, {});
  return 0;
}
