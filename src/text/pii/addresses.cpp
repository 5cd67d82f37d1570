// Postal addresses: a region (or a road) followed by at least one part that pins down a door, a building or a
// village.
#include <algorithm>
#include <array>

#include "text/pii/scan.hpp"
#include "text/text.hpp"

namespace zk::text::pii {
namespace {

using View = std::u32string_view;

// Provinces and the cities whose names stand in addresses without 省 or 市 as often as with it.
constexpr View kRegions[] = {
    U"北京",   U"上海", U"天津",     U"重庆",   U"河北",   U"山西",   U"辽宁",   U"吉林",   U"黑龙江",
    U"江苏",   U"浙江", U"安徽",     U"福建",   U"江西",   U"山东",   U"河南",   U"湖北",   U"湖南",
    U"广东",   U"海南", U"四川",     U"贵州",   U"云南",   U"陕西",   U"甘肃",   U"青海",   U"台湾",
    U"内蒙古", U"广西", U"西藏",     U"宁夏",   U"新疆",   U"香港",   U"澳门",   U"石家庄", U"唐山",
    U"秦皇岛", U"邯郸", U"保定",     U"张家口", U"沧州",   U"廊坊",   U"太原",   U"大同",   U"呼和浩特",
    U"包头",   U"沈阳", U"大连",     U"鞍山",   U"长春",   U"哈尔滨", U"大庆",   U"南京",   U"无锡",
    U"徐州",   U"常州", U"苏州",     U"南通",   U"连云港", U"淮安",   U"盐城",   U"扬州",   U"镇江",
    U"泰州",   U"宿迁", U"杭州",     U"宁波",   U"温州",   U"嘉兴",   U"湖州",   U"绍兴",   U"金华",
    U"衢州",   U"舟山", U"台州",     U"丽水",   U"义乌",   U"合肥",   U"芜湖",   U"蚌埠",   U"安庆",
    U"阜阳",   U"福州", U"厦门",     U"莆田",   U"泉州",   U"漳州",   U"南昌",   U"九江",   U"赣州",
    U"济南",   U"青岛", U"淄博",     U"烟台",   U"潍坊",   U"济宁",   U"威海",   U"临沂",   U"德州",
    U"菏泽",   U"郑州", U"开封",     U"洛阳",   U"南阳",   U"新乡",   U"周口",   U"武汉",   U"宜昌",
    U"襄阳",   U"荆州", U"十堰",     U"长沙",   U"株洲",   U"湘潭",   U"衡阳",   U"岳阳",   U"常德",
    U"广州",   U"深圳", U"珠海",     U"汕头",   U"佛山",   U"江门",   U"湛江",   U"茂名",   U"惠州",
    U"东莞",   U"中山", U"南宁",     U"柳州",   U"桂林",   U"海口",   U"三亚",   U"成都",   U"绵阳",
    U"德阳",   U"宜宾", U"南充",     U"泸州",   U"乐山",   U"贵阳",   U"遵义",   U"昆明",   U"大理",
    U"丽江",   U"曲靖", U"拉萨",     U"西安",   U"咸阳",   U"宝鸡",   U"渭南",   U"兰州",   U"天水",
    U"西宁",   U"银川", U"乌鲁木齐", U"喀什",   U"昆山",   U"常熟",   U"张家港", U"晋江"};

// Words that lead up to an address: where it starts when no known region does.
const std::vector<View> kLead{U"地址", U"地址是", U"地址:",  U"地址：", U"地址改成", U"地址改为", U"地址换成",
                              U"住在", U"家住",   U"住",     U"寄到",   U"送到",     U"邮到",     U"发到",
                              U"寄回", U"寄往",   U"我在",   U"人在",   U"位于",     U"改成",     U"改到",
                              U"改为", U"换成",   U"搬到",   U"搬去",   U"到了",     U"上门到",   U"户籍",
                              U"家在", U"老家",   U"公司在", U"在",     U"到",       U"是",       U"寄",
                              U"送",   U"我家",   U"从",     U"住址",   U"位置"};

bool road(char32_t c) { return View(U"路街道巷弄里村镇乡园苑坊庄屯").find(c) != View::npos; }
// Units that carry a number: 88号, 3栋, 2单元, 501室, 四区.
constexpr std::array<View, 18> kUnits{U"教学楼", U"宿舍楼", U"单元", U"号楼", U"号院", U"号",
                                      U"弄",     U"栋",     U"幢",   U"座",   U"室",   U"楼",
                                      U"层",     U"院",     U"户",   U"排",   U"区",   U"期"};
// Units that a letter names: B座, C区.
constexpr View kLetterUnits = U"座栋幢区楼馆";
// Places that end an address without a number.
constexpr std::array<View, 30> kPlaces{
    U"驿站",   U"便利店", U"大厦", U"广场", U"公寓",   U"小区",   U"花园", U"宿舍",   U"学校", U"小学",
    U"中学",   U"大学",   U"医院", U"超市", U"门卫",   U"保安亭", U"前台", U"快递柜", U"丰巢", U"工业园",
    U"产业园", U"科技园", U"家园", U"新村", U"卫生院", U"菜场",   U"酒店", U"中心",   U"国际", U"对面"};

bool address_character(const Scan& s, std::size_t i) {
  const char32_t c = s.at(i);
  return is_han(c) || s.alnum(i) || c == '-' || c == '#' || c == 0xB7 ||
         (c == ' ' && (is_han(s.at(i + 1)) || s.ascii_digit(i + 1)) && i > 0 && !s.taken[i - 1]);
}

// The words that end an address where no punctuation does.
constexpr std::array<View, 34> kStops{
    U"不要", U"不用", U"别",   U"今天", U"明天", U"后天", U"下午", U"上午", U"晚上", U"白天", U"能", U"可以",
    U"怎么", U"收",   U"谢谢", U"麻烦", U"请",   U"帮",   U"要",   U"送",   U"寄",   U"的",   U"了", U"吗",
    U"吧",   U"呢",   U"这",   U"那",   U"是",   U"我",   U"你",   U"他",   U"她",   U"放"};

std::size_t hard_end(const Scan& s, std::size_t i) {
  while (i < s.size() && address_character(s, i) && !s.taken[i]) ++i;
  return i;
}

// Characters of a known region that stands at i, or 0. 湖南段, 四川人 are no places.
std::size_t region_at(const Scan& s, std::size_t i) {
  if (i >= s.size() || !(s.sign[i] & kRegionHead)) return 0;
  for (const auto r : kRegions)
    if (s.starts_at(i, r)) {
      const char32_t next = s.at(i + r.size());
      return next != 0 && View(U"段线籍人菜话").find(next) != View::npos ? 0 : r.size();
    }
  return 0;
}

// End of the last part that pins the place down within [from, limit), or from when there is none.
std::size_t pinned_end(const Scan& s, std::size_t from, std::size_t limit) {
  std::size_t end = from;
  bool street = false;
  for (std::size_t i = from; i < limit; ++i) {
    if (end > from)
      for (const auto w : kStops)
        if (s.starts_at(i, w)) return end;
    if (end > from && (s.f[i] == U'到' || s.f[i] == U'至') && region_at(s, i + 1) > 0)
      return end;  // from A to B
    street = street || road(s.f[i]);
    if (s.digit[i] >= 0 || (s.f[i] == U'十' && i > from)) {
      std::size_t p = i;
      while (p < limit &&
             (s.digit[p] >= 0 || s.f[p] == U'十' || s.f[p] == '-' || s.latin(p) || s.f[p] == '#'))
        ++p;
      bool unit = false;
      for (const auto u : kUnits)
        if (!unit && s.starts_at(p, u) && p + u.size() <= limit) p += u.size(), unit = true;
      const bool house = unit && (s.f[p - 1] != U'区' && s.f[p - 1] != U'期');
      // 88号 after a road, 412号楼1506: a bare number counts once something was pinned before it.
      if ((house && (street || end > from || s.f[p - 1] != U'号')) || (end > from && i <= end + 8)) {
        end = p;
        if (s.starts_at(p, U"之") && p + 1 < limit && s.digit[p + 1] >= 0) end = p + 2;
        if (s.starts_at(p, U"甲") || s.starts_at(p, U"乙")) end = p + 1;
      }
      i = std::max(i, p - 1);
      if (end == i + 1 && s.digit[i] < 0) continue;
      continue;
    }
    if ((street || end > from) && s.latin(i) && !s.alnum(i - 1) && i + 1 < limit &&
        kLetterUnits.find(s.at(i + 1)) != View::npos) {
      end = i + 2;
      ++i;
      continue;
    }
    if (street || end > from)
      for (const auto w : kPlaces)
        if (s.starts_at(i, w) && i + w.size() <= limit && i - end <= 12) end = i + w.size();
  }
  return end;
}

constexpr View kNotInName = U"我你您他她住寄送到在址是改换的了这那就把给往去来从由离搬";

// X市, X区, X县, X镇 with two to four characters before the suffix, at the start of a clause or after a
// leading word.
bool unnamed_region(const Scan& s, std::size_t i) {
  for (std::size_t n = 2; n <= 5; ++n) {
    const char32_t c = s.at(i + n);
    if (c == 0 || !is_han(c) || kNotInName.find(s.at(i + n - 1)) != View::npos ||
        kNotInName.find(s.at(i)) != View::npos)
      return false;
    if (region_at(s, i + n - 1) > 0) return false;  // 门店哈尔滨市: begins there
    if (View(U"市区县镇乡旗").find(c) != View::npos) return true;
  }
  return false;
}
bool road_at(const Scan& s, std::size_t i) {
  for (std::size_t n = 1; n <= 6; ++n) {
    const char32_t c = s.at(i + n);
    if (c == 0 || !is_han(c)) return false;
    if (View(U"路街道巷弄").find(c) != View::npos)
      return i + n + 1 < s.size() && (s.digit[i + n + 1] >= 0 || s.at(i + n + 1) == ' ');
  }
  return false;
}

bool try_address(Scan& s, std::size_t from, bool known_region) {
  const std::size_t limit = std::min(hard_end(s, from), from + 80);
  const std::size_t end = pinned_end(s, from, limit);
  // A region and a number alone (上海3号) is no address; without a known region more is asked for.
  if (end < from + (known_region ? 7u : 6u)) return false;
  std::size_t roads = 0, numbers = 0;
  for (std::size_t i = from; i < end; ++i)
    roads += road(s.f[i]) || View(U"区县镇乡村").find(s.f[i]) != View::npos, numbers += s.digit[i] >= 0;
  if (roads == 0 || (!known_region && numbers == 0)) return false;
  s.take(from, end, PiiType::kAddress);
  return true;
}

}  // namespace

std::u32string region_heads() {
  std::u32string out;
  for (const auto r : kRegions) out += r[0];
  return out;
}

void find_addresses(Scan& s) {
  if (!(s.signs & kAddressSign) || s.size() < 7) return;
  for (std::size_t i = 0; i + 6 < s.size(); ++i) {
    if (s.taken[i] || !(s.sign[i] & kHan)) continue;
    bool found = false;
    if ((s.sign[i] & kRegionHead) && region_at(s, i) > 0) found = try_address(s, i, true);
    if (!found && (i == 0 || is_boundary(s.f[i - 1]) || s.taken[i - 1] || s.preceded_by(i, kLead)) &&
        (unnamed_region(s, i) || road_at(s, i)) && !s.preceded_by(i + 1, kLead))
      found = try_address(s, i, false);
    if (found) i = s.spans.back().end - 1;
  }
}

}  // namespace zk::text::pii
