export const zh = {
  brand: "青禾生活",
  menu: "主菜单",
  language: "语言",
  navShop: "本季好物",
  navAsk: "问问客服",
  navService: "服务承诺",
  customer: "以会员「{name}」登录",
  eyebrow: "秋冬新织 · 天然棉麻",
  headline: "把日子，过得柔软一点",
  lead: "床品、毛巾、锅具与餐具。每一件都用得久，洗得净，送得到。",
  browse: "逛逛本季好物",
  chat: "联系在线客服",
  sceneAlt: "插画：晨光里的卧室，亚麻床品与窗边的绿植",
  askTitle: "有问题？直接问",
  askLead: "右下角是 Zhike 在线客服。用自己的话问就好，有错别字也没关系。点一句试试：",
  copied: "已复制，粘贴到聊天窗口发送即可",
  shopTitle: "本季好物",
  serviceTitle: "服务承诺",
  footer: "青禾生活是 Zhike 的演示商店，商品与价格均为虚构。",
  console: "客服人员：进入工作台",
};
export type Texts = Record<keyof typeof zh, string>;
export const en: Texts = {
  brand: "Qinghe Living",
  menu: "Main menu",
  language: "Language",
  navShop: "This season",
  navAsk: "Ask us",
  navService: "Our promise",
  customer: "Signed in as {name}",
  eyebrow: "Autumn weaves · cotton and linen",
  headline: "Make every day a little softer",
  lead: "Bedding, towels, cookware and tableware. Made to last, easy to wash, delivered to your door.",
  browse: "See this season",
  chat: "Chat with us",
  sceneAlt: "Illustration: a bedroom in the morning, linen bedding and a plant by the window",
  askTitle: "A question? Just ask",
  askLead: "The chat in the corner is Zhike. Ask in your own words, typing errors included. Try one of these:",
  copied: "Copied. Paste it into the chat and send",
  shopTitle: "This season",
  serviceTitle: "Our promise",
  footer: "Qinghe Living is Zhike's demo shop. Goods and prices are invented.",
  console: "For agents: open the console",
};

// Questions worth trying: a plain one, one with typing errors, a vague one, one nobody can answer, the wish for a person.
export const hints = {
  "zh-CN": ["退款多久到账？", "四件套咋选尺村", "想退货", "你们招聘设计师吗", "转人工"],
  en: [
    "When will I get my refund?",
    "do you ship abrod",
    "How do I return something?",
    "Are you hiring?",
    "Talk to a person",
  ],
};
export const products: {
  art: string;
  zh: [name: string, note: string];
  en: [name: string, note: string];
  price: number;
}[] = [
  {
    art: "bedding",
    zh: ["水洗棉四件套", "原野绿 · 1.8 米床"],
    en: ["Washed cotton bedding", "Meadow green, king"],
    price: 399,
  },
  { art: "duvet", zh: ["95 白鹅绒被", "轻暖 · 双层锁绒"], en: ["Goose down duvet", "Light and warm"], price: 1299 },
  {
    art: "towels",
    zh: ["长绒棉毛巾组", "三色 · 六条装"],
    en: ["Long-staple towels", "Six, three colours"],
    price: 129,
  },
  { art: "pot", zh: ["珐琅铸铁锅", "陶土红 · 24 厘米"], en: ["Enamelled iron pot", "Terracotta, 24 cm"], price: 459 },
  { art: "bowls", zh: ["手绘青花碗", "四只装 · 可微波"], en: ["Hand-painted bowls", "Set of four"], price: 168 },
  { art: "candle", zh: ["雪松香薰礼盒", "蜡烛与扩香"], en: ["Cedar scent box", "Candle and diffuser"], price: 219 },
  { art: "apron", zh: ["亚麻围裙", "可绣名字"], en: ["Linen apron", "With your name on it"], price: 149 },
  { art: "pillow", zh: ["绒面抱枕", "暖陶色 · 45 厘米"], en: ["Velvet cushion", "Warm clay, 45 cm"], price: 89 },
];
export const services = {
  "zh-CN": [
    ["当天发货", "现货 16:00 前付款，当天发出"],
    ["七天无理由", "不喜欢就退，流程全在线上"],
    ["安心面料", "每一批都有检测报告"],
    ["随时有人", "先由知客回答，需要时转人工"],
  ],
  en: [
    ["Sent the same day", "In stock and paid by 16:00"],
    ["Seven days to return", "No reason needed, all online"],
    ["Safe fabrics", "Every batch is tested"],
    ["Someone to ask", "Zhike answers first, people when needed"],
  ],
};
