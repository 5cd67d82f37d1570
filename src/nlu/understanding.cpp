#include "nlu/understanding.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/check.hpp"
#include "nlu/letters.hpp"
#include "text/text.hpp"

namespace zk::nlu {
namespace {

using View = std::string_view;
using Words = std::span<const View>;

bool has(View text, Words words) {
  return std::any_of(words.begin(), words.end(), [&](View w) { return text.find(w) != View::npos; });
}

// One word of `first` followed by one of `then` with at most `gap` bytes between them (a Han character is 3).
bool has_pair(View text, Words first, Words then, std::size_t gap) {
  for (const View w : first)
    for (auto at = text.find(w); at != View::npos; at = text.find(w, at + 1)) {
      const View rest = text.substr(at + w.size());
      for (const View t : then)
        if (const auto p = rest.find(t); p != View::npos && p <= gap) return true;
    }
  return false;
}

std::string without(View text, Words words) {
  std::string out(text);
  for (const View w : words)
    for (auto at = out.find(w); at != std::string::npos; at = out.find(w)) out.erase(at, w.size());
  return out;
}

// --- a person
// --------------------------------------------------------------------------------------------------------

// Compounds in which 人工, 真人, 客服 are no wish.
constexpr View kNoPerson[] = {"自称客服", "自称是客服", "冒充客服",   "假客服",   "人工费",   "人工智能",
                              "人工成本", "人工审核",   "人工复核",   "人工核实", "人工核验", "人工晶",
                              "人工关节", "人工耳蜗",   "人工授精",   "人工流产", "人工牙",   "人工草",
                              "人工湖",   "人工降",     "人工服务费", "人工钟",   "真人秀",   "真人cs",
                              "真人认证", "真人照"};
constexpr View kPerson[] = {"人工",       "真人",   "活人",     "大活人", "真的人", "真正的人",
                            "真正的客服", "真客服", "客服人员", "坐席",   "座席",   "专员",
                            "主管",       "经理",   "负责人",   "领导",   "值班",   "店长",
                            "工作人员",   "人类",   "管事的",   "能听懂", "懂的人", "活的"};
constexpr View kFetch[] = {"转",   "接",   "找", "叫", "换",     "要",       "喊",     "呼叫", "连线",
                           "对接", "联系", "请", "派", "安排",   "给我来",   "帮我接", "来个", "来一个",
                           "让",   "跟",   "和", "同", "有没有", "能不能有", "想见",   "见",   "我需要"};
constexpr View kService[] = {"客服", "服务员", "顾问"};
constexpr View kFetchService[] = {"转",     "接",     "叫",     "换",   "喊",   "呼叫", "连线",
                                  "找",     "帮我接", "给我来", "来个", "让",   "我要", "我想跟",
                                  "我想和", "想跟",   "想和",   "要跟", "要和", "联系"};
constexpr View kPlain[] = {
    "转人工",     "转真人",     "转客服",     "人工客服",     "人工服务",     "接人工",     "找人工",
    "人工在哪",   "有没有活的", "有活的吗",   "要人工",       "叫人工",       "换人工",     "来人工",
    "进人工",     "人工在吗",   "人工呢",     "人工!",        "人工啊",       "人工坐席",   "找个人说",
    "找个人聊",   "找个人问",   "找个人跟我", "来个人说",     "来个人聊",     "来个人跟我", "来个人回",
    "叫个人跟我", "叫个人来跟", "换个人跟我", "换个人来说",   "给我个人",     "有人吗",     "有人在吗",
    "有没有人",   "有真人吗",   "是人吗",     "还有人吗",     "有人管吗",     "没人管吗",   "出来个人",
    "说人话的",   "找人说",     "找人聊",     "跟人说",       "和人说",       "跟人聊",     "和真人",
    "跟真人",     "电话联系我", "给我回电话", "给我回个电话", "打个电话给我", "回我电话",   "给我打个电话"};
constexpr View kBot[] = {"机器人",   "机器", "ai",       "智能客服", "人工智障",
                         "自动回复", "程序", "语音助手", "复读机"};
constexpr View kNotBot[] = {"不想跟", "不想和", "不要跟", "不要和", "别让",   "不跟",
                            "不和",   "别跟",   "别用",   "不想听", "不想要", "别拿",
                            "受够",   "懒得跟", "懒得和", "少拿",   "不是真"};
constexpr View kEnglishPerson[] = {"human",
                                   "real person",
                                   "live person",
                                   "live agent",
                                   "an agent",
                                   "a person",
                                   "representative",
                                   "operator",
                                   "someone real",
                                   "your manager",
                                   "a manager",
                                   "supervisor",
                                   "customer service rep",
                                   "talk to someone",
                                   "speak to someone",
                                   "speak with someone",
                                   "talk to somebody",
                                   "call me back",
                                   "actual person"};
constexpr View kEnglishFetch[] = {"talk",    "speak",  "connect",   "transfer", "get me",
                                  "give me", "put me", "chat with", "want",     "need",
                                  "let me",  "can i",  "is there",  "call me",  "please"};
// A question about people at work, not a wish for one of them.
constexpr View kAboutHours[] = {
    "几点",         "电话多少",     "电话是多少", "号码",   "上班时间", "工作时间", "服务时间", "电话号",
    "什么时候上班", "什么时间上班", "24小时",     "营业",   "周末上",   "热线是",   "热线多少", "点还有",
    "点有人",       "点还在",       "点下班",     "点上班", "点以后",   "点之后"};
constexpr View kBareWish[] = {"人工",     "真人",           "客服",     "活人",     "人呢",     "来个人",
                              "叫个人来", "找个人",         "换个人",   "派个人来", "human",    "agent",
                              "operator", "representative", "人工人工", "客服客服", "我要人工", "要客服"};

// --- urgency
// ---------------------------------------------------------------------------------------------------------

constexpr View kFire[] = {
    "冒烟",     "着火",    "起火",     "烧起来",   "烧着了",         "爆炸",     "炸了",      "炸开",
    "漏电",     "触电",    "电到我",   "被电了",   "电了一下",       "火花",     "烧焦",      "焦味",
    "糊味",     "焦糊",    "鼓包",     "电池鼓",   "鼓了",           "膨胀",     "燃气味",    "煤气味",
    "天然气味", "瓦斯味",  "煤气漏",   "漏煤气",   "燃气泄漏",       "漏气了",   "一氧化碳",  "漏液",
    "冒火",     "火苗",    "自燃",     "熔化",     "烧化",           "烫伤",     "烫得",      "烧伤",
    "顶起来",   "要炸",    "会不会炸", "会不会爆", "smoke",          "smoking",  "on fire",   "burning",
    "exploded", "explode", "swollen",  "swelling", "electric shock", "gas leak", "smell gas", "sparks",
    "sparking"};
constexpr View kBody[] = {"喘不上气",       "喘不过气",    "呼吸困难", "昏迷",      "晕倒",
                          "晕过去",         "昏过去",      "抽搐",     "大出血",    "出血不止",
                          "血止不住",       "一直流血",    "休克",     "中毒",      "误食",
                          "误吞",           "吞下去",      "吞进去",   "意识不清",  "不省人事",
                          "没反应了",       "叫不醒",      "喉咙肿",   "脸肿",      "嘴肿",
                          "过敏了",         "起疹子",      "叫救护车", "打120",     "胸口疼",
                          "胸痛",           "胸口闷",      "心绞痛",   "流产",      "见红",
                          "破水",           "骨折",        "摔伤",     "砸到",      "砸伤",
                          "夹到",           "夹伤",        "割伤",     "划伤",      "流血",
                          "出血了",         "上吐下泻",    "送医院",   "进医院",    "can't breathe",
                          "cannot breathe", "unconscious", "bleeding", "ambulance", "allergic reaction",
                          "injured",        "chest pain"};
constexpr View kPeril[] = {"被困",          "困在",
                           "困住",          "关在里面",
                           "出不来",        "刹车失灵",
                           "刹不住",        "失控",
                           "尾随",          "跟踪我",
                           "一直跟着我",    "我很害怕",
                           "骚扰我",        "威胁我",
                           "动手打",        "打人",
                           "打我",          "抢劫",
                           "家暴",          "人身安全",
                           "撞人了",        "翻车",
                           "溺水",          "落水",
                           "走失",          "孩子丢",
                           "孩子不见",      "老人不见",
                           "塌了",          "坍塌",
                           "漏水漏到电",    "持刀",
                           "要杀",          "stuck in the elevator",
                           "trapped",       "accident",
                           "attacked",      "following me",
                           "brakes failed", "missing child"};
constexpr View kTaken[] = {"盗刷",
                           "被刷",
                           "被骗",
                           "骗走",
                           "骗了",
                           "骗子",
                           "诈骗",
                           "被盗",
                           "盗号",
                           "盗用",
                           "被转走",
                           "转走了",
                           "转出去了",
                           "被扣光",
                           "不是我操作",
                           "不是本人操作",
                           "不是我本人",
                           "不是我转",
                           "不是我刷",
                           "不是我买的",
                           "不是我下的单",
                           "不是我消费",
                           "没有操作过",
                           "冒充",
                           "共享屏幕",
                           "屏幕共享",
                           "安全账户",
                           "验证码告诉",
                           "验证码给了",
                           "验证码发给",
                           "把验证码",
                           "密码告诉",
                           "远程控制",
                           "在操作我的",
                           "有人登录",
                           "用我的卡刷",
                           "有人登我",
                           "有人在用我",
                           "有人用我的",
                           "钓鱼网站",
                           "钓鱼链接",
                           "scam",
                           "scammed",
                           "fraud",
                           "stolen",
                           "hacked",
                           "unauthorized",
                           "unauthorised",
                           "not me",
                           "someone is using",
                           "someone else is using",
                           "didn't make this"};
constexpr View kSelf[] = {"不想活",   "活不下去",    "自杀",       "轻生",     "活着没意思", "活着没意义",
                          "要跳楼",   "想跳楼",      "割腕",       "死了算了", "想死",       "去死算了",
                          "结束生命", "结束自己",    "了结自己",   "一了百了", "没有活下去", "kill myself",
                          "suicide",  "end my life", "want to die"};
constexpr View kAuthority[] = {"12315",
                               "12345",
                               "12378",
                               "12300",
                               "12321",
                               "12358",
                               "12333",
                               "12328",
                               "12320",
                               "96315",
                               "银保监",
                               "金融监管",
                               "金监",
                               "工信部",
                               "通管局",
                               "通信管理局",
                               "消协",
                               "消费者协会",
                               "消费者权益",
                               "市场监管",
                               "监管局",
                               "监管部门",
                               "证监",
                               "人民银行投诉",
                               "央行投诉",
                               "卫健委",
                               "教育局",
                               "邮政管理局",
                               "邮管局",
                               "文旅局",
                               "民航局",
                               "药监",
                               "信访",
                               "曝光",
                               "媒体",
                               "记者",
                               "电视台",
                               "起诉",
                               "律师函",
                               "告你们",
                               "法院",
                               "打官司",
                               "上诉",
                               "315",
                               "黑猫投诉",
                               "黑猫",
                               "举报你们",
                               "举报到",
                               "要报警",
                               "发微博",
                               "发抖音",
                               "发小红书",
                               "发到网上",
                               "regulator",
                               "ombudsman",
                               "consumer protection",
                               "lawyer",
                               "sue you",
                               "take you to court",
                               "press charges",
                               "call the police",
                               "go to the media"};
constexpr View kWillDo[] = {"我要", "我会",     "我就", "就去",     "这就",   "马上", "准备",   "打算",
                            "已经", "必须",     "不然", "否则",     "等着",   "再不", "信不信", "只能",
                            "直接", "去",       "要",   "找",       "向",     "跟",   "打",     "i will",
                            "i'll", "going to", "or i", "im going", "already"};

// Figures of speech and numbers in which the words above mean nothing.
constexpr View kNotUrgent[] = {"不着火", "气炸了", "炸了锅", "炸毛",   "系统中毒", "电脑中毒", "手机中毒",
                               "123456", "跳楼机", "跳楼价", "吐血价", "爆炸头",   "笑死",     "急死"};

// Signs that it is happening, against signs that it is asked about.
constexpr View kNow[] = {"正在", "刚刚", "刚才", "刚",     "现在", "突然", "马上", "快点", "赶紧", "快来",
                         "救",   "已经", "一直", "怎么办", "咋办", "急",   "了",   "着",   "还在", "我的",
                         "我家", "孩子", "!",    "now",    "just", "my ",  "help", "is ",  "are "};
constexpr View kAsked[] = {
    "怎么赔",   "怎么认定",  "怎么收费", "怎么报案",     "要收钱",   "收费吗",       "找谁赔",   "能换新",
    "算工伤",   "怎么举报",  "能追回",   "退我",         "给我补",   "能赔",         "赔多少",   "赔吗",
    "保不保",   "保吗",      "报销",     "在保",         "算不算",   "包不包",       "如果",     "要是",
    "万一",     "假如",      "怎么防",   "如何防",       "防止",     "预防",         "怎么避免", "是不是真的",
    "是真的吗", "挂什么科",  "挂哪个科", "怎么选",       "多少钱",   "理赔",         "赔付",     "条款",
    "规定",     "检测",      "险",       "证明",         "怎么申请", "需要什么材料", "材料",     "warranty",
    "covered",  "insurance", "what if",  "how to avoid", "prevent"};

// --- mood, abuse, small talk
// -----------------------------------------------------------------------------------------

constexpr View kAbuse[] = {"傻逼",   "傻b",  "煞笔",   "沙比",    "傻x",    "妈的",    "他妈",
                           "tmd",    "尼玛", "你妈",   "草泥马",  "操你",   "卧槽尼",  "滚蛋",
                           "滚犊子", "去死", "王八蛋", "混蛋",    "狗东西", "狗屁",    "垃圾公司",
                           "脑残",   "智障", "废物",   "贱人",    "不要脸", "畜生",    "败类",
                           "fuck",   "shit", "bitch",  "asshole", "idiot",  "bastard", "moron"};
constexpr View kAngry[] = {
    "太差",         "差劲",     "垃圾",     "骗人",   "坑人",   "黑心",  "无语",       "气死",
    "生气",         "愤怒",     "恶心",     "失望",   "受不了", "受够",  "忍无可忍",   "投诉",
    "没人管",       "不负责",   "敷衍",     "推卸",   "踢皮球", "耍我",  "欺负",       "太慢",
    "等了半天",     "等这么久", "到底",     "什么破", "破玩意", "烂",    "再也不",     "不会再",
    "差评",         "坑",       "terrible", "awful",  "worst",  "angry", "ridiculous", "unacceptable",
    "disappointed", "useless",  "hate"};
constexpr View kGlad[] = {"谢谢",      "感谢",    "太好了",  "满意", "很好",      "真棒",
                          "点赞",      "赞",      "喜欢",    "贴心", "好评",      "给力",
                          "靠谱",      "辛苦了",  "厉害",    "完美", "great",     "thanks",
                          "thank you", "awesome", "perfect", "love", "excellent", "helpful"};
constexpr View kAngryEmoji[] = {"😡", "😠", "🤬", "😤", "👎", "💢", "🙄", "😒"},
               kSadEmoji[] = {"😭", "😢", "😞", "😔", "😩", "😫", "💔"},
               kGladEmoji[] = {"😊", "😄", "😁", "🙏", "👍", "❤", "🌹", "😍", "🥰", "😀", "💐", "😘"};

bool one_of(View text, Words words) { return std::find(words.begin(), words.end(), text) != words.end(); }

}  // namespace

std::string letters(View normalised) {
  std::string out;
  for (const char32_t c : text::to_u32(normalised))
    if (text::is_han(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == ' ' && !out.empty()) ||
        c == '\'')
      out += text::to_utf8({&c, 1});
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool wants_person(View text) {
  const std::string t = without(text, kNoPerson);
  if (has(t, kAboutHours) &&
      !has_pair(t, std::array<View, 3>{"转", "接", "帮我"}, std::array<View, 2>{"人工", "真人"}, 12))
    return false;
  const std::string bare = letters(t);
  if (one_of(bare, kBareWish) || has(t, kPlain)) return true;
  if (has_pair(t, kFetch, kPerson, 15) || has_pair(t, kFetchService, kService, 12)) return true;
  if (has_pair(t, kNotBot, kBot, 15)) return true;
  return has_pair(t, kEnglishFetch, kEnglishPerson, 24);
}

std::string_view to_string(Urgency u) {
  constexpr std::array<View, 5> kNames{"none", "danger", "fraud", "self_harm", "regulator"};
  const auto i = static_cast<std::size_t>(u);
  ZK_CHECK(i < kNames.size());
  return kNames[i];
}

int priority(Urgency u) {
  switch (u) {
    case Urgency::kNone:
      return 0;
    case Urgency::kRegulator:
      return 2;
    case Urgency::kDanger:
    case Urgency::kFraud:
    case Urgency::kSelfHarm:
      return 3;
  }
  return 0;
}

Urgency urgency(View whole) {
  const std::string t = without(whole, kNotUrgent);
  if (has(t, kSelf)) return Urgency::kSelfHarm;
  const bool asked = has(t, kAsked), now = has(t, kNow);
  if (!asked && (has(t, kFire) || has(t, kBody) || (now && has(t, kPeril)))) return Urgency::kDanger;
  if (now && !asked && has(t, kTaken)) return Urgency::kFraud;
  if (has_pair(t, kWillDo, kAuthority, 24) &&
      !has(t, std::array<View, 4>{"怎么举报", "如何举报", "怎么报警", "电话是多少"}))
    return Urgency::kRegulator;
  return Urgency::kNone;
}

bool is_abusive(View text) { return has(text, kAbuse); }

double sentiment(View text) {
  const auto count = [&](Words words) {
    int n = 0;
    for (const View w : words) n += text.find(w) != View::npos;
    return n;
  };
  const int bangs = static_cast<int>(std::count(text.begin(), text.end(), '!')) +
                    (text.find("!!") != View::npos) + (text.find("??") != View::npos);
  const double down = 0.35 * count(kAngry) + 0.5 * count(kAngryEmoji) + 0.25 * count(kSadEmoji) +
                      0.7 * (is_abusive(text) ? 1 : 0);
  const double up = 0.35 * count(kGlad) + 0.3 * count(kGladEmoji);
  const double loud = down > 0 ? 0.1 * std::min(bangs, 3) : 0;
  return std::clamp(up - down - loud, -1.0, 1.0);
}

}  // namespace zk::nlu
