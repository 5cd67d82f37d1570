#include "text/pii/scan.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::text::pii {
namespace {

char32_t fold(char32_t c) {
  if (c >= 0x4E00 && c < 0xFF01) return c;
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;  // full width
  if (c >= 'A' && c <= 'Z') return c + 32;
  switch (c) {
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212:
    case 0x30FC:
      return '-';
    case 0x3000:
    case 0x00A0:
    case '\t':
    case '\n':
    case '\r':
      return c == '\n' || c == '\r' ? U'\n' : U' ';
    case 0x2022:
    case 0x30FB:
      return 0xB7;  // middle dots
    default:
      return c;
  }
}

signed char digit_value(char32_t c) {
  if (c > U'零' || (c > '9' && c < 0x25CB)) return -1;  // 零 is the last of them
  if (c >= '0' && c <= '9') return static_cast<signed char>(c - '0');
  switch (c) {
    case U'零':
    case U'〇':
    case U'○':
      return 0;
    case U'一':
    case U'幺':
    case U'壹':
      return 1;
    case U'二':
    case U'贰':
      return 2;
    case U'三':
    case U'叁':
      return 3;
    case U'四':
    case U'肆':
      return 4;
    case U'五':
    case U'伍':
      return 5;
    case U'六':
    case U'陆':
      return 6;
    case U'七':
    case U'柒':
      return 7;
    case U'八':
    case U'捌':
      return 8;
    case U'九':
    case U'玖':
      return 9;
    default:
      return -1;
  }
}

// What is known of a character, looked up once.
struct Known {
  std::uint32_t sign = 0;
  char16_t folded = 0;
  signed char digit = -1;
};

// Of the basic plane; the others hold ideographs and emoji only.
const Known* known() {
  static const std::vector<Known> table = [] {
    std::vector<Known> t(0x10000);
    const auto mark = [&](std::u32string_view characters, unsigned sign) {
      for (const char32_t x : characters) t[x].sign |= sign;
    };
    for (char32_t x = 0; x < 0x10000; ++x)
      if (is_han(x)) t[x].sign = kHan;
    mark(U"@", kAtSign);
    mark(U"生bd", kBirthSign);
    mark(U"护通回台p", kPassportSign);
    mark(U"微薇威维徽wv", kWechatSign);
    mark(U"路街道巷弄村镇乡区县", kAddressSign);
    mark(U"收", kReceive);
    mark(U"名女先小老医师", kTitle);
    mark(U"京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新", kPlateHead);
    mark(region_heads(), kRegionHead);
    mark(name_heads(), kNameHead);
    mark(sure_surnames(), kSureSurname);
    mark(surnames(), kSurnameSign);
    mark(compound_heads(), kCompoundHead);
    mark(given_characters(), kGivenSign);
    mark(name_part_heads(), kPartHead);
    mark(role_tails(), kRoleTail);
    mark(not_given(), kNotGivenSign);
    mark(title_heads(), kTitleHead);
    for (char32_t x = 0; x < 0x10000; ++x) {
      t[x].folded = static_cast<char16_t>(fold(x));
      t[x].digit = digit_value(t[x].folded);
    }
    return t;
  }();
  return table.data();
}

// One character of three bytes at s, well formed and no surrogate: nearly all of a Chinese text.
bool three_bytes(const unsigned char* s) {
  return s[0] > 0xE0 && s[0] < 0xF0 && s[0] != 0xED && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80;
}

// The characters of utf8 into out; the rare ones as to_u32 reads them.
void decode(std::string_view utf8, std::u32string& out) {
  out.resize(utf8.size());
  const auto* s = reinterpret_cast<const unsigned char*>(utf8.data());
  std::size_t n = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    if (s[i] < 0x80) {
      out[n++] = s[i++];
    } else if (i + 2 < utf8.size() && three_bytes(s + i)) {
      out[n++] = static_cast<char32_t>((s[i] & 0x0F) << 12 | (s[i + 1] & 0x3F) << 6 | (s[i + 2] & 0x3F));
      i += 3;
    } else {
      out = to_u32(utf8);
      return;
    }
  }
  out.resize(n);
}

}  // namespace

unsigned sign_of(char32_t c) { return c < 0x10000 ? known()[c].sign : (is_han(c) ? kHan : 0u); }

void Scan::read(std::string_view utf8) {
  decode(utf8, raw);
  const std::size_t n = raw.size();
  f.resize(n);
  digit.resize(n);
  sign.resize(n);
  taken.assign(n, 0);
  spans.clear();
  digits = latins = 0;
  signs = 0;
  const auto* table = known();
  constexpr Known kIdeograph{kHan, 0, -1}, kOther{};
  for (std::size_t i = 0; i < n; ++i) {
    const char32_t c = raw[i];
    const Known& k = c < 0x10000 ? table[c] : is_han(c) ? kIdeograph : kOther;
    const char32_t folded = f[i] = c < 0x10000 ? k.folded : c;
    digit[i] = k.digit;
    digits += k.digit >= 0;
    latins += folded >= 'a' && folded <= 'z';
    // The sign of what it is folded to: full width and capitals count as their plain forms.
    sign[i] = folded == c ? k.sign : sign_of(folded);
    signs |= sign[i];
  }
}

bool Scan::free(std::size_t from, std::size_t to) const {
  for (std::size_t i = from; i < to; ++i)
    if (taken[i]) return false;
  return true;
}

void Scan::take(std::size_t from, std::size_t to, PiiType type) {
  for (std::size_t i = from; i < to; ++i) taken[i] = true;
  spans.push_back({from, to, type});
}

bool Scan::near(std::size_t from, std::size_t to, std::size_t before, std::size_t after,
                const std::vector<std::u32string_view>& words) const {
  const std::size_t a = from > before ? from - before : 0;
  const std::size_t b = std::min(size(), to + after);
  // Of most characters one look says that no word begins with them.
  std::uint64_t heads = 0;
  for (const auto w : words) heads |= std::uint64_t{1} << (w[0] & 63);
  const auto found = [&](std::size_t i, std::size_t end) {
    for (; i < end; ++i) {
      if (!(heads >> (f[i] & 63) & 1)) continue;
      const auto rest = std::u32string_view(f).substr(i, end - i);
      if (std::any_of(words.begin(), words.end(), [&](auto w) { return rest.starts_with(w); })) return true;
    }
    return false;
  };
  return found(a, from) || found(to, b);
}

bool Scan::preceded_by(std::size_t i, const std::vector<std::u32string_view>& words) const {
  const auto left = std::u32string_view(f).substr(0, i);
  return std::any_of(words.begin(), words.end(), [&](auto w) { return left.ends_with(w); });
}

bool is_boundary(char32_t c) {
  return c == 0 || c == ' ' || c == '\n' ||
         (c < 128 && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))) || (c >= 0x3001 && c <= 0x3011) ||
         (c >= 0x2018 && c <= 0x201D) || c == 0x2026;
}

}  // namespace zk::text::pii
