#include "base/time.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace zk {

std::string to_iso8601(Timestamp t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day ymd{day};
  const hh_mm_ss time{t - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

namespace {
// Reads exactly n digits at pos; -1 if they are not there.
int digits(std::string_view s, std::size_t& pos, int n) {
  int v = 0;
  for (int i = 0; i < n; ++i, ++pos) {
    if (pos >= s.size() || s[pos] < '0' || s[pos] > '9') return -1;
    v = v * 10 + (s[pos] - '0');
  }
  return v;
}
bool eat(std::string_view s, std::size_t& pos, std::string_view any_of) {
  if (pos >= s.size() || any_of.find(s[pos]) == std::string_view::npos) return false;
  ++pos;
  return true;
}
}  // namespace

Result<Timestamp> from_iso8601(std::string_view s) {
  using namespace std::chrono;
  const auto bad = [&] {
    return fail(ErrorCode::kInvalidArgument, "not a date: write it like 2026-11-23 or 2026-11-23T15:04:05Z");
  };
  std::size_t p = 0;
  const int y = digits(s, p, 4);
  if (y < 0 || !eat(s, p, "-")) return bad();
  const int m = digits(s, p, 2);
  if (m < 0 || !eat(s, p, "-")) return bad();
  const int d = digits(s, p, 2);
  const year_month_day ymd{year{y}, month{static_cast<unsigned>(m < 0 ? 0 : m)}, day{static_cast<unsigned>(d < 0 ? 0 : d)}};
  if (d < 0 || !ymd.ok()) return bad();
  Timestamp t = time_point_cast<Micros>(sys_days{ymd});
  if (p == s.size()) return t;
  if (!eat(s, p, "T ")) return bad();
  const int hh = digits(s, p, 2);
  if (hh < 0 || hh > 23 || !eat(s, p, ":")) return bad();
  const int mm = digits(s, p, 2);
  if (mm < 0 || mm > 59) return bad();
  t += hours{hh} + minutes{mm};
  if (eat(s, p, ":")) {
    const int ss = digits(s, p, 2);
    if (ss < 0 || ss > 60) return bad();
    t += seconds{ss};
    if (eat(s, p, ".")) {
      int scale = 100000, us = 0, n = 0;
      while (p < s.size() && s[p] >= '0' && s[p] <= '9' && n < 9) {
        us += (s[p++] - '0') * scale;
        scale /= 10;
        ++n;
      }
      if (n == 0) return bad();
      t += Micros{us};
    }
  }
  if (eat(s, p, "Zz")) return p == s.size() ? Result<Timestamp>{t} : bad();
  if (p == s.size()) return t;
  const int sign = s[p] == '-' ? -1 : 1;
  if (!eat(s, p, "+-")) return bad();
  const int oh = digits(s, p, 2);
  eat(s, p, ":");
  const int om = digits(s, p, 2);
  if (oh < 0 || om < 0 || oh > 14 || om > 59 || p != s.size()) return bad();
  return t - sign * (hours{oh} + minutes{om});
}

}  // namespace zk
