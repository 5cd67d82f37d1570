#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace zk::log {
namespace {
spdlog::logger& logger() {
  static const auto instance = [] {
    auto l = std::make_shared<spdlog::logger>("zhike", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    l->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    l->flush_on(spdlog::level::warn);
    return l;
  }();
  return *instance;
}
spdlog::level::level_enum map(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}
}  // namespace

void set_level(Level level) { logger().set_level(map(level)); }
bool enabled(Level level) { return logger().should_log(map(level)); }
void write(Level level, std::string_view component, std::string_view line) {
  logger().log(map(level), "{} {}", component, line);
}

}  // namespace zk::log
