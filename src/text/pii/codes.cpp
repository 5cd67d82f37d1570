// E-mail addresses, plates, passports, WeChat ids: runs of letters and digits told apart by form and context.
#include <algorithm>

#include "text/pii/scan.hpp"

namespace zk::text::pii {
namespace {

bool local_part(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '+' || c == '-' ||
         c == '%';
}
bool domain_part(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

void email_at(Scan& s, std::size_t at) {
  // RFC 5321 bounds: 64 before the sign, 255 after it.
  std::size_t from = at, to = at + 1;
  while (from > 0 && at - from < 64 && local_part(s.f[from - 1])) --from;
  while (from < at && (s.f[from] == '.' || s.f[from] == '-')) ++from;
  while (to < s.size() && to - at < 255 && domain_part(s.f[to])) ++to;
  while (to > at + 1 && (s.f[to - 1] == '.' || s.f[to - 1] == '-')) --to;
  const auto domain = std::u32string_view(s.f).substr(at + 1, to - at - 1);
  const auto dot = domain.rfind('.');
  if (from == at || dot == std::u32string_view::npos || dot == 0 || domain.size() - dot < 3) return;
  const auto top = domain.substr(dot + 1);
  if (!std::all_of(top.begin(), top.end(), [](char32_t c) { return c >= 'a' && c <= 'z'; })) return;
  if (s.free(from, to)) s.take(from, to, PiiType::kEmail);
}

void plates(Scan& s) {
  for (std::size_t i = 0; i + 6 < s.size(); ++i) {
    if (!s.latin(i + 1) || !(sign_of(s.f[i]) & kPlateHead)) continue;
    std::size_t p = i + 2;
    if (s.at(p) == ' ' || s.at(p) == '-' || s.at(p) == 0xB7) ++p;
    std::size_t n = 0, digits = 0;
    while (n < 7 && s.alnum(p + n)) digits += s.ascii_digit(p + n), ++n;
    const bool tail = n == 4 &&
                      (s.at(p + n) == U'学' || s.at(p + n) == U'警' || s.at(p + n) == U'挂' ||
                       s.at(p + n) == U'港' || s.at(p + n) == U'澳') &&
                      digits > 0;
    if ((n != 5 && n != 6 && !tail) || digits < 1) continue;
    const std::size_t to = p + n + tail;
    if (s.free(i, to)) s.take(i, to, PiiType::kPlate);
    i = to - 1;
  }
}

void passports(Scan& s) {
  static const std::vector<std::u32string_view> kWords{U"护照", U"passport", U"通行证", U"回乡证", U"台胞证"};
  if (!s.near(0, 0, 0, s.size(), kWords)) return;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (!s.alnum(i) || (i > 0 && s.alnum(i - 1))) continue;
    std::size_t p = i, letters = 0;
    while (letters < 2 && s.latin(p)) ++p, ++letters;
    if (letters > 0 && s.at(p) == ' ' && s.ascii_digit(p + 1)) ++p;
    std::size_t digits = 0, gaps = 0, end = p;
    for (; s.ascii_digit(p) ||
           (digits > 0 && gaps < 2 && (s.at(p) == ' ' || s.at(p) == '-') && s.ascii_digit(p + 1));
         ++p) {
      if (s.ascii_digit(p))
        ++digits, end = p + 1;
      else
        ++gaps;
    }
    const bool chinese = (letters == 1 && digits == 8) || (letters == 2 && digits == 7);
    const bool foreign = digits >= 6 && digits <= 10 && s.near(i, end, 10, 4, kWords);
    if ((chinese || foreign) && !s.alnum(end) && s.free(i, end)) s.take(i, end, PiiType::kPassport);
    if (end > i) i = end - 1;
  }
}

// WeChat id: a letter, then 5–19 letters, digits, '-' or '_' (the vendor's rule for ids set by users; wxid_…
// by default).
void wechat_ids(Scan& s) {
  static const std::vector<std::u32string_view> kWords{
      U"微信", U"wx",  U"vx",     U"薇信",   U"威信",  U"维信", U"v信", U"微❤",   U"微x",
      U"v我",  U"加v", U"weixin", U"wechat", U"wei信", U"徽信", U"v号", U"加我v", U"➕v"};
  static const std::vector<std::u32string_view> kNotIds{U"iphone", U"android", U"wechat", U"weixin",
                                                        U"http",   U"https",   U"www"};
  if (!s.near(0, 0, 0, s.size(), kWords)) return;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (!s.latin(i) || (i > 0 && (s.alnum(i - 1) || s.at(i - 1) == '_' || s.at(i - 1) == '-'))) continue;
    std::size_t to = i;
    bool marked = false;
    while (s.alnum(to) || s.at(to) == '_' || (s.at(to) == '-' && s.alnum(to + 1)))
      marked = marked || !s.latin(to), ++to;
    std::size_t from = i;
    const bool glued = to - i >= 8 && marked && s.latin(i + 2) &&
                       (s.starts_at(i, U"vx") || s.starts_at(i, U"wx")) && !s.starts_at(i, U"wxid");
    if (glued) from += 2;  // vxlaowang66
    const std::size_t n = to - from;
    const auto word = std::u32string_view(s.f).substr(from, n);
    const bool known =
        std::any_of(kNotIds.begin(), kNotIds.end(), [&](auto w) { return word.starts_with(w); });
    const bool close = s.near(from, to, marked ? 10 : 5, 8, kWords);
    // 公众号 zhike_service belongs to a company.
    const bool company = s.preceded_by(from, {U"公众号", U"小程序", U"服务号", U"公众号:", U"公众号："});
    if (n >= 6 && n <= 20 && !known && !company && close && (marked || s.near(from, to, 4, 0, kWords)) &&
        s.free(from, to))
      s.take(from, to, PiiType::kWechat);
    i = to;
  }
}

}  // namespace

void find_emails(Scan& s) {
  if (!(s.signs & kAtSign)) return;
  for (std::size_t i = 1; i < s.size(); ++i)
    if (s.f[i] == '@') email_at(s, i);
}

void find_codes(Scan& s) {
  if (s.latins > 0 && s.digits > 0 && (s.signs & kPlateHead)) plates(s);
  if (s.digits >= 6 && (s.signs & kPassportSign)) passports(s);
  if (s.latins >= 2 && (s.signs & kWechatSign)) wechat_ids(s);
}

}  // namespace zk::text::pii
