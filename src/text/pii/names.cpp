// Names of persons, where the words around them say so: 我叫…, 收件人…, …收, or beside a number just found.
#include <algorithm>
#include <array>

#include "text/pii/names.hpp"
#include "text/text.hpp"

namespace zk::text::pii {
namespace {

// The surnames that cover over 97 % of people (Ministry of Public Security, 2020 report), most frequent first
// in groups.
constexpr std::u32string_view kSurnames =
    U"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余"
    U"潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    U"庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹"
    U"关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁"
    U"瞿戚丘古米池滕晋苑邬臧畅宫嵇苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓"
    U"花仇艾蓝巩稽井练仲乐虞卞封竺冼原官衣楚佟肖闫代付邝佘湛麦麻欣暴储"
    U"逄甄芮蔺濮阙宓雍佴翟荀缪贝岑昝羿汲邴隗郗钭厉戎祖韶蓟蒲邰鄂咸籍阴莘闻贡劳堵宰郦璩桑扈浦尚农晁"
    U"訾阚沙乜鞠丰巢蒯荆竺权逯桓衡匡寇禄殳蔚越夔隆巫戈庾暨牧茹习宦鱼帅撒亓仉笪法竹";
const std::vector<std::u32string_view> kCompound{
    U"欧阳", U"上官", U"司马", U"诸葛", U"司徒", U"夏侯", U"皇甫", U"尉迟", U"公孙", U"慕容",
    U"令狐", U"东方", U"独孤", U"南宫", U"长孙", U"宇文", U"轩辕", U"端木", U"百里", U"东郭",
    U"呼延", U"闻人", U"申屠", U"太史", U"钟离", U"澹台", U"公冶", U"宗政", U"濮阳", U"淳于",
    U"单于", U"赫连", U"拓跋", U"完颜", U"纳兰", U"贺兰", U"万俟", U"司寇", U"巫马", U"公西",
    U"乐正", U"梁丘", U"左丘", U"亓官", U"仲孙", U"叶赫", U"乌兰", U"爱新"};

// Surnames that are hardly ever another word in a customer's sentence.
constexpr std::u32string_view kSure =
    U"刘吴郭郑冯萧曹袁邓沈彭吕卢蒋魏薛阎潘汪谭廖邹郝崔邱邵尹黎龚樊翟倪嵇骆栾蒲牟凌訾芮蔺濮阙宓逄甄佟褚詹"
    U"瞿戚滕晋邬臧娄穆郎邸冀姬郜晏虞卞竺冼楚闫佘湛赵俞聂邢贾裴庞阮覃佟仝缪翁祁霍徐韩孙梁";
// What makes a place or a company of two characters and a surname before it.
constexpr std::u32string_view kOfPlaces = U"路街村镇乡县市区店馆厂公集牌家庄记园";

// Characters that hardly ever stand in a given name: function words, verbs and titles that follow names in
// sentences.
constexpr std::u32string_view kNotGiven =
    U"的了吗呢吧是在与我你您他她它们这那哪要能不没就都还也又很再把被给让从到去说打拿收寄送取写填叫找号码机电"
    U"话手卡票单客服快递什么怎么几啥谁哦啊呀哈嘛着过请帮查改换退买卖用个，。！？、；：";
// What follows a surname when the person is addressed, not named.
const std::vector<std::u32string_view> kTitles{U"先生", U"小姐", U"女士", U"老师", U"师傅", U"经理", U"主任",
                                               U"老板", U"阿姨", U"叔叔", U"大哥", U"大姐", U"医生", U"大夫",
                                               U"护士", U"校长", U"队长", U"总",   U"工",   U"哥",   U"姐"};

const std::vector<std::u32string_view> kAfterName{
    U"女士", U"先生", U"小姐", U"老师", U"医生", U"经理", U"师傅", U"教练", U"律师",
    U"本人", U"名下", U"生日", U"同学", U"就行", U"收",   U"吧",   U"的",   U"说",
    U"在",   U"是",   U"要",   U"想",   U"没",   U"也",   U"今",   U"明",   U"去",
    U"来",   U"请",   U"签",   U"取",   U"领",   U"和",   U"跟",   U"、"};

}  // namespace

bool given(const Scan& s, std::size_t i) {
  return i < s.size() && (s.sign[i] & (kHan | kNotGivenSign)) == kHan && !s.taken[i];
}

std::size_t surname(const Scan& s, std::size_t i) {
  if (i >= s.size()) return 0;
  if (s.sign[i] & kCompoundHead)
    for (const auto c : kCompound)
      if (s.starts_at(i, c)) return 2;
  return s.sign[i] & kSurnameSign ? 1 : 0;
}

// The dictionary takes a microsecond a look: what it said of words of up to three characters is kept.
bool general_word(const Scan& s, std::size_t from, std::size_t to) {
  const auto word = std::u32string_view(s.f).substr(from, to - from);
  if (word.size() < 2) return false;
  if (word.size() > 3) return is_general_word(to_utf8(word));
  std::uint64_t key = 1;  // 21 bits a character, at most 63 and the leading one
  for (const char32_t c : word) key = key << 21 | c;
  struct Kept {
    std::uint64_t key = 0;
    bool word = false;
  };
  thread_local std::array<Kept, 4096> kept;
  auto& slot = kept[(key * 0x9E3779B97F4A7C15u) >> 52];
  if (slot.key != key) slot = {key, is_general_word(to_utf8(word))};
  return slot.word;
}

// Kevin Lau: two or three capitalised words.
std::size_t latin_name(const Scan& s, std::size_t i) {
  std::size_t p = i, words = 0, end = i;
  while (words < 3 && p < s.size() && s.raw[p] >= 'A' && s.raw[p] <= 'Z') {
    std::size_t q = p + 1;
    while (s.latin(q)) ++q;
    if (q - p < 2) break;
    ++words, end = q;
    if (s.at(q) != ' ') break;
    p = q + 1;
  }
  return words >= 2 && !s.alnum(end) ? end : i;
}

bool sure_surname(const Scan& s, std::size_t i) { return i < s.size() && (s.sign[i] & kSureSurname); }

namespace {

// End of a Chinese name that starts at i, or i. Two characters of given name are preferred when what follows
// allows it.
std::size_t han_name(const Scan& s, std::size_t i) {
  const auto n = surname(s, i);
  if (n == 0 || !given(s, i + n)) return i;
  for (const auto title : kTitles)
    if (s.starts_at(i + n, title) && (title.size() > 1 || !given(s, i + n + 1))) return i;
  const std::size_t two = i + n + 1, three = i + n + 2;
  if (!given(s, two)) return general_word(s, i, two) ? i : two;
  const bool before_verb =
      s.at(three) == U'收' && kSure.find(s.f[i]) != std::u32string_view::npos;  // 魏徵颀收
  if (n == 1 && !is_boundary(s.at(three)) && !before_verb && general_word(s, i, two))
    return i;  // 任何…, 高价…, 付款…
  if (general_word(s, i, three) && n == 1) return i;
  // 周敏收货 …: a third character that opens a word with its follower belongs to what follows.
  const bool opens_word =
      given(s, three) && general_word(s, two, three + 1) && !general_word(s, i + n, three);
  return opens_word ? two : three;
}

// 阿依古丽·买买提: parts of Han characters joined by a middle dot.
std::size_t dotted_name(const Scan& s, std::size_t i) {
  std::size_t p = i, parts = 0, length = 0;
  for (;; ++p) {
    if (p < s.size() && is_han(s.f[p]) && length < 8) {
      ++length;
      continue;
    }
    if (s.at(p) != 0xB7 || length < 2 || p + 1 >= s.size() || !is_han(s.f[p + 1])) break;
    ++parts, length = 0;
  }
  if (parts == 0) return i;
  while (length > 2 && !given(s, p - 1)) --p, --length;
  return length >= 2 ? p : i;
}

std::size_t name_at(const Scan& s, std::size_t i) {
  if (const auto e = dotted_name(s, i); e != i) return e;
  if (const auto e = han_name(s, i); e != i) return e;
  return latin_name(s, i);
}

void take_name(Scan& s, std::size_t from, std::size_t to) {
  if (to > from && s.free(from, to)) s.take(from, to, PiiType::kName);
}

// May stand directly before a whole name without being part of it.
constexpr std::u32string_view kBeforeWhole = U"给找在由是叫为和跟与把到系请让";

struct Head {
  std::u32string_view words;
  bool strict;  // three characters that are no words, and with `ends` punctuation behind: the head alone says
                // too little
  bool ends = true;
};
constexpr Head kHeads[] = {
    {U"我叫", false},        {U"姓名", false},       {U"名字叫", false},     {U"名字是", false},
    {U"名叫", false},        {U"本名", false},       {U"真名", false},       {U"收件人", false},
    {U"收货人", false},      {U"联系人", false},     {U"户名", false},       {U"开户人", false},
    {U"开户名", false},      {U"持卡人", false},     {U"机主", false},       {U"签收人", false},
    {U"投保人", false},      {U"被保险人", false},   {U"车主", false},       {U"申请人", false},
    {U"患者", false},        {U"就诊人", false},     {U"学员", true},        {U"乘客", true},
    {U"乘机人", false},      {U"入住人", false},     {U"预订人", false},     {U"预约人", false},
    {U"取件人", false},      {U"寄件人", false},     {U"抬头", true},        {U"本人", true},
    {U"我是", true},         {U"叫", true},          {U"找", true},          {U"寄给", false},
    {U"转给", true},         {U"写", true},          {U"给", true},          {U"孩子叫", false},
    {U"老公叫", false},      {U"老婆叫", false},     {U"女儿叫", false},     {U"儿子叫", false},
    {U"代表", true, false},  {U"我妈", true, false}, {U"我爸", true, false}, {U"先生", true, false},
    {U"法人", true},         {U"联系", true},        {U"名字", false},       {U"女儿", true, false},
    {U"儿子", true, false},  {U"老公", true, false}, {U"老婆", true, false}, {U"妻子", true, false},
    {U"丈夫", true, false},  {U"爱人", true, false}, {U"母亲", true, false}, {U"父亲", true, false},
    {U"妈妈", true, false},  {U"爸爸", true, false}, {U"同事", true, false}, {U"朋友", true, false},
    {U"户主", false},        {U"业主", true, false}, {U"租客", true, false}, {U"房东", true, false},
    {U"律师", true, false},  {U"阿姨", true, false}, {U"月嫂", true, false}, {U"保姆", true, false},
    {U"私教", true, false},  {U"教练", true, false}, {U"导游", true, false}, {U"家长", true, false},
    {U"旅客", true, false},  {U"甲方", true, false}, {U"乙方", true, false}, {U"队长", true, false},
    {U"主刀", true, false},  {U"室友", true, false}, {U"邻居", true, false}, {U"哥哥", true, false},
    {U"弟弟", true, false},  {U"姐姐", true, false}, {U"妹妹", true, false}, {U"爷爷", true, false},
    {U"奶奶", true, false},  {U"外婆", true, false}, {U"外公", true, false}, {U"孩子", true, false},
    {U"宝宝", true, false},  {U"助理", true, false}, {U"秘书", true, false}, {U"报修人", false},
    {U"报案人", false},      {U"收款人", false},     {U"付款人", false},     {U"受益人", false},
    {U"监护人", false},      {U"担保人", false},     {U"借款人", false},     {U"代表人", false},
    {U"负责人", false},      {U"经办人", false},     {U"联络人", false},     {U"接收人", false},
    {U"提货人", false},      {U"委托人", false},     {U"当事人", false},     {U"承租人", false},
    {U"经手人", false},      {U"购票人", false},     {U"退到", true},        {U"转到", true},
    {U"打到", true},         {U"汇到", true},        {U"退给", true},        {U"还给", true},
    {U"汇给", true},         {U"祝", true},          {U"医院的", true},      {U"办在", true},
    {U"挂在", true},         {U"转", true},          {U"name ", true},       {U"学生", true},
    {U"my name is ", false}, {U"i am ", true},       {U"i'm ", true},        {U"this is ", true},
    {U"name: ", false},      {U"name is ", false}};
const std::vector<std::u32string_view> kLinks{U"写成",   U"改成", U"改为", U"换成", U"写的是", U"写的",
                                              U"写",     U"就是", U"叫做", U"叫",   U"是",     U"为",
                                              U"填的是", U"填",   U":",    U"：",   U" "};

// What follows a whole name in a sentence: the end of it, a number, a title, or the verb.
bool name_ends(const Scan& s, std::size_t to) {
  if (is_boundary(s.at(to)) || (to < s.size() && (s.taken[to] || s.digit[to] >= 0))) return true;
  return std::any_of(kAfterName.begin(), kAfterName.end(), [&](auto w) { return s.starts_at(to, w); });
}

// A name with no surname of the list (尼玛次仁, 乌云其木格), only after words that say so: three to five
// characters that are no word, up to the end of the clause.
std::size_t unusual_name(const Scan& s, std::size_t i) {
  std::size_t to = i;
  while (to < i + 6 && given(s, to)) ++to;
  const bool ends = is_boundary(s.at(to)) || (to < s.size() && (s.taken[to] || s.digit[to] >= 0));
  if (to < i + 3 || to > i + 5 || !ends) return i;
  for (std::size_t k = i; k + 2 <= to; ++k)
    if (general_word(s, k, k + 2)) return i;
  return to;
}

void after_head(Scan& s, std::size_t i, const Head& head) {
  std::size_t p = i + head.words.size();
  for (int hops = 0; hops < 3; ++hops)
    for (const auto link : kLinks)
      if (s.starts_at(p, link)) {
        p += link.size();
        break;
      }
  auto to = name_at(s, p);
  const bool names = head.words.find(U'名') != std::u32string_view::npos ||
                     head.words.find(U'叫') != std::u32string_view::npos;
  if (to <= p + 1 && !head.strict && names) to = unusual_name(s, p);
  if (to <= p + 1) return;
  if (head.strict && ((head.ends && !name_ends(s, to)) || to - p < 3 || general_word(s, p, to) ||
                      (surname(s, p) == 1 && general_word(s, p, p + 2))))
    return;
  take_name(s, p, to);
  // 给申屠雅静和巫启明订…: the second of two.
  for (const auto* joint : {U"和", U"、", U"与", U"跟", U"及"})
    if (s.starts_at(to, joint))
      if (const auto second = han_name(s, to + 1); second >= to + 4 && !general_word(s, to + 1, second))
        take_name(s, to + 1, second);
}

// The heads in order of their first character, so that a character is compared with its own few heads only.
const std::vector<Head>& sorted_heads() {
  static const std::vector<Head> sorted = [] {
    std::vector<Head> v(std::begin(kHeads), std::end(kHeads));
    std::stable_sort(v.begin(), v.end(),
                     [](const Head& x, const Head& y) { return x.words[0] < y.words[0]; });
    return v;
  }();
  return sorted;
}

void after_heads(Scan& s) {
  const auto& heads = sorted_heads();
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (!(s.sign[i] & kNameHead)) continue;
    auto head = std::lower_bound(heads.begin(), heads.end(), s.f[i],
                                 [](const Head& h, char32_t c) { return h.words[0] < c; });
    for (; head != heads.end() && head->words[0] == s.f[i]; ++head)
      if (s.starts_at(i, head->words)) after_head(s, i, *head);
  }
}

// 周敏收 · 13322114455李晓燕 · 刘思雨，110199…: at the end of a clause before 收, or alone beside a number or
// an address.
void beside_spans(Scan& s) {
  const auto spans = s.spans;
  for (const auto& span : spans) {
    if (span.type == PiiType::kName || span.type == PiiType::kBirthday || span.type == PiiType::kPlate)
      continue;
    std::size_t p = span.end;
    while (p < s.size() && p < span.end + 2 && is_boundary(s.f[p]) && s.f[p] != U'。') ++p;
    const auto to = han_name(s, p);
    if (to > p && (is_boundary(s.at(to)) || s.starts_at(to, U"收") || (to < s.size() && s.taken[to])) &&
        !general_word(s, p, to))
      take_name(s, p, to);
    std::size_t end = span.start;
    while (end > 0 && span.start - end < 2 && is_boundary(s.f[end - 1])) --end;
    for (std::size_t n = 4; n >= 2; --n) {
      if (end < n) continue;
      const std::size_t from = end - n;
      if ((from == 0 || is_boundary(s.f[from - 1])) && han_name(s, from) == end &&
          !general_word(s, from, end)) {
        take_name(s, from, end);
        break;
      }
    }
  }
}

// A whole name before the word that says whose it is: 佴晓峰名下, 祝英台女士.
void before_titles(Scan& s) {
  for (std::size_t i = 3; i + 1 < s.size(); ++i) {
    if (!(s.sign[i] & kTitle)) continue;
    if (!s.starts_at(i, U"名下") && !s.starts_at(i, U"女士") && !s.starts_at(i, U"先生") &&
        !s.starts_at(i, U"小姐") && !s.starts_at(i, U"老师") && !s.starts_at(i, U"医生") &&
        !s.starts_at(i, U"师傅"))
      continue;
    for (std::size_t n = 4; n >= 3; --n) {
      if (i < n) continue;
      const std::size_t from = i - n;
      const bool open = from == 0 || !is_han(s.f[from - 1]) ||
                        kBeforeWhole.find(s.f[from - 1]) != std::u32string_view::npos;
      if (open && han_name(s, from) == i && !general_word(s, from, i)) {
        take_name(s, from, i);
        break;
      }
    }
  }
}

void before_receive(Scan& s) {
  for (std::size_t i = 2; i < s.size(); ++i) {
    if (s.f[i] != U'收' ||
        !(is_boundary(s.at(i + 1)) || s.starts_at(i + 1, U"件") || s.starts_at(i + 1, U"货")))
      continue;
    for (std::size_t n = std::min<std::size_t>(4, i); n >= 2; --n) {
      const std::size_t from = i - n;
      const bool open = from == 0 || is_boundary(s.f[from - 1]) || s.taken[from - 1] ||
                        s.digit[from - 1] >= 0 || s.f[from - 1] == U'给' || s.f[from - 1] == U'由';
      if (open && han_name(s, from) == i && !general_word(s, from, i)) {
        take_name(s, from, i);
        break;
      }
    }
  }
}

// 麻烦通知蒲松涛: a whole name wherever it stands, of a surname that is hardly ever anything else, when its
// characters make no words with each other or with what stands around them.
void anywhere(Scan& s) {
  for (std::size_t i = 0; i + 2 < s.size(); ++i) {
    if (!(s.sign[i] & (kSureSurname | kCompoundHead))) continue;
    const bool compound = surname(s, i) == 2;
    if (!compound && !(s.sign[i] & kSureSurname)) continue;
    const std::size_t n = compound ? 2 : 1, to = i + n + 2;
    if (!given(s, i + n) || !given(s, i + n + 1) || !s.free(i, to)) continue;
    // A given name may be a word (松涛, 志远) where the clause ends with it.
    const bool inside = general_word(s, i, i + n + 1) || general_word(s, i, to) ||
                        (general_word(s, i + n, to) && !is_boundary(s.at(to)));
    const bool around = (i > 0 && is_han(s.f[i - 1]) && general_word(s, i - 1, i + 1)) ||
                        (is_han(s.at(to)) && general_word(s, to - 1, to + 1));
    const char32_t next = s.at(to);
    if (inside || around || kOfPlaces.find(next) != std::u32string_view::npos) continue;
    s.take(i, to, PiiType::kName);
    i = to - 1;
  }
}

}  // namespace

std::u32string sure_surnames() { return std::u32string(kSure); }

std::u32string not_given() { return std::u32string(kNotGiven); }

std::u32string compound_heads() {
  std::u32string out;
  for (const auto c : kCompound) out += c[0];
  return out;
}

std::u32string surnames() { return std::u32string(kSurnames) + std::u32string(kSure); }

std::u32string name_heads() {
  std::u32string out;
  for (const auto& h : kHeads) out += h.words[0];
  return out;
}

void find_names(Scan& s) {
  if (s.signs & kNameHead) after_heads(s);
  if (!(s.signs & kHan)) return;
  if (s.signs & kReceive) before_receive(s);
  if (s.signs & kTitle) before_titles(s);
  beside_spans(s);
  if (s.signs & (kSureSurname | kCompoundHead)) anywhere(s);
  names_in_context(s);
}

}  // namespace zk::text::pii
