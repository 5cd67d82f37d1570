#include "text/pii.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "text/pii/scan.hpp"
#include "text/text.hpp"

namespace zk::text {

namespace {
constexpr std::array<std::string_view, kPiiTypes> kNames{"phone",    "landline", "id_card",  "bank_card",
                                                         "email",    "plate",    "passport", "wechat",
                                                         "birthday", "name",     "address"};
}  // namespace

std::string_view to_string(PiiType type) {
  const auto i = static_cast<std::size_t>(type);
  ZK_CHECK(i < kNames.size());
  return kNames[i];
}

std::optional<PiiType> pii_type(std::string_view text) {
  const auto it = std::find(kNames.begin(), kNames.end(), text);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<PiiType>(it - kNames.begin());
}

std::vector<PiiSpan> find_pii(std::string_view text) {
  // Kept between calls, but for what an unusually long text needed.
  thread_local pii::Scan s;
  if (s.raw.capacity() > std::size_t{1} << 16) s = pii::Scan();
  s.read(text);
  // In this order: what has the surest form claims its characters first.
  pii::find_emails(s);
  pii::find_birthdays(s);
  pii::find_codes(s);
  pii::find_numbers(s);
  pii::find_addresses(s);
  pii::find_names(s);
  std::sort(s.spans.begin(), s.spans.end(),
            [](const PiiSpan& a, const PiiSpan& b) { return a.start < b.start; });
  return s.spans;
}

namespace {
std::u32string digits_only(std::u32string_view s) {
  std::u32string out;
  for (const char32_t c : s)
    if (c > ' ' && c != '-' && c != U'－' && c != U'—' && c != U'，' && c != U'·' && c != U'　') out += c;
  return out;
}
// Keeps `head` and `tail` characters, the middle becomes four stars.
std::string keep(std::u32string_view s, std::size_t head, std::size_t tail) {
  if (s.size() <= head + tail) head = std::min<std::size_t>(1, s.size()), tail = 0;
  return to_utf8(s.substr(0, head)) + "****" + to_utf8(s.substr(s.size() - tail));
}
}  // namespace

std::string masked_form(std::string_view original, PiiType type) {
  const auto u = to_u32(original);
  const auto plain = digits_only(u);
  switch (type) {
    case PiiType::kPhone:
      return keep(plain.size() > 11 ? std::u32string_view(plain).substr(plain.size() - 11)
                                    : std::u32string_view(plain),
                  3, 4);
    case PiiType::kLandline:
      return keep(plain, 3, 2);
    case PiiType::kIdCard:
      return keep(plain, 3, 2);
    case PiiType::kBankCard:
      return keep(plain, 0, 4);
    case PiiType::kEmail: {
      auto at = u.find(U'@');
      if (at == std::u32string::npos) at = u.find(U'＠');
      return to_utf8(u.substr(0, 1)) + "***" + (at == std::u32string::npos ? "" : to_utf8(u.substr(at)));
    }
    case PiiType::kPlate:
      return keep(plain, 2, 1);
    case PiiType::kPassport:
      return keep(plain, 1, 2);
    case PiiType::kWechat:
      return keep(plain, 1, 1);
    case PiiType::kBirthday:
      return "****年**月**日";
    case PiiType::kName:
      return to_utf8(u.substr(0, 1)) + (u.size() > 2 ? "**" : "*");
    case PiiType::kAddress:
      return to_utf8(u.substr(0, std::min<std::size_t>(3, u.size() / 2))) + "****";
  }
  return "****";
}

MaskedText mask_pieces(std::string_view text, const std::function<bool(const std::string&, PiiType)>& keep) {
  const auto spans = find_pii(text);
  if (spans.empty()) return {std::string(text), {}};
  const auto u = to_u32(text);
  const std::u32string_view all(u);
  MaskedText out;
  std::size_t at = 0, written = 0;  // code points of the text, and of what is written
  for (const auto& span : spans) {
    MaskedPiece piece{span.type, to_utf8(all.substr(span.start, span.end - span.start))};
    if (keep && keep(piece.original, span.type)) continue;
    const auto form = masked_form(piece.original, span.type);
    out.text += to_utf8(all.substr(at, span.start - at)) + form;
    piece.start = written + span.start - at;
    written = piece.end = piece.start + to_u32(form).size();
    at = span.end;
    out.pieces.push_back(std::move(piece));
  }
  out.text += to_utf8(all.substr(at));
  return out;
}

std::string mask(std::string_view text) { return mask_pieces(text).text; }

std::string canonical_form(std::string_view original, PiiType type) {
  const pii::Scan s(original);
  std::u32string out;
  const bool number = type == PiiType::kPhone || type == PiiType::kLandline || type == PiiType::kIdCard ||
                      type == PiiType::kBankCard;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (number && s.digit[i] >= 0)
      out += static_cast<char32_t>('0' + s.digit[i]);
    else if (number && type == PiiType::kIdCard && (s.f[i] == 'x' || s.f[i] == U'×'))
      out += 'x';
    else if (!number && s.f[i] != ' ' && s.f[i] != '\n')
      out += s.f[i];
  }
  if (type == PiiType::kPhone && out.size() > 11) out.erase(0, out.size() - 11);
  if (type == PiiType::kLandline) {  // +86 10 … and 010 … are the same line
    for (const std::u32string_view code : {U"0086", U"86"})
      if (out.starts_with(code)) out.erase(0, code.size());
    if (!out.starts_with('0') && out.size() > 8) out.insert(0, 1, U'0');
  }
  return to_utf8(out);
}

}  // namespace zk::text
