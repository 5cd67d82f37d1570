// Birthdays: a date whose neighbourhood says so. Dates of orders and guarantees are left alone.
#include "text/pii/scan.hpp"

namespace zk::text::pii {
namespace {

constexpr std::u32string_view kMonthHead = U"十正腊冬";

struct Part {
  int value = -1;
  std::size_t to = 0;
  int digits = 0;
};

// 1990 · 一九九〇 · 十 · 十二 · 廿三 · 初八: a number in digits, or in Chinese with tens.
Part number_at(const Scan& s, std::size_t i, int max_digits) {
  Part p{0, i, 0};
  if (s.at(i) == U'初' && s.digit.size() > i + 1 && (s.digit[i + 1] > 0 || s.at(i + 1) == U'十'))
    return {s.digit[i + 1] > 0 ? s.digit[i + 1] : 10, i + 2, 1};
  if (s.at(i) == U'廿') {
    const bool unit = i + 1 < s.size() && s.digit[i + 1] > 0;
    return {20 + (unit ? s.digit[i + 1] : 0), i + 1 + unit, 2};
  }
  while (p.to < s.size() && s.digit[p.to] >= 0 && p.digits < max_digits)
    p.value = p.value * 10 + s.digit[p.to], ++p.to, ++p.digits;
  if (s.at(p.to) == U'十' && p.digits <= 1) {
    const int tens = p.digits == 1 ? p.value : 1;
    ++p.to;
    const bool unit = p.to < s.size() && s.digit[p.to] > 0;
    return {tens * 10 + (unit ? s.digit[p.to] : 0), p.to + unit, 2};
  }
  if (p.digits == 0) p.value = -1;
  return p;
}

bool in(int v, int low, int high) { return v >= low && v <= high; }

// End of a date that starts at i, or i. Forms: 1990年3月5日, 1990-03-05, 1990.3.5, 1990/3/5, 19900305,
// 九三年十月初八, 8月19号.
std::size_t date_end(const Scan& s, std::size_t i, bool& has_year) {
  has_year = true;
  const Part y = number_at(s, i, 4);
  const char32_t sep = s.at(y.to);
  if (y.digits == 4 && in(y.value, 1900, 2099)) {
    if (s.ascii_digit(y.to) && s.ascii_digit(y.to + 3) && !s.ascii_digit(y.to + 4)) {  // 19880808
      const Part m = number_at(s, y.to, 2), d = number_at(s, y.to + 2, 2);
      return in(m.value, 1, 12) && in(d.value, 1, 31) ? d.to : i;
    }
    if (sep == '-' || sep == '.' || sep == '/' || sep == ' ') {
      const Part m = number_at(s, y.to + 1, 2);
      if (!in(m.value, 1, 12) || s.at(m.to) != sep) return i;
      const Part d = number_at(s, m.to + 1, 2);
      return in(d.value, 1, 31) && !s.ascii_digit(d.to) ? d.to : i;
    }
  }
  std::size_t month_from = y.to;
  if (sep == U'年' && (y.digits == 4 || y.digits == 2)) {
    month_from = y.to + 1;
    for (const auto* w : {U"农历", U"阴历", U"阳历"})
      if (s.starts_at(month_from, w)) month_from += 2;
  } else {
    has_year = false;
    month_from = i;
  }
  Part m = number_at(s, month_from, 2);
  if (s.at(month_from) == U'正' || s.at(month_from) == U'腊' || s.at(month_from) == U'冬')
    m = {1, month_from + 1, 1};
  if (!in(m.value, 1, 12) || s.at(m.to) != U'月') return i;
  const Part d = number_at(s, m.to + 1, 2);
  if (!in(d.value, 1, 31)) return has_year ? m.to + 1 : i;
  const char32_t unit = s.at(d.to);
  return d.to + (unit == U'日' || unit == U'号');
}

bool birth_context(const Scan& s, std::size_t from, std::size_t to) {
  static const std::vector<std::u32string_view> kBefore{U"生日", U"出生",  U"生于", U"诞辰", U"birthday",
                                                        U"born", U"birth", U"dob",  U"生辰"};
  static const std::vector<std::u32string_view> kNotBorn{U"产", U"效", U"成", U"鲜"};
  if (s.near(from, to, 20, 0, kBefore) || s.near(from, to, 0, 8, {U"出生", U"生日", U"生人"})) return true;
  if (s.at(to) != U'生') return false;
  for (const auto w : kNotBorn)
    if (s.starts_at(to + 1, w)) return false;
  return true;
}

}  // namespace

void find_birthdays(Scan& s) {
  if (s.digits < 1 || !(s.signs & kBirthSign)) return;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s.taken[i] || (s.digit[i] < 0 && kMonthHead.find(s.f[i]) == std::u32string_view::npos) ||
        (i > 0 && (s.alnum(i - 1) || s.digit[i - 1] >= 0)))
      continue;
    bool year = false;
    const std::size_t to = date_end(s, i, year);
    if (to == i || s.alnum(to) || !s.free(i, to)) continue;
    const bool born = year ? birth_context(s, i, to) : s.near(i, to, 6, 4, {U"生日", U"出生"});
    if (born) s.take(i, to, PiiType::kBirthday);
    i = to - 1;
  }
}

}  // namespace zk::text::pii
