// The text of one find_pii call, folded once, and what the finders of pii/*.cpp share. Internal to `text`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/pii.hpp"

namespace zk::text::pii {

struct Scan {
  Scan() = default;
  explicit Scan(std::string_view utf8) { read(utf8); }
  // Begins anew with another text; what was allocated for the last one is used again.
  void read(std::string_view utf8);

  std::u32string raw;
  std::u32string f;  // folded: full width → ASCII, dashes → '-', blanks → ' ', letters lower case
  std::vector<signed char> digit;   // 0–9 for ASCII, full-width and Chinese digits, else −1
  std::vector<std::uint32_t> sign;  // sign_of each character
  std::vector<char> taken;          // 1: already part of a span
  std::vector<PiiSpan> spans;

  std::size_t size() const { return f.size(); }
  char32_t at(std::size_t i) const { return i < f.size() ? f[i] : U'\0'; }
  bool latin(std::size_t i) const { return i < f.size() && f[i] >= 'a' && f[i] <= 'z'; }
  bool ascii_digit(std::size_t i) const { return i < f.size() && f[i] >= '0' && f[i] <= '9'; }
  bool alnum(std::size_t i) const { return latin(i) || ascii_digit(i); }
  bool free(std::size_t from, std::size_t to) const;
  void take(std::size_t from, std::size_t to, PiiType type);
  // One of the words stands within `before` characters left of `from` or `after` characters right of `to`.
  bool near(std::size_t from, std::size_t to, std::size_t before, std::size_t after,
            const std::vector<std::u32string_view>& words) const;
  // The text directly left of i ends with one of the words.
  bool preceded_by(std::size_t i, const std::vector<std::u32string_view>& words) const;
  bool starts_at(std::size_t i, std::u32string_view word) const {
    return std::u32string_view(f).substr(std::min(i, f.size())).starts_with(word);
  }

  int digits = 0, latins = 0;
  unsigned signs = 0;  // union of the signs of all characters: which finders have anything to look for
};

// What a character may begin or belong to; most characters are none of these, so most text is passed over at
// once.
enum Sign : unsigned {
  kAtSign = 1,
  kHan = 2,
  kBirthSign = 4,
  kPassportSign = 8,
  kWechatSign = 16,
  kAddressSign = 32,
  kRegionHead = 64,
  kPlateHead = 128,
  kNameHead = 256,
  kReceive = 512,
  kTitle = 1024,
  kSureSurname = 2048,
  kSurnameSign = 4096,
  kGivenSign = 8192,
  kCompoundHead = 1 << 14,
  kPartHead = 1 << 15,
  kRoleTail = 1 << 16,
  kTitleHead = 1 << 17,
  kNotGivenSign = 1 << 18
};
unsigned sign_of(char32_t folded);
// Characters of these signs (from addresses.cpp, names.cpp and name_context.cpp): what a region, a word that
// leads to a name, a surname begins with; what given names are made of.
std::u32string region_heads();
std::u32string name_heads();
std::u32string sure_surnames();
std::u32string surnames();
std::u32string given_characters();
std::u32string compound_heads();
std::u32string name_part_heads();
std::u32string role_tails();
std::u32string not_given();
std::u32string title_heads();

bool is_boundary(char32_t c);  // end of text, blank or punctuation

void find_emails(Scan& s);
void find_numbers(Scan& s);  // ID card, bank card, phone, landline
void find_codes(Scan& s);    // plate, passport, WeChat id
void find_birthdays(Scan& s);
void find_addresses(Scan& s);
void find_names(Scan& s);

}  // namespace zk::text::pii
