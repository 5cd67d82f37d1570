// ID cards, bank cards, mobile and landline numbers: digit groups joined across separators, then checked by
// length, prefix and check digit.
#include <algorithm>
#include <array>
#include <string>

#include "text/pii/scan.hpp"

namespace zk::text::pii {
namespace {

struct Group {
  std::size_t from, to;
  bool chinese;
};

bool separator(const Scan& s, std::size_t i, bool chinese) {
  const char32_t c = s.at(i);
  return c == ' ' || c == '-' || c == '.' || c == 0xB7 || c == '_' ||
         (chinese && (c == U',' || c == U'，' || c == U'、'));
}

constexpr std::u32string_view kAfterOne = U"直个下起样边次点定些会共旦般";

std::vector<Group> digit_groups(const Scan& s) {
  std::vector<Group> out;
  for (std::size_t i = 0; i < s.size();) {
    if (s.digit[i] < 0 || s.taken[i]) {
      ++i;
      continue;
    }
    Group g{i, i, false};
    // Of one script: 13766554433一直 is a number and a word. 一 before 直, 个, 下 … begins a word too.
    g.chinese = !s.ascii_digit(i);
    for (; g.to < s.size() && s.digit[g.to] >= 0 && !s.taken[g.to] && s.ascii_digit(g.to) != g.chinese;
         ++g.to)
      if (g.chinese && g.to > i && s.f[g.to] == U'一' &&
          kAfterOne.find(s.at(g.to + 1)) != std::u32string_view::npos)
        break;
    if (g.to == i) {
      ++i;
      continue;
    }
    i = g.to;
    out.push_back(g);
  }
  return out;
}

bool luhn(std::string_view d) {
  int sum = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    int v = d[d.size() - 1 - i] - '0';
    if (i % 2 == 1 && (v *= 2) > 9) v -= 9;
    sum += v;
  }
  return sum % 10 == 0;
}

bool valid_date(int y, int m, int d) {
  constexpr std::array<int, 13> kDays{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return y >= 1900 && y <= 2100 && m >= 1 && m <= 12 && d >= 1 && d <= kDays[static_cast<std::size_t>(m)];
}

int number(std::string_view d) {
  int v = 0;
  for (const char c : d) v = v * 10 + (c - '0');
  return v;
}

bool province(std::string_view d) {
  constexpr std::string_view kCodes =
      "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 "
      "83 91 ";
  return kCodes.find(std::string(d.substr(0, 2)) + " ") != std::string_view::npos;
}

// d: 17 digits; last: 0–9, or 10 for X.
bool id_check(std::string_view d, int last) {
  constexpr std::array<int, 17> kWeight{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  constexpr std::array<int, 11> kCheck{1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (d[i] - '0') * kWeight[i];
  return kCheck[static_cast<std::size_t>(sum % 11)] == last;
}

const std::vector<std::u32string_view> kOrderWords{
    U"订单", U"单号", U"流水",   U"运单", U"序列", U"防伪",   U"编号",     U"编码", U"批号",
    U"imei", U"sn",   U"取件码", U"条码", U"追踪", U"物流号", U"tracking", U"order"};
const std::vector<std::u32string_view> kOrderHead{U"单号",   U"流水号", U"编号",  U"编码",
                                                  U"序列号", U"单号是", U"单号:", U"单号：",
                                                  U"订单",   U"防伪码", U"条码",  U"号是订单"};
// An account may look like a line with its area code.
const std::vector<std::u32string_view> kAccountHead{U"账号", U"帐号", U"户号",   U"学号", U"编号",
                                                    U"单号", U"工号", U"会员号", U"卡号"};
const std::vector<std::u32string_view> kIdWords{U"身份证", U"证件", U"身份", U"id card", U"实名", U"证号"};
const std::vector<std::u32string_view> kCardWords{U"银行卡", U"卡号", U"储蓄卡", U"信用卡", U"借记卡",
                                                  U"账号",   U"帐号", U"账户",   U"卡",     U"card"};
const std::vector<std::u32string_view> kLineWords{
    U"座机", U"固话", U"家里电话", U"家电话", U"单位电话", U"公司电话", U"办公电话", U"电话", U"传真"};
const std::vector<std::u32string_view> kTelHead{U"tel", U"phone", U"mobile", U"call", U"wx",     U"vx", U"v",
                                                U"qq",  U"t",     U"mob",    U"cell", U"number", U"no"};

bool id_card(const Scan& s, std::size_t from, std::size_t to, std::string_view d, bool x) {
  if (!province(d)) return false;
  const bool said = s.near(from, to, 14, 10, kIdWords);
  if (d.size() == 17 && x)
    return valid_date(number(d.substr(6, 4)), number(d.substr(10, 2)), number(d.substr(12, 2))) &&
           (said || id_check(d, 10));
  if (d.size() == 18)
    return valid_date(number(d.substr(6, 4)), number(d.substr(10, 2)), number(d.substr(12, 2))) &&
           (said || id_check(d, d[17] - '0'));
  if (d.size() == 15 && !x)
    return valid_date(1900 + number(d.substr(6, 2)), number(d.substr(8, 2)), number(d.substr(10, 2))) &&
           (said || !s.near(from, to, 8, 4, kOrderWords));
  return false;
}

bool bank_card(const Scan& s, std::size_t from, std::size_t to, std::string_view d) {
  if (d.size() < 15 || d.size() > 19) return false;
  const bool union_pay = d.starts_with("62") || d.starts_with("81"),
             mark = (d[0] == '4' || (d[0] == '5' && d[1] >= '1' && d[1] <= '5') || d.starts_with("35") ||
                     d.starts_with("60") || d.starts_with("68") || d.starts_with("69") ||
                     d.starts_with("94") || d.starts_with("95"));
  const bool amex = d.size() == 15 && (d.starts_with("34") || d.starts_with("37"));
  if (d.size() == 15 && !amex) return false;
  const bool said = s.near(from, to, 10, 8, kCardWords);
  if (s.near(from, to, 6, 3, kOrderWords) &&
      !s.near(from, to, 6, 2, {U"卡号", U"银行卡", U"储蓄卡", U"信用卡"}))
    return false;
  if (luhn(d)) return union_pay || amex || (mark && d.size() >= 16) || (said && d[0] != '0');
  return said && union_pay && d.size() >= 16;
}

bool mobile(std::string_view d) { return d.size() == 11 && d[0] == '1' && d[1] >= '3'; }

// Length of the area code at the head of d (with its 0), or 0.
std::size_t area_code(std::string_view d) {
  if (d.size() < 3 || d[0] != '0') return 0;
  if (d.starts_with("010") || (d[1] == '2' && d[2] != '6')) return 3;
  return d[1] >= '3' && d[1] <= '9' ? 4 : 0;
}

bool landline(std::string_view d) {
  const auto a = area_code(d);
  if (a == 0) return false;
  const auto rest = d.size() - a;
  return (rest == 7 || rest == 8) && d[a] >= '2' && d[a] <= '8' && (a == 4 || rest == 8);
}

// The run is cut out of a longer code: letters or further digits touch it.
bool glued_left(const Scan& s, std::size_t from) {
  if (from == 0) return false;
  if (s.latin(from - 1)) {
    std::size_t head = from;
    while (head > 0 && s.latin(head - 1)) --head;
    const auto word = std::u32string_view(s.f).substr(head, from - head);
    return (head > 0 && (s.ascii_digit(head - 1) || s.at(head - 1) == '-' || s.at(head - 1) == '_')) ||
           std::find(kTelHead.begin(), kTelHead.end(), word) == kTelHead.end();
  }
  const char32_t c = s.at(from - 1);
  if (s.ascii_digit(from - 1) || c == '*') return true;
  if (c == '/' && from > 1 && s.taken[from - 2]) return false;  // two numbers: 138…/139…
  return (c == '-' || c == '_' || c == '.' || c == '/') && from > 1 && s.alnum(from - 2);
}
bool mobile_run(const Scan& s, std::size_t from) {
  std::size_t n = 0;
  while (s.ascii_digit(from + n)) ++n;
  return n == 11 && s.f[from] == '1' && s.f[from + 1] >= '3';
}
bool glued_right(const Scan& s, std::size_t to) {
  const char32_t c = s.at(to);
  if (c == '/' && mobile_run(s, to + 1)) return false;
  if (s.latin(to) || s.ascii_digit(to) || c == '*' || c == '%') return true;
  if (c == '.') return s.ascii_digit(to + 1);  // 13812345678.jpg is a number and the kind of a file
  return (c == '-' || c == '_' || c == '/') && s.alnum(to + 1);
}

// End of an extension behind a landline (021-58886677-802), or `to`.
std::size_t extension(const Scan& s, std::size_t to) {
  if (s.at(to) != '-') return to;
  std::size_t end = to + 1;
  while (s.ascii_digit(end)) ++end;
  const bool whole = end - to >= 3 && end - to <= 6 && !glued_right(s, end);
  return whole ? end : to;
}

struct Found {
  std::size_t from, to;
  PiiType type;
};

// Country code: digits left are those of a number without it. How far left the span then reaches is in
// `from`.
bool country_code(const Scan& s, std::string& d, std::size_t& from) {
  const bool plus = from > 0 && s.at(from - 1) == '+';
  if (d.starts_with("0086"))
    d.erase(0, 4);
  else if (d.starts_with("86"))
    d.erase(0, 2);
  else
    return false;
  if (plus) --from;
  if (from > 0 && (s.at(from - 1) == '(' || s.at(from - 1) == U'（')) --from;
  return true;
}

bool check(const Scan& s, std::size_t from, std::size_t to, const std::string& d, Found& out) {
  const bool x = d.size() == 17 && (s.at(to) == 'x' || s.at(to) == U'×') && !s.alnum(to + 1);
  if (d.size() >= 15 && id_card(s, from, to + x, d, x) && !glued_left(s, from) && !glued_right(s, to + x))
    return out = {from, to + x, PiiType::kIdCard}, true;
  if (glued_left(s, from)) return false;
  if (const auto end = extension(s, to); end > to && landline(d))
    return out = {from, end, PiiType::kLandline}, true;
  if (glued_right(s, to)) return false;
  if (bank_card(s, from, to, d)) return out = {from, to, PiiType::kBankCard}, true;
  if (mobile(d) && !s.preceded_by(from, kOrderHead)) return out = {from, to, PiiType::kPhone}, true;
  if (landline(d) && !s.preceded_by(from, kAccountHead)) {
    const bool paren = from > 0 && (s.at(from - 1) == '(' || s.at(from - 1) == U'（');
    return out = {from - paren, to, PiiType::kLandline}, true;
  }
  std::string local = d;
  std::size_t head = from;
  if (country_code(s, local, head)) {
    if (mobile(local) && (head != from || !s.near(from, to, 6, 2, kOrderWords)))
      return out = {head, to, PiiType::kPhone}, true;
    if (head != from && (landline(local) || landline("0" + local)))
      return out = {head, to, PiiType::kLandline}, true;
  }
  if ((d.size() == 7 || d.size() == 8) && d[0] >= '2' && d[0] <= '8' &&
      s.near(from, to, 5, 0, {U"座机", U"固话", U"家里电话", U"单位电话", U"办公电话"}))
    return out = {from, to, PiiType::kLandline}, true;
  return false;
}

// The longest number that starts at group i, its parts joined over separators; true when one was taken.
bool longest_from(Scan& s, const std::vector<Group>& groups, std::size_t i, std::size_t& next) {
  std::string d;
  Found best{}, found{};
  bool any = false;
  for (std::size_t j = i; j < groups.size() && j < i + 20; ++j) {
    if (j > i) {
      const std::size_t gap_from = groups[j - 1].to, gap = groups[j].from - gap_from;
      const bool chinese = groups[j].chinese && groups[j - 1].chinese;
      const bool closing = gap == 1 && (s.at(gap_from) == ')' || s.at(gap_from) == U'）') &&
                           (area_code(d) == d.size() || d == "86" || d == "0086");
      const bool plain = gap <= 3 && [&] {
        for (std::size_t k = 0; k < gap; ++k)
          if (!separator(s, gap_from + k, chinese)) return false;
        return true;
      }();
      const bool paren_dash =
          gap == 2 && (s.at(gap_from) == ')' || s.at(gap_from) == U'）') && separator(s, gap_from + 1, false);
      if (!plain && !closing && !paren_dash) break;
    }
    for (std::size_t k = groups[j].from; k < groups[j].to; ++k) d += static_cast<char>('0' + s.digit[k]);
    if (d.size() > 24) break;
    if (check(s, groups[i].from, groups[j].to, d, found)) best = found, any = true, next = j + 1;
  }
  if (any && s.free(best.from, best.to)) s.take(best.from, best.to, best.type);
  return any;
}

}  // namespace

void find_numbers(Scan& s) {
  if (s.digits < 7) return;
  const auto groups = digit_groups(s);
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t next = i + 1;
    longest_from(s, groups, i, next);
    i = next;
  }
}

}  // namespace zk::text::pii
