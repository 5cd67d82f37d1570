// Facts in a message: order numbers, amounts, dates (relative ones against the clock), quantities, places,
// products; and the cut of one message into its questions.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::nlu {
namespace {

using Text = std::u32string_view;
using Kind = Entity::Kind;

bool digit(char32_t c) { return (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19); }
char ascii(char32_t c) { return static_cast<char>(c >= 0xFF10 && c <= 0xFF19 ? c - 0xFF10 + '0' : c); }
bool latin(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// 一 … 九, 两, 十, 百: small Chinese numbers as customers write amounts of days and things; −1 when it is
// none.
int chinese_number(Text s) {
  constexpr Text kDigits = U"零一二三四五六七八九";
  if (s.empty()) return -1;
  int total = 0, current = 0;
  for (char32_t c : s) {
    if (c == U'两') c = U'二';
    if (const auto d = kDigits.find(c); d != Text::npos)
      current = static_cast<int>(d);
    else if (c == U'十')
      total += (current ? current : 1) * 10, current = 0;
    else if (c == U'百')
      total += (current ? current : 1) * 100, current = 0;
    else
      return -1;
  }
  return total + current;
}

struct Number {
  std::size_t to = 0;  // first character after it; equal to the start when there is none
  double value = 0;
  bool whole = true;
};
Number number_at(Text s, std::size_t i) {
  std::string d;
  std::size_t p = i;
  for (; p < s.size() &&
         (digit(s[p]) || ((s[p] == '.' || s[p] == ',') && p + 1 < s.size() && digit(s[p + 1]) && p > i));
       ++p)
    if (s[p] != ',') d += ascii(s[p]);
  if (p > i && d.size() <= 15 && std::count(d.begin(), d.end(), '.') <= 1)
    return {p, std::stod(d), d.find('.') == std::string::npos};
  std::size_t q = i;
  while (q < s.size() && Text(U"零一二两三四五六七八九十百").find(s[q]) != Text::npos && q - i < 6) ++q;
  const int v = chinese_number(s.substr(i, q - i));
  return v >= 0 && q > i ? Number{q, static_cast<double>(v), true} : Number{i, 0, true};
}

std::string day(std::chrono::sys_days d) {
  const std::chrono::year_month_day ymd{d};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

struct Found {
  std::size_t to;
  std::string value;
};

// 2026-11-22, 2026年11月22日, 11月22号, 11.22 is left alone (it may be a price).
Found absolute_date(Text s, std::size_t i, std::chrono::sys_days today) {
  const Found none{i, ""};
  Number first = number_at(s, i);
  if (first.to == i || !first.whole || first.to >= s.size()) return none;
  int year = static_cast<int>(std::chrono::year_month_day{today}.year());
  std::size_t p = i;
  bool given = false;
  if (first.value >= 1900 && first.value <= 2100 &&
      (s[first.to] == U'年' || s[first.to] == '-' || s[first.to] == '/')) {
    year = static_cast<int>(first.value);
    p = first.to + 1;
    given = true;
    first = number_at(s, p);
    if (first.to == p || first.to >= s.size()) return none;
  }
  if (s[first.to] != U'月' && !(given && (s[first.to] == '-' || s[first.to] == '/'))) return none;
  const Number second = number_at(s, first.to + 1);
  if (second.to == first.to + 1) return none;
  const std::chrono::year_month_day ymd{std::chrono::year{year},
                                        std::chrono::month{static_cast<unsigned>(first.value)},
                                        std::chrono::day{static_cast<unsigned>(second.value)}};
  if (!ymd.ok()) return none;
  auto at = std::chrono::sys_days{ymd};
  // Without a year a date far ahead is last year's: customers speak of what has happened.
  if (!given && at > today + std::chrono::days{180})
    at = std::chrono::sys_days{
        std::chrono::year_month_day{ymd.year() - std::chrono::years{1}, ymd.month(), ymd.day()}};
  const std::size_t unit = second.to < s.size() && (s[second.to] == U'日' || s[second.to] == U'号') ? 1 : 0;
  return {second.to + unit, day(at)};
}

struct RelativeDay {
  Text word;
  int days;
};
constexpr RelativeDay kRelative[] = {
    {U"大前天", -3}, {U"前天", -2}, {U"昨天", -1},  {U"昨晚", -1}, {U"昨日", -1}, {U"今天", 0}, {U"今早", 0},
    {U"今晚", 0},    {U"今日", 0},  {U"大后天", 3}, {U"后天", 2},  {U"明天", 1},  {U"明早", 1}, {U"明晚", 1}};

// 昨天, 3天前, 两周后, 上周三, 下个星期天.
Found relative_date(Text s, std::size_t i, std::chrono::sys_days today) {
  for (const auto& [word, days] : kRelative)
    if (s.substr(i).starts_with(word)) return {i + word.size(), day(today + std::chrono::days{days})};
  constexpr std::array<std::pair<Text, int>, 4> kWeeks{{{U"上上", -14}, {U"上", -7}, {U"这", 0}, {U"下", 7}}};
  for (const auto& [word, shift] : kWeeks) {
    if (!s.substr(i).starts_with(word)) continue;
    std::size_t p = i + word.size();
    if (p < s.size() && s[p] == U'个') ++p;
    std::size_t unit = 0;
    for (const Text w : {Text(U"周"), Text(U"星期"), Text(U"礼拜")})
      if (s.substr(p).starts_with(w)) unit = w.size();
    const auto weekday =
        unit && p + unit < s.size() ? Text(U"一二三四五六日天").find(s[p + unit]) : Text::npos;
    if (weekday == Text::npos) continue;
    const auto monday = today - (std::chrono::weekday{today} - std::chrono::Monday);
    return {p + unit + 1,
            day(monday + std::chrono::days{shift + static_cast<int>(std::min<std::size_t>(weekday, 6))})};
  }
  const Number n = number_at(s, i);
  if (n.to == i || !n.whole || n.value > 3650 || n.to >= s.size()) return {i, ""};
  std::size_t p = n.to + (s[n.to] == U'个' ? 1 : 0);
  for (const auto& [unit, days] :
       std::array<std::pair<Text, int>, 4>{{{U"天", 1}, {U"周", 7}, {U"星期", 7}, {U"礼拜", 7}}})
    if (s.substr(p).starts_with(unit)) {
      const Text rest = s.substr(p + unit.size());
      const int sign = rest.starts_with(U"前") || rest.starts_with(U"之前") || rest.starts_with(U"以前") ? -1
                       : rest.starts_with(U"后") || rest.starts_with(U"之后")                            ? 1
                                                                                                         : 0;
      if (sign == 0) return {i, ""};
      const std::size_t tail = rest[0] == U'之' || rest[0] == U'以' ? 2 : 1;
      return {p + unit.size() + tail,
              day(today + std::chrono::days{sign * days * static_cast<int>(n.value)})};
    }
  return {i, ""};
}

// ¥199, 199元, 三百块, 1.2万: yuan with two decimals.
Found amount(Text s, std::size_t i) {
  const bool sign = s[i] == U'¥' || s[i] == U'￥';
  const Number n = number_at(s, i + sign);
  if (n.to == i + sign) return {i, ""};
  double value = n.value;
  std::size_t p = n.to;
  if (p < s.size() && s[p] == U'万')
    value *= 10000, ++p;
  else if (p < s.size() && s[p] == U'千')
    value *= 1000, ++p;
  std::size_t unit = 0;
  for (const Text w : {Text(U"元"), Text(U"块钱"), Text(U"块"), Text(U"rmb"), Text(U"yuan"), Text(U" yuan")})
    if (unit == 0 && s.substr(p).starts_with(w)) unit = w.size();
  // 换块屏: a piece, not money.
  if (!sign && (unit == 0 || (s.substr(p).starts_with(U"块") && !digit(s[n.to - 1]) && n.value < 10 &&
                              !s.substr(p).starts_with(U"块钱"))))
    return {i, ""};
  return {p + unit, fmt::format("{:.2f}", value)};
}

Found quantity(Text s, std::size_t i) {
  const Number n = number_at(s, i);
  if (n.to == i || !n.whole || n.value < 1 || n.to >= s.size()) return {i, ""};
  constexpr Text kUnits = U"件个台只双条张本盒箱瓶袋份套部支";
  return kUnits.find(s[n.to]) != Text::npos
             ? Found{n.to + 1, fmt::format("{}", static_cast<long long>(n.value))}
             : Found{i, ""};
}

// 10 to 24 letters and digits with at least 8 digits, or any run of 6 or more after 单号 or 订单.
Found order_number(Text s, std::size_t i) {
  if (i > 0 && (digit(s[i - 1]) || latin(s[i - 1]))) return {i, ""};
  std::size_t p = i, digits = 0;
  std::string value;
  for (; p < s.size() && p - i <= 24 && (digit(s[p]) || latin(s[p]) || (s[p] == '-' && p > i)); ++p)
    value += static_cast<char>(ascii(s[p])), digits += digit(s[p]);
  const Text left = s.substr(i > 6 ? i - 6 : 0, i > 6 ? 6 : i);
  const bool said = left.find(U"单号") != Text::npos || left.find(U"订单") != Text::npos ||
                    left.find(U"rder") != Text::npos;
  const bool phone = value.size() == 11 && value[0] == '1' && !said;
  return !phone && value.size() <= 24 && ((digits >= 8 && value.size() >= 10) || (said && digits >= 5))
             ? Found{p, value}
             : Found{i, ""};
}

constexpr Text kPlaces[] = {
    U"北京", U"上海", U"天津",   U"重庆", U"河北", U"山西", U"辽宁", U"吉林",   U"黑龙江", U"江苏",
    U"浙江", U"安徽", U"福建",   U"江西", U"山东", U"河南", U"湖北", U"湖南",   U"广东",   U"海南",
    U"四川", U"贵州", U"云南",   U"陕西", U"甘肃", U"青海", U"台湾", U"内蒙古", U"广西",   U"西藏",
    U"宁夏", U"新疆", U"香港",   U"澳门", U"广州", U"深圳", U"杭州", U"南京",   U"苏州",   U"成都",
    U"武汉", U"西安", U"长沙",   U"郑州", U"青岛", U"厦门", U"宁波", U"东莞",   U"佛山",   U"昆明",
    U"大连", U"沈阳", U"哈尔滨", U"合肥", U"福州", U"济南", U"南昌", U"贵阳",   U"南宁",   U"石家庄",
    U"太原", U"兰州", U"海口",   U"三亚", U"珠海", U"无锡", U"温州"};

}  // namespace

std::string_view to_string(Kind kind) {
  constexpr std::array<std::string_view, 6> kNames{"order_number", "amount", "date",
                                                   "quantity",     "place",  "product"};
  const auto i = static_cast<std::size_t>(kind);
  ZK_CHECK(i < kNames.size());
  return kNames[i];
}

std::vector<Entity> entities(std::string_view utf8, Timestamp now, int utc_offset,
                             const std::vector<std::string>& products) {
  const std::u32string s = text::to_u32(utf8);
  std::u32string lower = s;
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z') c += 32;
  const auto today = std::chrono::floor<std::chrono::days>(now + std::chrono::minutes{utc_offset});
  std::vector<Entity> out;
  for (std::size_t i = 0; i < s.size();) {
    Entity e{Kind::kProduct, i, i, ""};
    const auto set = [&](Kind kind, const Found& f) {
      if (e.end == i && f.to > i) e.kind = kind, e.end = f.to, e.value = f.value;
    };
    for (const auto& p : products)
      if (const auto u = text::to_u32(p); e.end == i && !u.empty() && Text(lower).substr(i).starts_with(u))
        set(Kind::kProduct, {i + u.size(), p});
    set(Kind::kDate, absolute_date(s, i, today));
    set(Kind::kDate, relative_date(s, i, today));
    set(Kind::kOrderNumber, order_number(s, i));
    set(Kind::kAmount, amount(lower, i));
    set(Kind::kQuantity, quantity(s, i));
    for (const Text place : kPlaces)
      if (Text(s).substr(i).starts_with(place)) set(Kind::kPlace, {i + place.size(), text::to_utf8(place)});
    if (e.end == i) {
      ++i;
      continue;
    }
    i = e.end;
    out.push_back(std::move(e));
  }
  return out;
}

std::vector<std::string> questions(std::string_view utf8) {
  const std::u32string s = text::to_u32(utf8);
  constexpr Text kJoin[] = {U"另外", U"还有", U"顺便", U"再问", U"再请问", U"以及",     U"同时",
                            U"对了", U"第二", U"另",   U"also", U"Also",   U"and also", U"another"};
  constexpr std::size_t kShortest = 4, kMost = 3;
  std::vector<std::u32string> parts{U""};
  const auto asks = [](Text t) { return t.find_first_of(U"吗呢么？?多几怎啥哪谁何能可") != Text::npos; };
  for (std::size_t i = 0; i < s.size(); ++i) {
    parts.back() += s[i];
    if (parts.size() == kMost || parts.back().size() < kShortest || s.size() - i - 1 < kShortest) continue;
    const Text rest = Text(s).substr(i + 1);
    const bool asked = s[i] == U'？' || s[i] == U'?';
    const bool comma =
        s[i] == U'，' || s[i] == U',' || s[i] == U'。' || s[i] == U'；' || s[i] == ' ' || asked;
    const bool joined =
        comma && std::any_of(std::begin(kJoin), std::end(kJoin), [&](Text w) { return rest.starts_with(w); });
    if ((asked || (joined && asks(parts.back()))) && asks(rest)) parts.emplace_back();
  }
  std::vector<std::string> out;
  for (const auto& p : parts) out.push_back(text::to_utf8(p));
  return out;
}

}  // namespace zk::nlu
