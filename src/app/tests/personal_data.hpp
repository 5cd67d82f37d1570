// Made-up personal data in the many ways people write it, and the search for it in bytes. All from one seed.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/random.hpp"

namespace zk::app::test {

// One made-up person and sentences that hold what he is.
class Person {
 public:
  explicit Person(Random& random) : r_(random) {
    static constexpr std::array<const char*, 12> kFamily{"刘", "郭", "邓", "沈", "彭", "蒋", "魏", "薛", "欧阳", "上官", "邹", "崔"};
    name = kFamily[r_.below(kFamily.size())] + given() + given();
    phone = number("1", 3 + r_.below(4) * 2 % 7, 11);  // 13, 15, 17 or 19 …
    line = "021" + std::to_string(5 + r_.below(3)) + digits(7);
    id_card = with_check("310107" + std::to_string(1960 + r_.below(45)) + two(1 + r_.below(12)) + two(1 + r_.below(28)) + digits(3));
    card = luhn("622202" + digits(12));
    email = latin(7) + digits(3) + "@mail." + latin(6) + ".cn";
    plate = "沪A" + digits(2) + upper(1) + digits(2);
    passport = "E" + digits(8);
    wechat = latin(4) + "_" + latin(3) + digits(4);
    address = "上海市浦东新区" + given() + given() + "路" + std::to_string(100 + r_.below(1800)) + "弄" +
              std::to_string(1 + r_.below(90)) + "号" + std::to_string(101 + r_.below(2800)) + "室";
  }

  // Something of his in a sentence; what must not be seen again goes to the two lists.
  std::string sentence(std::vector<std::string>& words, std::vector<std::string>& numbers) {
    const auto num = [&](const std::string& value) {
      numbers.push_back(value);
      return written(value);
    };
    const auto word = [&](const std::string& value) {
      words.push_back(value);
      return value;
    };
    switch (r_.below(14)) {
      case 0: return "打我手机" + num(phone) + "，别打座机";
      case 1: return "我的号码是" + num(phone) + "请回电";
      case 2: numbers.push_back(phone); return "+86 " + phone.substr(0, 3) + "-" + phone.substr(3, 4) + "-" + phone.substr(7) + "打不通";
      case 3: numbers.push_back(line); return "家里座机" + line.substr(0, 3) + "-" + line.substr(3) + "晚上有人";
      case 4: return "身份证号" + num(id_card) + "帮我核实一下";
      case 5: return "银行卡" + num(card) + "没收到退款";
      case 6: return "邮箱" + word(email) + "收不到发票";
      case 7: return "我的车牌" + word(plate) + "停在门口";
      case 8: return "护照号" + word(passport) + "名字拼错了";
      case 9: return "加我微信" + word(wechat) + "发图片";
      case 10: return "收件人" + word(name) + "，地址改成" + word(address);
      case 11: return "我叫" + word(name) + "，电话" + num(phone) + "，住" + word(address);
      case 12: return "麻烦寄到" + word(address) + "，" + word(name) + "收";
      default: numbers.push_back(phone); return "0086" + phone + "这个号也行，邮箱" + word(email);
    }
  }

  std::string name, phone, line, id_card, card, email, plate, passport, wechat, address;

 private:
  std::string given() {
    static constexpr std::array<const char*, 24> kGiven{"骞", "昶", "霁", "筠", "翊", "珩", "瑄", "旻", "沅", "澍", "岑", "祎",
                                                        "煜", "晗", "钰", "璟", "绮", "蕴", "颀", "铎", "徵", "橙", "屿", "砚"};
    return kGiven[r_.below(kGiven.size())];
  }
  std::string digits(int n) {
    std::string out;
    while (n-- > 0) out += static_cast<char>('0' + r_.below(10));
    return out;
  }
  std::string latin(int n) {
    std::string out;
    while (n-- > 0) out += static_cast<char>('a' + r_.below(26));
    return out;
  }
  std::string upper(int n) {
    std::string out;
    while (n-- > 0) out += "ABCDEFGHJK"[r_.below(10)];
    return out;
  }
  std::string number(const char* head, std::uint64_t second, std::size_t size) {
    return head + std::to_string(3 + second % 7) + digits(static_cast<int>(size) - 2);
  }
  static std::string two(std::uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }
  static std::string with_check(const std::string& d) {
    constexpr std::array<int, 17> kWeight{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < 17; ++i) sum += (d[i] - '0') * kWeight[i];
    return d + "10X98765432"[sum % 11];
  }
  static std::string luhn(const std::string& d) {
    int sum = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      int v = d[d.size() - 1 - i] - '0';
      if (i % 2 == 0 && (v *= 2) > 9) v -= 9;
      sum += v;
    }
    return d + static_cast<char>('0' + (10 - sum % 10) % 10);
  }
  // Plain, in groups, with dots, full width, or in Chinese characters.
  std::string written(const std::string& d) {
    static constexpr std::array<const char*, 10> kZh{"零", "幺", "二", "三", "四", "五", "六", "七", "八", "九"};
    const auto style = r_.below(6);
    std::string out;
    for (std::size_t i = 0; i < d.size(); ++i) {
      if (i > 0 && i % 4 == 3 && style >= 1 && style <= 3) out += style == 1 ? " " : style == 2 ? "-" : ".";
      if (d[i] == 'X')
        out += 'X';
      else if (style == 4)
        out += std::string("\xEF\xBC") + static_cast<char>(0x90 + d[i] - '0');
      else if (style == 5 && d.size() == 11)
        out += kZh[static_cast<std::size_t>(d[i] - '0')];
      else
        out += d[i];
    }
    return out;
  }

  Random& r_;
};

// Finds any of many words, and any of many numbers whatever separates or writes their digits.
class Scanner {
 public:
  void add_word(const std::string& w) {
    if (w.size() < kKey || !words_.insert(w).second) return;
    by_key_[key(w.data())].push_back(w);
    bloom_[key(w.data()) * kSpread >> 44] = true;
  }
  void add_number(std::string d) {
    if (!d.empty() && d.back() == 'X') d.pop_back();  // a run of digits ends there
    if (numbers_.insert(d).second) lengths_[d.size()] = true;
  }
  std::size_t size() const { return words_.size() + numbers_.size(); }

  // What was found in the bytes, each once.
  std::set<std::string> find(std::string_view bytes) const {
    std::set<std::string> out;
    for (std::size_t i = 0; i + kKey <= bytes.size(); ++i) {
      const auto k = key(bytes.data() + i);
      if (!bloom_[k * kSpread >> 44]) continue;
      const auto it = by_key_.find(k);
      if (it == by_key_.end()) continue;
      for (const auto& w : it->second)
        if (bytes.substr(i, w.size()) == w) out.insert(w);
    }
    std::string run;
    for (std::size_t i = 0; i <= bytes.size();) {
      std::size_t used = 1;
      const int d = i < bytes.size() ? digit(bytes.substr(i), used) : -1;
      if (d >= 0)
        run += static_cast<char>('0' + d);
      else if (i == bytes.size() || std::string_view(" -.").find(bytes[i]) == std::string_view::npos)
        look(run, out);
      i += used;
    }
    return out;
  }

 private:
  static constexpr std::size_t kKey = 6;
  static constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15u;
  static std::uint64_t key(const char* p) {
    std::uint64_t k = 0;
    std::memcpy(&k, p, kKey);
    return k;
  }
  static int digit(std::string_view at, std::size_t& used) {
    const auto c = static_cast<unsigned char>(at[0]);
    if (c < 0x80) return c >= '0' && c <= '9' ? c - '0' : -1;
    if (c < 0xE0 || at.size() < 3) return -1;
    static const std::unordered_map<std::string_view, int> kZh{{"零", 0}, {"〇", 0}, {"一", 1}, {"幺", 1}, {"二", 2}, {"三", 3},
                                                               {"四", 4}, {"五", 5}, {"六", 6}, {"七", 7}, {"八", 8}, {"九", 9}};
    const auto three = at.substr(0, 3);
    if (c == 0xEF && static_cast<unsigned char>(three[1]) == 0xBC) {
      const int v = static_cast<unsigned char>(three[2]) - 0x90;
      if (v >= 0 && v <= 9) return used = 3, v;
    }
    if (const auto it = kZh.find(three); it != kZh.end()) return used = 3, it->second;
    return -1;
  }
  void look(std::string& run, std::set<std::string>& out) const {
    for (std::size_t n = 0; n < lengths_.size(); ++n)
      if (lengths_[n] && n <= run.size())
        for (std::size_t i = 0; i + n <= run.size(); ++i)
          if (numbers_.contains(run.substr(i, n))) out.insert(run.substr(i, n));
    run.clear();
  }

  std::unordered_set<std::string> words_, numbers_;
  std::unordered_map<std::uint64_t, std::vector<std::string>> by_key_;
  std::vector<bool> bloom_ = std::vector<bool>(std::size_t{1} << 20);
  std::array<bool, 32> lengths_{};
};

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace zk::app::test
