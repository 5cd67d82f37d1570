// Names of persons no single word announces: what stands before a candidate, what stands behind it and how
// much its characters look like a name are weighed together. 客服陈晓燕说 · 李建国经理 · 打138…找周敏 ·
// 尤佳，138…
#include <algorithm>

#include "text/pii/names.hpp"
#include "text/text.hpp"

namespace zk::text::pii {
namespace {

using View = std::u32string_view;
using Words = std::vector<View>;

// Characters that given names are made of, by frequency in the 2020 name report of the Ministry of Public
// Security and in literary names; those as common outside names (大, 天, 一, 心) are left out.
constexpr View kGivenCharacters =
    U"伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂兰英华玉梅建国红志辉燕玲海波斌宇浩凯健俊帆鹏飞翔龙旭阳晨晓"
    U"雪莹颖"
    U"婷萍琳琴洁慧佳雯倩蕾薇莉萌璐瑶琪悦怡欣梓涵子轩然奕泽沐宸若汐诗雅思琦睿博文昊嘉煜皓铭熙昕彤馨月妍菲菡萱"
    U"芸茜芷"
    U"蓉莲菊荷蓓芬芝春冬生富贵福祥瑞庆永宏鸿振兴家德义仁礼智信忠孝良善诚正清廉毅坚峰岩岭山川江河湖泉松柏林森"
    U"楠桐杨"
    U"柳枫槐树根栋梁栩鑫钰铮锋钧锦铎淼沛润泓澄浚渊澜炎焱灿炜炫煊烨坤培均增宝珍珠琼瑾瑜璇玥珂珊珏璟琛环娅娥媛"
    U"婉婕妮"
    U"姣娴婵嫣姗云霄雷震霖露虹彩凤鸾鹤雁鸣鹰骏骥驰腾跃程远通安康宁泰乐欢喜悠恒久朋友民众胜利成功立业卫东南北"
    U"西京沪"
    U"宾彬政治法律武威雄豪贤哲圣贞淑惠美妙巧灵秋夏素翠碧青蓝紫丹朱彦颜音韵歌棋黎宽画书词赋墨砚简知之亦希望愿"
    U"梦念恩"
    U"慈爱怜忆慕曼漫绮纯洛洲淮溪满仓小晴晖昂昌昭景晶晗璨曦朗朝启承继光耀祖宗世代守全勤奋升登科亨尚卓越群凡亮"
    U"星辰宛"
    U"冰寒霜楚吴秦汉唐宋萧竹菁莘蔓蔷薛艺芮苒苏茹荣茵莎蕊蕙藜虎豹彪柱栓牛财旺刊铁钢银金镇钟钦铃贺赫丛佩依伊伦"
    U"佑侠俐"
    U"允兆先克冠凌力劲勉化协占卿双可君品唯圆城塘士夫奇如姿娇婧孟季宜宣宪容密寅尔尧展州己巍师常年广庚应廷开弘"
    U"弟弦弯"
    U"彰影征徽必忱恬恺情惟愉慎才扬捷敬斐旎日昱晋谣栖槿荔苓葵葳萤谦诺谊谕逸迪迅迎逊郁铂锴闯阔陌隽霆霏韬颂飒骞"
    U"魁鲲麒"
    U"麟黛默鼎齐甜申男略畅益盈盛眉睦硕磐祈祎祺禄禹禾秉穆童竞籽纬纲绍绪维绿罡羽翊翎翼耘聪聿育臣臻舒舟航芊芒芙"
    U"苑茗荟"
    U"菀葆蒲蔚蕴蝶衍衡裕觅言誉谨赟赢轲逢邦野闻陶隆雨非馥驹骁鹿麦凝冉勋卉厚吟吉咏喆垚垣壮夕奎妤姝娣娉嫄孜宥寻"
    U"屹岚岳"
    U"峥峻崇崧嵘嵩帅庭延弋彧怀怿悟惜懿戈抒拓挺攀旋旗旻昀晏晔暄暖曜朔权杏杭枝桃桦梧棠榆榕樱樵歆殊汀池汶沁沅沣"
    U"泊泳泱"
    U"洪津洵浦浪涌涓涤淇淳渝渔渠湄湛溢滔滢漪漾潇澍澎濛瀚灏炳烁烈焕煦熠燊爽牧犇玄玖玟玮珀珑珞琅琰琬瑄瑛瑗璋璎"
    U"璞佐倪";

const Words kSay{U"转给", U"转告", U"转交", U"通知", U"打给", U"寄给", U"联系", U"感谢",
                 U"表扬", U"投诉", U"退给", U"交给", U"还给", U"发给", U"委托", U"告诉",
                 U"咨询", U"找到", U"我叫", U"她叫", U"他叫", U"名叫"};
// People by what they do or are to the writer.
const Words kRoles{U"客服", U"护工", U"护士", U"医生", U"大夫", U"司仪", U"编辑", U"顾问", U"工长",  U"店长",
                   U"司机", U"师傅", U"教练", U"导游", U"领队", U"愿者", U"家长", U"业主", U"乘客",  U"旅客",
                   U"顾客", U"客户", U"采购", U"售后", U"销售", U"经理", U"主管", U"助理", U"秘书",  U"代驾",
                   U"保姆", U"月嫂", U"阿姨", U"同事", U"朋友", U"同学", U"邻居", U"室友", U"女儿",  U"儿子",
                   U"老公", U"老婆", U"先生", U"太太", U"妻子", U"丈夫", U"爱人", U"妈妈", U"爸爸",  U"母亲",
                   U"父亲", U"我妈", U"我爸", U"孩子", U"宝宝", U"奶奶", U"爷爷", U"外婆", U"外公",  U"哥哥",
                   U"姐姐", U"弟弟", U"妹妹", U"表哥", U"表弟", U"表姐", U"表妹", U"侄子", U"新娘",  U"新郎",
                   U"伴娘", U"伴郎", U"作者", U"译者", U"会计", U"财务", U"出纳", U"老板", U"老人",  U"村长",
                   U"队长", U"组长", U"班长", U"主播", U"骑手", U"电工", U"管家", U"中介", U"房东",  U"租客",
                   U"病人", U"患者", U"学生", U"导师", U"教授", U"院长", U"校长", U"主任", U"婆婆",  U"岳父",
                   U"岳母", U"公公", U"儿媳", U"女婿", U"前台", U"保安", U"库管", U"质检", U"闺蜜",  U"对象",
                   U"嫂子", U"姑姑", U"舅舅", U"叔叔", U"伯伯", U"大爷", U"大妈", U"舅妈", U"外甥",  U"侄女",
                   U"孙子", U"孙女", U"徒弟", U"老乡", U"姐夫", U"妹夫", U"小姨", U"姨妈", U"助教",  U"歌手",
                   U"木工", U"瓦工", U"油工", U"焊工", U"钳工", U"村民", U"队友", U"搭档", U"合伙人"};
// What a form calls a person; …人 is told apart in `label`.
const Words kLabels{U"姓名", U"名字", U"户名",     U"署名",   U"户主", U"失主", U"车主",
                    U"机主", U"业主", U"紧急联系", U"英文名", U"拼音", U"签名", U"落款"};
const Words kNobody{U"有人", U"没人", U"无人",   U"别人", U"个人", U"私人", U"商人", U"熟人", U"多人",
                    U"单人", U"双人", U"机器人", U"等人", U"每人", U"何人", U"让人", U"真人", U"人人",
                    U"成人", U"转人", U"外人",   U"本人", U"他人", U"家人", U"客人", U"老人", U"病人"};
constexpr View kBefore = U"给找请让由跟和与叫是约为对替帮在写成被向派";
const Words kTitlesBehind{U"女士", U"先生",   U"小姐",   U"老师",  U"师傅",   U"经理", U"主任", U"教练",
                          U"律师", U"医生",   U"大夫",   U"护士",  U"工程师", U"同学", U"阿姨", U"大哥",
                          U"大姐", U"老板",   U"校长",   U"院长",  U"教授",   U"医师", U"技师", U"店长",
                          U"队长", U"总监",   U"顾问",   U"主管",  U"会计",   U"叔叔", U"奶奶", U"爷爷",
                          U"馆长", U"园长",   U"站长",   U"所长",  U"名下",   U"手里", U"本人", U"的名",
                          U"的账", U"的身份", U"的电话", U"的手机"};
constexpr View kVerbs =
    U"说让要在是开签帮做讲给的了就想没也去来请取领和跟吧吗约负收寄拿办送催拒修装已还又都不有把被很提发走回看"
    U"用打骗";
// Companies called like persons.
const Words kBrands{U"王老吉", U"周大福", U"周大生", U"吴裕泰", U"张一元", U"康师傅", U"王麻子",
                    U"张小泉", U"谭木匠", U"周黑鸭", U"陈克明", U"王守义", U"李锦记", U"金龙鱼",
                    U"马应龙", U"林清轩", U"李维斯", U"江小白", U"徐福记", U"曹操",   U"李宁",
                    U"孔府",   U"罗莱",   U"林氏",   U"曲美",   U"金立",   U"金山"};
// Surnames that begin or are everyday words: more must speak for a name.
constexpr View kDoubtful =
    U"代付包车时成计白钱官方原农师单谈解金高安常党全应向从连商管经强关马于法明温平和简支严柴牛毛云计项游毕封"
    U"杜水年";
constexpr View kPlaceTails = U"江州山城海河湖川阳陵安宁东西南北京";
constexpr View kPlaceBehind = U"路街村镇乡县市区店馆厂公集牌家庄记园站桥湾岛湖";

bool behind(const Scan& s, std::size_t i, const Words& words) {
  if (i >= s.size()) return false;
  return std::any_of(words.begin(), words.end(), [&](View w) { return s.starts_at(i, w); });
}

bool title(const Scan& s, std::size_t i) {
  return i < s.size() && (s.sign[i] & kTitleHead) && behind(s, i, kTitlesBehind);
}

bool typical(const Scan& s, std::size_t i) { return i < s.size() && (s.sign[i] & kGivenSign); }

// A number found stands within two characters of [from, to).
bool beside_number(const Scan& s, std::size_t from, std::size_t to) {
  std::size_t p = to;
  while (p < to + 2 && p < s.size() && is_boundary(s.f[p]) && s.f[p] != U'。') ++p;
  if (p < s.size() && s.taken[p]) return true;
  std::size_t q = from;
  while (q > 0 && from - q < 2 && is_boundary(s.f[q - 1]) && s.f[q - 1] != U'。') --q;
  return q > 0 && s.taken[q - 1];
}

struct Left {
  int weight = 0;
  bool linked = false;  // 姓名：… and 叫…: even a word may be a name there
};

// A label of a form ends directly before i: 取票人, 姓名.
bool label(const Scan& s, std::size_t i) {
  if (s.preceded_by(i, kLabels)) return true;
  return i >= 3 && s.f[i - 1] == U'人' && is_han(s.f[i - 2]) && is_han(s.f[i - 3]) &&
         !s.preceded_by(i, kNobody);
}

bool role(const Scan& s, std::size_t i) {
  if (s.preceded_by(i, kRoles)) return true;
  static const Words kNoRoles{U"成长", U"增长", U"生长", U"延长", U"时长",
                              U"加长", U"太长", U"很长", U"多长"};
  return i >= 3 && View(U"师员长").find(s.f[i - 1]) != View::npos && is_han(s.f[i - 2]) &&
         is_han(s.f[i - 3]) && !s.preceded_by(i, kNoRoles);
}

Left left_of(const Scan& s, std::size_t i) {
  std::size_t p = i;
  bool linked = false;
  for (int hops = 0; hops < 2 && p > 0; ++hops) {
    const char32_t c = s.f[p - 1];
    if (c != ':' && c != ' ' && c != U'：' && c != U'是' && c != U'叫' && c != U'写') break;
    linked = linked || c != ' ';
    --p;
  }
  if (p > 0 && (s.sign[p - 1] & kRoleTail)) {
    if (label(s, p)) return {3, linked};
    if (role(s, p)) return {2, linked};
  }
  if (i > 0 && (s.sign[i - 1] & kRoleTail) && s.preceded_by(i, kSay)) return {2, false};
  const bool called = i > 0 && s.f[i - 1] == U'找' && (i < 2 || s.taken[i - 2] || is_boundary(s.f[i - 2]));
  if (called) return {2, false};
  if (i >= 2 && s.f[i - 1] == '-' && s.f[i - 2] == '-') return {2, false};  // a signature
  const bool open =
      i == 0 || is_boundary(s.f[i - 1]) || s.taken[i - 1] || kBefore.find(s.f[i - 1]) != View::npos;
  return {open ? 1 : 0, false};
}

int right_of(const Scan& s, std::size_t from, std::size_t to) {
  if (title(s, to) || beside_number(s, from, to)) return 2;
  const char32_t c = s.at(to);
  if (is_boundary(c) || kVerbs.find(c) != View::npos) return 1;
  return is_han(c) && s.digit[to] < 0 && general_word(s, to, to + 2) ? 1 : 0;
}

// How much [from, to), a surname of n characters with it, looks like a name; below 0 when it cannot be one.
int shape(const Scan& s, std::size_t from, std::size_t n, std::size_t to, const Left& left, int right) {
  std::size_t given = 0;
  for (std::size_t i = from + n; i < to; ++i) given += typical(s, i);
  const bool ends = right == 2 || is_boundary(s.at(to));
  const std::size_t length = to - from;
  if (given == 0 && left.weight + right < 4) return -1;
  const bool doubtful = n == 1 && kDoubtful.find(s.f[from]) != View::npos;
  if (doubtful && (given < length - n || left.weight + right < 3)) return -1;
  if (general_word(s, from, to) && (doubtful || !(left.weight >= 2 && left.linked && ends))) return -1;
  if (length == n + 2) {
    if (general_word(s, from, from + n + 1) && !(left.weight >= 2 && ends)) return -1;  // 方便面, 安全带
    if (general_word(s, from + n, to) && given < 2 && !ends) return -1;
  }
  // 小七一起: the last character may begin a word, unless another begins behind it.
  if (is_han(s.at(to)) && right < 2 && general_word(s, to - 1, to + 1) && !general_word(s, to, to + 2))
    return -1;
  if (length == 2 && left.weight < 2 && kPlaceTails.find(s.f[to - 1]) != View::npos) given = 0;
  return static_cast<int>(given) + (sure_surname(s, from) || n == 2);
}

constexpr int kEnough = 4;

int weigh(const Scan& s, std::size_t from, std::size_t n, std::size_t to, const Left& left) {
  if (to > s.size() || !s.free(from, to)) return 0;
  for (std::size_t i = from + n; i < to; ++i)
    if (!given(s, i)) return 0;
  if (kPlaceBehind.find(s.at(to)) != View::npos) return 0;
  const int right = right_of(s, from, to);
  if (right == 0) return 0;
  const int looks = shape(s, from, n, to, left, right);
  return looks < 0 ? 0 : left.weight + right + looks;
}

// End of the name at i, or i.
std::size_t weighed_name(const Scan& s, std::size_t i) {
  const auto n = surname(s, i);
  // Most candidates end here: 高 of 高一点.
  if (n == 0 || !given(s, i + n) || title(s, i + n)) return i;
  const auto left = left_of(s, i);
  if (left.weight == 0) return i;
  const std::size_t two = i + n + 1, three = two + 1;
  const int longer = weigh(s, i, n, three, left), shorter = weigh(s, i, n, two, left);
  if ((longer < kEnough && shorter < kEnough) || behind(s, i, kBrands)) return i;
  // 师傅, 现金: the surname ends a word that began before it.
  if (i > 0 && is_han(s.f[i - 1]) && kBefore.find(s.f[i - 1]) == View::npos && general_word(s, i - 1, i + 1))
    return i;
  return longer >= shorter && longer >= kEnough ? three : two;
}

// Syllables that names of other languages are written with.
constexpr View kForeign =
    U"阿艾爱安奥巴白拜班贝比彼波伯博布查达大戴丹道德狄迪蒂丁杜多恩尔法菲费芬佛夫弗福戈格古哈海汗翰合赫亨胡华"
    U"霍基吉加"
    U"嘉简江杰卡凯康柯科克肯库拉莱兰劳勒雷李里丽利莉力列林琳龙隆卢鲁路伦罗洛马玛迈麦曼梅孟米密莫木穆纳娜内尼"
    U"妮努诺"
    U"欧帕潘佩皮普其奇乔切琴热仁日瑞若萨塞赛桑瑟森沙莎山圣史士舒丝斯司苏索塔台泰汤特提图吐托瓦万汪旺威维卫魏"
    U"温翁沃乌"
    U"伍西希锡夏肖谢辛休逊雅亚延伊依以易因英尤约泽扎詹珍朱孜再兹佐迦买则翁热依苏甫沙迪娅汉孜";

// 阿依古丽·买买提 wherever it stands: both parts spelt in the syllables of foreign names.
void foreign_names(Scan& s) {
  for (std::size_t dot = 2; dot + 2 < s.size(); ++dot) {
    if (s.f[dot] != 0xB7) continue;
    const auto spelt = [&](std::size_t i) {
      return i < s.size() && !s.taken[i] && kForeign.find(s.f[i]) != View::npos;
    };
    std::size_t from = dot, to = dot + 1;
    while (from > 0 && dot - from < 7 && spelt(from - 1)) --from;
    while (to - dot < 8 && spelt(to)) ++to;
    if (dot - from >= 2 && to - dot >= 3) s.take(from, to, PiiType::kName);
  }
}

// 尼玛扎西, 格桑卓玛: two parts that Tibetan and Mongolian names are put together from.
const Words kParts{U"扎西", U"卓玛", U"次仁", U"多吉", U"尼玛", U"格桑", U"达瓦", U"央金", U"平措",
                   U"旦增", U"洛桑", U"德吉", U"白玛", U"拉姆", U"贡布", U"巴桑", U"边巴", U"索朗",
                   U"才让", U"桑杰", U"仁青", U"丹增", U"普布", U"强巴", U"顿珠", U"曲珍", U"旺堆",
                   U"罗布", U"群培", U"巴特", U"其其", U"格日", U"苏和"};

void paired_names(Scan& s) {
  for (std::size_t i = 0; i + 4 <= s.size(); ++i) {
    if (!(s.sign[i] & kPartHead) || !behind(s, i, kParts) || !behind(s, i + 2, kParts)) continue;
    if (s.free(i, i + 4)) s.take(i, i + 4, PiiType::kName);
    i += 3;
  }
}

// One word after what says that a name follows: 我叫Kevin，
bool called(const Scan& s, std::size_t i) {
  static const Words kCalled{U"我叫",     U"她叫",  U"他叫",   U"名叫",      U"英文名是",
                             U"英文名叫", U"姓名:", U"名字是", U"my name is"};
  const std::size_t p = i > 0 && s.f[i - 1] == ' ' ? i - 1 : i;
  return s.preceded_by(p, kCalled);
}

// 入园人Emma Li, 对接人：Tom Fischer, my name is kevin
void latin_names(Scan& s) {
  for (std::size_t i = 2; i < s.size(); ++i) {
    if (!s.latin(i) || s.alnum(i - 1)) continue;
    auto to = latin_name(s, i);
    if (to == i && called(s, i)) {
      while (s.latin(to)) ++to;
      if (to < i + 3 || !is_boundary(s.at(to)) || s.at(to) == ' ' || s.at(to) == '-') to = i;
      if (to != i && s.free(i, to)) s.take(i, to, PiiType::kName);
    }
    if (to != i && left_of(s, i).weight >= 2 && s.free(i, to)) s.take(i, to, PiiType::kName);
    if (to != i) i = to;
  }
}

}  // namespace

std::u32string given_characters() { return std::u32string(kGivenCharacters); }
std::u32string name_part_heads() {
  std::u32string out;
  for (const auto p : kParts) out += p[0];
  return out;
}

std::u32string role_tails() {
  std::u32string out = U"人师员长";
  for (const auto* words : {&kLabels, &kRoles, &kSay})
    for (const auto w : *words) out += w.back();
  return out;
}
std::u32string title_heads() {
  std::u32string out;
  for (const auto w : kTitlesBehind) out += w[0];
  return out;
}

void names_in_context(Scan& s) {
  foreign_names(s);
  if (s.signs & kPartHead) paired_names(s);
  if (s.latins >= 4) latin_names(s);
  if (!(s.signs & (kSurnameSign | kCompoundHead))) return;
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    if (!(s.sign[i] & (kSurnameSign | kCompoundHead)) || s.taken[i]) continue;
    const auto to = weighed_name(s, i);
    if (to == i) continue;
    s.take(i, to, PiiType::kName);
    i = to - 1;
  }
}

}  // namespace zk::text::pii
