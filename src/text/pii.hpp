// Personal data in a sentence: where it stands and of what kind. Written for Chinese customer service:
// numbers with blanks, dashes, full-width or Chinese digits (幺三八…), +86, glued to Chinese characters;
// names, addresses and birthdays where the context shows them. An order, tracking or serial number that
// contains a phone-like run is not a phone.
//
//   find_pii("打13812345678找周敏")  ->  {1, 12, kPhone}, {13, 15, kName}
//   mask("打138 1234 5678")           ->  "打138****5678"
//
// Rules and check digits only, no I/O, thread-safe; linear in the text, over 100 MB/s a core.
// Sources: ISO 7064 MOD 11-2 (GB 11643-1999, ID card), Luhn (ISO/IEC 7812-1, bank card), GA 36-2018 (plates),
// 电信网编号计划 2017 (mobile prefixes, area codes).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zk::text {

enum class PiiType {
  kPhone,
  kLandline,
  kIdCard,
  kBankCard,
  kEmail,
  kPlate,
  kPassport,
  kWechat,
  kBirthday,
  kName,
  kAddress
};
inline constexpr int kPiiTypes = 11;
std::string_view to_string(PiiType type);  // phone | landline | id_card | bank_card | email | plate |
                                           // passport | wechat | birthday | name | address
std::optional<PiiType> pii_type(std::string_view text);

struct PiiSpan {
  std::size_t start = 0, end = 0;  // in code points, end exclusive
  PiiType type = PiiType::kPhone;
  friend bool operator==(const PiiSpan&, const PiiSpan&) = default;
};

// In order of start, never overlapping.
std::vector<PiiSpan> find_pii(std::string_view text);

// What may be shown instead: enough to recognise one's own, not enough to use. "138****5678", "周*",
// "l***@example.com".
std::string masked_form(std::string_view original, PiiType type);

// The text with every span replaced by its masked form.
std::string mask(std::string_view text);

// The same, with what was taken out: [start, end) in code points is where its masked form stands in `text`.
struct MaskedPiece {
  PiiType type = PiiType::kPhone;
  std::string original;
  std::size_t start = 0, end = 0;
};
struct MaskedText {
  std::string text;
  std::vector<MaskedPiece> pieces;
};
// keep: originals it says true of stay as they are (what the company itself publishes).
MaskedText mask_pieces(std::string_view text, const std::function<bool(const std::string&, PiiType)>& keep = {});

// One spelling for all ways of writing a value, to compare and to look up by: half width, lower case, Chinese
// digits as 0–9; numbers without country code and separators ("＋86 幺三八…" -> "138…"); texts without
// blanks.
std::string canonical_form(std::string_view original, PiiType type);

}  // namespace zk::text
