// Structured log lines on standard error: `2026-11-23T15:04:05.123Z info gateway listening port=8080`.
// Carries ids, counts and durations; never message text, names, numbers of persons, tokens. Thread-safe.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace zk::log {

enum class Level { kDebug, kInfo, kWarn, kError };

void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view component, std::string_view line);

template <class... A>
void debug(std::string_view component, fmt::format_string<A...> f, A&&... a) {
  if (enabled(Level::kDebug)) write(Level::kDebug, component, fmt::format(f, std::forward<A>(a)...));
}
template <class... A>
void info(std::string_view component, fmt::format_string<A...> f, A&&... a) {
  if (enabled(Level::kInfo)) write(Level::kInfo, component, fmt::format(f, std::forward<A>(a)...));
}
template <class... A>
void warn(std::string_view component, fmt::format_string<A...> f, A&&... a) {
  if (enabled(Level::kWarn)) write(Level::kWarn, component, fmt::format(f, std::forward<A>(a)...));
}
template <class... A>
void error(std::string_view component, fmt::format_string<A...> f, A&&... a) {
  if (enabled(Level::kError)) write(Level::kError, component, fmt::format(f, std::forward<A>(a)...));
}

}  // namespace zk::log
