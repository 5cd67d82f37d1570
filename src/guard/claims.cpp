#include "guard/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "text/text.hpp"

namespace zk::guard {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

using Text = std::u32string_view;

bool digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

// Full-width forms to ASCII, one character for one: offsets stay those of the text.
char32_t narrow(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFEE0;
  return c == 0x3000 ? U' ' : c;
}

std::string ascii(Text t) {
  std::string out;
  for (const char32_t c : t)
    if (c < 0x80) out += static_cast<char>(c >= U'A' && c <= U'Z' ? c + 32 : c);
  return out;
}

struct Unit {
  std::u32string_view written;
  std::string_view canonical;
};
// Longer ones first where one begins another.
constexpr std::array kUnits = {
    Unit{U"个工作日", "工作日"},
    Unit{U"工作日", "工作日"},
    Unit{U"个自然日", "天"},
    Unit{U"自然日", "天"},
    Unit{U"小时", "小时"},
    Unit{U"个小时", "小时"},
    Unit{U"分钟", "分钟"},
    Unit{U"个月", "个月"},
    Unit{U"个星期", "周"},
    Unit{U"星期内", "周"},
    Unit{U"万元", "万元"},
    Unit{U"公斤", "公斤"},
    Unit{U"千克", "公斤"},
    Unit{U"积分", "积分"},
    Unit{U"天", "天"},
    Unit{U"日内", "天"},
    Unit{U"周", "周"},
    Unit{U"年", "年"},
    Unit{U"元", "元"},
    Unit{U"块钱", "元"},
    Unit{U"块", "元"},
    Unit{U"折", "折"},
    Unit{U"秒", "秒"},
    Unit{U"件", "件"},
    Unit{U"次", "次"},
    Unit{U"倍", "倍"},
    Unit{U"位", "位"},
    Unit{U"张", "张"},
    Unit{U"%", "%"},
    Unit{U"days", "天"},
    Unit{U"day", "天"},
    Unit{U"business days", "工作日"},
    Unit{U"hours", "小时"},
    Unit{U"hour", "小时"},
    Unit{U"minutes", "分钟"},
    Unit{U"yuan", "元"},
    Unit{U"kg", "公斤"},
    Unit{U"g", "克"},
    Unit{U"克", "克"},
    Unit{U"cm", "厘米"},
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : given_(text::to_u32(text.substr(0, kMostBytes))) {
    for (const char32_t c : given_) text_ += narrow(c);
  }

  std::vector<Claim> run() {
    while (at_ < text_.size())
      if (!link() && !date() && !phone() && !figure() && !chinese_figure()) skip();
    return std::move(out_);
  }

 private:
  char32_t peek(std::size_t i) const { return i < text_.size() ? text_[i] : U'\0'; }
  bool starts(std::size_t i, Text with) const {
    return Text(text_).substr(std::min(i, text_.size())).starts_with(with);
  }
  void skip() { ++at_; }
  void add(ClaimKind kind, std::string value, std::string unit, std::size_t end) {
    Claim c{kind, std::move(value), std::move(unit), text::to_utf8(Text(given_).substr(at_, end - at_))};
    at_ = end;
    if (std::find(out_.begin(), out_.end(), c) == out_.end()) out_.push_back(std::move(c));
  }
  std::size_t digits(std::size_t from) const {
    while (digit(peek(from))) ++from;
    return from;
  }

  bool link() {
    std::size_t i = at_;
    for (const Text scheme : {Text(U"https://"), Text(U"http://"), Text(U"www.")})
      if (starts(at_, scheme)) i = std::max(i, at_ + (scheme == U"www." ? 0 : scheme.size()));
    const bool opened = i > at_ || starts(at_, U"www.");
    if (!opened) return false;
    std::size_t end = i;
    const Text more = U"-._~:/?#[]@!$&'()*+,;=%";
    while (end < text_.size() &&
           (digit(text_[end]) || letter(text_[end]) || more.find(text_[end]) != Text::npos))
      ++end;
    while (end > i && Text(U".,;:!?)").find(text_[end - 1]) != Text::npos) --end;
    auto value = ascii(Text(text_).substr(i, end - i));
    while (value.ends_with('/')) value.pop_back();
    add(ClaimKind::kLink, std::move(value), {}, std::max(end, at_ + 1));
    return true;
  }

  // 2026-11-23, 2026/11/23, 2026.11.23, 2026年11月23日, 11月23日.
  bool date() {
    if (!digit(peek(at_)) || (at_ > 0 && digit(text_[at_ - 1]))) return false;
    std::size_t i = at_;
    const auto number = [&](std::size_t most) -> int {
      const auto end = digits(i);
      if (end == i || end - i > most) return -1;
      int v = 0;
      for (; i < end; ++i) v = v * 10 + static_cast<int>(text_[i] - U'0');
      return v;
    };
    const int first = number(4);
    if (first < 0) return false;
    const char32_t by = peek(i);
    int year = 0, month = 0, day = 0;
    if (first >= 1900 && first <= 2100 && (by == U'-' || by == U'/' || by == U'.' || by == U'年')) {
      year = first;
      ++i;
      month = number(2);
      const char32_t then = peek(i);
      if (month < 1 || month > 12 || (by == U'年' ? then != U'月' : then != by)) return false;
      ++i;
      day = number(2);
      if (by == U'年' && peek(i) == U'日') ++i;
    } else if (by == U'月') {
      month = first;
      ++i;
      day = number(2);
      if (peek(i) != U'日' && peek(i) != U'号') return false;
      ++i;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31) return false;
    add(ClaimKind::kDate,
        year ? fmt::format("{:04}-{:02}-{:02}", year, month, day) : fmt::format("{:02}-{:02}", month, day),
        {}, i);
    return true;
  }

  // Seven digits or more with single blanks or dashes between groups; or 1xxxx service numbers.
  bool phone() {
    if (!(digit(peek(at_)) || peek(at_) == U'+') ||
        (at_ > 0 && (digit(text_[at_ - 1]) || letter(text_[at_ - 1]))))
      return false;
    std::size_t i = at_, end = at_;
    std::string value;
    if (text_[i] == U'+') ++i;
    while (i < text_.size() && value.size() < 20) {
      if (digit(text_[i])) {
        value += static_cast<char>(text_[i]);
        end = ++i;
      } else if ((text_[i] == U'-' || text_[i] == U' ') && digit(peek(i + 1)) && i > at_) {
        ++i;
      } else {
        break;
      }
    }
    const bool service = value.size() == 5 &&
                         (value.starts_with("95") || value.starts_with("123") || value.starts_with("100")) &&
                         unit_at(end).first.empty();
    if (value.size() < 7 && !service) return false;
    if (!unit_at(end).first.empty()) return false;
    add(ClaimKind::kPhone, std::move(value), {}, end);
    return true;
  }

  std::pair<std::string_view, std::size_t> unit_at(std::size_t i) const {
    while (peek(i) == U' ') ++i;
    for (const auto& u : kUnits)
      if (starts(i, u.written) && !(letter(u.written.back()) && letter(peek(i + u.written.size()))))
        return {u.canonical, i + u.written.size()};
    return {{}, i};
  }

  void add_figure(std::string value, std::size_t end) {
    double scale = 1;
    const auto after_blanks = unit_at(end).second;
    if (peek(after_blanks) == U'万') scale = 1e4, end = after_blanks + 1;
    if (peek(after_blanks) == U'亿') scale = 1e8, end = after_blanks + 1;
    if (scale != 1) value = fmt::format("{}", std::stod(value) * scale);
    const bool priced =
        at_ > 0 && (text_[at_ - 1] == 0xA5 || text_[at_ - 1] == 0xFFE5 || text_[at_ - 1] == U'$');
    auto [unit, after] = unit_at(end);
    std::string canonical(unit);
    if (canonical.empty() && priced) canonical = text_[at_ - 1] == U'$' ? "$" : "元";
    const bool price = canonical == "元" || canonical == "$";
    add(price ? ClaimKind::kPrice : ClaimKind::kFigure, std::move(value), std::move(canonical),
        unit.empty() ? end : after);
  }

  bool figure() {
    if (!digit(peek(at_))) return false;
    std::string value;
    std::size_t i = at_;
    while (digit(peek(i)) || (peek(i) == U',' && digit(peek(i + 1)) && digit(peek(i + 2)) &&
                              digit(peek(i + 3)) && !digit(peek(i + 4)))) {
      if (text_[i] != U',') value += static_cast<char>(text_[i]);
      ++i;
    }
    if (peek(i) == U'.' && digit(peek(i + 1))) {
      value += '.';
      for (++i; digit(peek(i)); ++i) value += static_cast<char>(text_[i]);
      while (value.ends_with('0')) value.pop_back();
      if (value.ends_with('.')) value.pop_back();
    }
    const auto first = value.find_first_not_of('0');
    if (first == std::string::npos)
      value = "0";
    else if (value[first] == '.')
      value = value.substr(first - 1);
    else
      value = value.substr(first);
    if (value.size() > 15) value.resize(15);
    add_figure(std::move(value), i);
    return true;
  }

  static int numeral(char32_t c) {
    constexpr Text kDigits = U"零一二三四五六七八九";
    if (c == U'两') return 2;
    const auto at = kDigits.find(c);
    return at == Text::npos ? -1 : static_cast<int>(at);
  }
  static int power(char32_t c) { return c == U'十' ? 10 : c == U'百' ? 100 : c == U'千' ? 1000 : 0; }

  // 七天, 十五个工作日, 三百元: only before a unit.
  bool chinese_figure() {
    std::size_t i = at_;
    long total = 0, pending = -1;
    for (; i < text_.size() && i - at_ < 9; ++i) {
      if (const int n = numeral(text_[i]); n >= 0) {
        if (pending > 0) return skip_to(i);
        pending = n;
      } else if (const int p = power(text_[i]); p > 0) {
        total += (pending < 0 ? 1 : pending) * p;
        pending = -1;
      } else {
        break;
      }
    }
    if (i == at_) return false;
    if (pending > 0) total += pending;
    const auto [unit, end] = unit_at(i);
    if (unit.empty() || total == 0 ||
        (total == 1 && (unit == "次" || unit == "件" || unit == "位" || unit == "张" || unit == "元")))
      return skip_to(i);
    const bool price = unit == "元";
    add(price ? ClaimKind::kPrice : ClaimKind::kFigure, std::to_string(total), std::string(unit), end);
    return true;
  }
  bool skip_to(std::size_t end) {
    at_ = std::max(end, at_ + 1);
    return true;
  }

  const std::u32string given_;
  std::u32string text_;
  std::size_t at_ = 0;
  std::vector<Claim> out_;
};

bool founded(const Claim& said, const Claim& source) {
  if (said.kind == ClaimKind::kDate)
    return source.kind == ClaimKind::kDate &&
           (said.value == source.value || source.value.ends_with("-" + said.value));
  if (said.kind == ClaimKind::kLink || said.kind == ClaimKind::kPhone)
    return said.kind == source.kind && said.value == source.value;
  if (source.kind == ClaimKind::kPhone && said.unit.empty()) return said.value == source.value;
  return (source.kind == ClaimKind::kFigure || source.kind == ClaimKind::kPrice) &&
         said.value == source.value && (said.unit == source.unit || said.unit.empty());
}

}  // namespace

std::string_view to_string(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::kFigure:
      return "figure";
    case ClaimKind::kPrice:
      return "price";
    case ClaimKind::kDate:
      return "date";
    case ClaimKind::kLink:
      return "link";
    case ClaimKind::kPhone:
      return "phone";
  }
  return "figure";
}

std::vector<Claim> claims(std::string_view text) { return Scanner(text).run(); }

std::vector<Claim> unfounded(std::string_view said, std::span<const std::string> sources) {
  std::vector<Claim> known;
  for (const auto& s : sources) {
    auto more = claims(s);
    known.insert(known.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  std::vector<Claim> out;
  for (auto& c : claims(said))
    if (std::none_of(known.begin(), known.end(), [&](const Claim& k) { return founded(c, k); }))
      out.push_back(std::move(c));
  return out;
}

bool contradict(std::span<const Claim> a, std::span<const Claim> b) {
  std::map<std::string, std::pair<std::set<std::string>, std::set<std::string>>> by_unit;
  const auto key = [](const Claim& c) { return std::string(to_string(c.kind)) + c.unit; };
  for (const auto& c : a)
    if (!(c.kind == ClaimKind::kFigure && c.unit.empty())) by_unit[key(c)].first.insert(c.value);
  for (const auto& c : b)
    if (!(c.kind == ClaimKind::kFigure && c.unit.empty())) by_unit[key(c)].second.insert(c.value);
  return std::any_of(by_unit.begin(), by_unit.end(), [](const auto& unit) {
    const auto& [x, y] = unit.second;
    return !x.empty() && !y.empty() &&
           std::none_of(x.begin(), x.end(), [&](const auto& v) { return y.contains(v); });
  });
}

}  // namespace zk::guard
