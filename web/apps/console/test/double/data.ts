// A small company for the protocol double: enough of everything that every screen has something to show.
import type {
  Agent,
  ApiKey,
  Article,
  Block,
  CannedResponse,
  Contact,
  ContactNote,
  Conversation,
  Inbox,
  Label,
  Message,
  Permission,
  Quality,
  QualityFigures,
  Role,
  Settings,
  Team,
  Trace,
  Webhook,
} from "@zhike/api";

export const now = (): string => new Date().toISOString();
export const minutesAgo = (m: number): string => new Date(Date.now() - m * 60_000).toISOString();
const text = (t: string): Block[] => [{ type: "text", text: t }];

const all: Permission[] = [
  "conversation.read",
  "conversation.write",
  "conversation.assign",
  "contact.read",
  "contact.write",
  "knowledge.read",
  "knowledge.write",
  "knowledge.publish",
  "report.read",
  "settings.read",
  "settings.write",
  "user.write",
  "api_key.write",
  "webhook.write",
  "audit.read",
  "personal_data.reveal",
  "personal_data.erase",
];
export const permissions: Record<Role, Permission[]> = {
  admin: all,
  supervisor: all.filter((p) => !["user.write", "api_key.write", "webhook.write", "settings.write"].includes(p)),
  agent: [
    "conversation.read",
    "conversation.write",
    "conversation.assign",
    "contact.read",
    "contact.write",
    "knowledge.read",
    "settings.read",
  ],
  editor: ["knowledge.read", "knowledge.write", "knowledge.publish", "report.read", "settings.read"],
  viewer: ["conversation.read", "contact.read", "knowledge.read", "report.read", "settings.read"],
};

const names = ["李娜", "王强", "张敏", "陈晓东", "Grace Miller", "周婷"];
export const agents: Agent[] = names.map((name, i) => ({
  id: i + 1,
  email: ["lina", "wangqiang", "zhangmin", "chenxd", "grace", "zhouting"][i] + "@shop.example",
  name,
  role: (["admin", "supervisor", "agent", "agent", "agent", "editor"] as const)[i]!,
  availability: (["online", "online", "away", "online", "offline", "offline"] as const)[i]!,
  capacity: 5,
  locale: "zh-CN",
  disabled: false,
  team_ids: [(i % 3) + 1],
  open_count: [3, 2, 4, 1, 0, 0][i]!,
  last_seen_at: minutesAgo(i * 17),
}));
export const teams: Team[] = [
  { id: 1, name: "售后", agent_ids: [1, 4] },
  { id: 2, name: "售前咨询", agent_ids: [2, 5] },
  { id: 3, name: "会员与支付", agent_ids: [3, 6] },
];
export const inboxes: Inbox[] = ["官网商城", "会员中心"].map((name, i) => ({
  id: i + 1,
  name,
  channel: "web",
  website_token: `demo-${i + 1}-3f9a7c`,
  team_id: i + 1,
  settings: {
    brand_color: ["#0b7466", "#b4451f"][i]!,
    title: ["山茶小铺", "山茶会员"][i]!,
    greeting: "您好，请问有什么可以帮您？",
    locale: "zh-CN",
    suggested_questions: ["退款多久到账？", "怎么修改收货地址？", "发票怎么开？"],
    allowed_origins: ["https://shop.example"],
    bot_enabled: true,
    launcher_position: "right",
    require_identity: false,
  },
}));
export const labels: Label[] = [
  { id: 1, name: "退款", color: "#d97706" },
  { id: 2, name: "物流", color: "#2563eb" },
  { id: 3, name: "投诉", color: "#dc2626" },
  { id: 4, name: "VIP 客户", color: "#7c3aed" },
];
export const canned: CannedResponse[] = [
  { id: 1, shortcut: "hi", title: "问候", blocks: text("您好，我是山茶小铺的客服，很高兴为您服务。") },
  { id: 2, shortcut: "wait", title: "请稍等", blocks: text("好的，我帮您查一下，请稍等片刻。") },
  {
    id: 3,
    shortcut: "tk",
    title: "退款到账时间",
    blocks: text("退款会在 1–3 个工作日内原路退回，具体到账时间以银行为准。"),
  },
  { id: 4, shortcut: "bye", title: "结束语", blocks: text("感谢您的咨询，祝您生活愉快！") },
];

const topics: [string, string, string, string[]][] = [
  [
    "退款售后",
    "退款多久到账？",
    "审核通过后 1–3 个工作日原路退回。信用卡可能需要 3–7 个工作日。",
    ["退款什么时候能到", "钱多久退回来", "退款几天到账"],
  ],
  [
    "退款售后",
    "怎么申请退货？",
    "在“我的订单”里选择商品，点“申请售后”，上传照片后提交。",
    ["我要退货", "如何退货退款"],
  ],
  ["物流", "多久能发货？", "现货 24 小时内发出，预售以商品页为准。", ["什么时候发货", "下单几天发"]],
  ["物流", "可以修改收货地址吗？", "发货前可在订单详情里修改；已发货请联系快递改派。", ["地址写错了怎么办", "改地址"]],
  ["发票", "怎么开发票？", "在订单详情页点“申请发票”，电子发票会发到您的邮箱。", ["我要发票", "可以开专票吗"]],
  ["会员", "积分怎么用？", "结算时可用积分抵现，100 积分抵 1 元，单笔最多抵 20%。", ["积分抵扣规则"]],
  [
    "会员",
    "How do I become a member?",
    "Sign up with your phone number; membership is free.",
    ["membership", "join the club"],
  ],
  ["支付", "支持哪些支付方式？", "支持微信支付、支付宝、银联卡和信用卡。", ["能用花呗吗", "怎么付款"]],
  ["支付", "付款失败怎么办？", "请先确认余额与限额，再换一种支付方式重试。", ["付不了款", "支付不成功"]],
  ["活动", "优惠券怎么领？", "在活动页或会员中心领取，每人每种限领一张。", ["领券", "有优惠吗"]],
];
export const articles: Article[] = Array.from({ length: 64 }, (_, i) => {
  const [category, question, answer, similar] = topics[i % topics.length]!;
  const n = Math.floor(i / topics.length);
  return {
    id: `X${String(i + 1).padStart(3, "0")}`,
    category,
    question: n ? `${question.replace(/[？?]$/, "")}（补充 ${n}）` : question,
    similar,
    answer:
      i === 0
        ? [
            ...text(answer),
            { type: "list", ordered: true, items: ["打开“我的订单”", "查看退款进度", "如超时请联系客服"] },
            { type: "link", url: "https://shop.example/help/refund", title: "退款规则" },
          ]
        : text(answer),
    valid_from: null,
    valid_until: i % 13 === 12 ? minutesAgo(60 * 24) : null,
    channels: [],
    language: /^[A-Z]/.test(question) ? "en" : "zh-CN",
    translation_of: "",
    status: i % 11 === 10 ? "draft" : i % 17 === 16 ? "archived" : "published",
    version: 1 + (i % 4),
    author: "agent:6",
    created_at: minutesAgo(60 * 24 * 40),
    updated_at: minutesAgo(60 * (i + 1) * 5),
  } as Article;
});

export const contacts: Contact[] = [];
export const conversations: Conversation[] = [];
export const messages: Message[] = [];
export const contactNotes: (ContactNote & { contact_id: number })[] = [];
const people = ["赵一鸣", "孙丽华", "", "Emma Wilson", "吴建国", "郑晓彤", "", "冯雪", "褚伟", "欧阳文静"];
const asks = [
  "退款多久到账？我上周五退的货到现在还没收到钱",
  "地址填错了能改吗",
  "你们的发票怎么开啊",
  "Where is my parcel?",
  "付款一直失败，急！",
  "我要找人工",
  "积分怎么用",
  "这个外套有 XL 码吗",
];
let messageId = 1000;
function say(
  conversation_id: number,
  sender: Message["sender"],
  blocks: Block[],
  at: string,
  more: Partial<Message> = {},
): Message {
  const m: Message = {
    id: ++messageId,
    conversation_id,
    sender,
    sender_id: null,
    sender_name: sender === "bot" ? "小茶" : "",
    kind: "text",
    blocks,
    client_id: null,
    pick: null,
    article_id: null,
    article_question: null,
    decision: null,
    probability: null,
    feedback: 0,
    created_at: at,
    ...more,
  };
  messages.push(m);
  return m;
}
for (let i = 0; i < 70; i++) {
  const start = i * 23 + 4;
  const id = 500 - i;
  contacts.push({
    id: i + 1,
    external_id: i % 3 === 0 ? `U${10_000 + i}` : "",
    name: people[i % people.length]!,
    email: i % 3 === 0 ? "z***g@example.com" : "",
    phone: i % 4 === 0 ? "138****5678" : "",
    locale: i % 10 === 3 ? "en" : "zh-CN",
    attributes:
      i % 3 === 0 ? { 会员等级: "金卡", 最近订单: `SO2026${1000 + i}`, page: "https://shop.example/cart" } : {},
    verified: i % 3 === 0,
    created_at: minutesAgo(60 * 24 * 90),
    last_seen_at: minutesAgo(start),
    conversation_count: 3,
    personal: i % 4 === 0 ? [{ id: 9000 + i, kind: "phone", path: "/phone", start: 0, end: 11 }] : [],
    erased_at: null,
  });
  const ask = asks[i % asks.length]!;
  say(id, "visitor", text(ask), minutesAgo(start + 12));
  const clarify = i % 5 === 4;
  if (clarify) {
    say(
      id,
      "bot",
      [
        ...text("您想问的是哪一个？"),
        {
          type: "buttons",
          choices: [
            { id: "article:X009", label: "付款失败怎么办？" },
            { id: "article:X008", label: "支持哪些支付方式？" },
            { id: "none", label: "都不是" },
          ],
        },
      ],
      minutesAgo(start + 12),
      { decision: "clarify", probability: 0.61 },
    );
    say(id, "visitor", text("付款失败怎么办？"), minutesAgo(start + 11), { pick: "article:X009" });
  }
  const a = articles[i % 10]!;
  say(id, "bot", a.answer, minutesAgo(start + 11), {
    decision: "answer",
    probability: 0.987,
    article_id: a.id,
    article_question: a.question,
    feedback: i % 7 === 1 ? -1 : i % 7 === 2 ? 1 : 0,
  });
  const state = i % 6;
  const handler = state === 0 ? "human" : state === 1 ? "waiting" : state === 5 ? "bot" : "human";
  const status = i > 40 ? "resolved" : i % 17 === 16 ? "snoozed" : "open";
  const agent = handler === "human" ? agents[i % 2 === 0 ? 0 : 3]! : null;
  if (handler !== "bot") {
    say(id, "visitor", text("没解决，我要人工客服"), minutesAgo(start + 8));
    say(id, "bot", text("好的，正在为您转接人工客服。"), minutesAgo(start + 8), {
      decision: "handover",
      probability: 0.99,
    });
  }
  if (agent) {
    say(id, "system", text(`${agent.name} 加入了会话`), minutesAgo(start + 6), { kind: "activity" });
    say(id, "agent", text("您好，我来帮您看看，请把订单号发给我。"), minutesAgo(start + 5), {
      sender_id: agent.id,
      sender_name: agent.name,
    });
    say(id, "visitor", text("SO20261024，麻烦快一点"), minutesAgo(start + 3));
    if (i % 4 === 0)
      say(id, "agent", text("银行通道延迟，已催财务，预计今天到账。"), minutesAgo(start + 2), {
        kind: "note",
        sender_id: 2,
        sender_name: "王强",
      });
  }
  const mine = messages.filter((m) => m.conversation_id === id);
  const last = mine.filter((m) => m.kind !== "note").at(-1)!;
  conversations.push({
    id,
    inbox_id: (i % 2) + 1,
    contact: { id: i + 1, name: contacts[i]!.name, verified: contacts[i]!.verified },
    status,
    handler,
    assignee_id: agent?.id ?? null,
    team_id: handler === "bot" ? null : (i % 3) + 1,
    priority: i % 9 === 4 ? 3 : i % 7 === 3 ? 1 : 0,
    locale: "zh-CN",
    labels: i % 3 === 0 ? [1] : i % 8 === 1 ? [2, 3, 4] : [],
    preview: last.blocks[0]!.type === "text" ? last.blocks[0]!.text : "",
    last_message_id: mine.at(-1)!.id,
    last_message_at: last.created_at,
    created_at: minutesAgo(start + 12),
    waiting_since: handler === "waiting" ? minutesAgo(start + 8) : null,
    first_reply_at: null,
    handed_over_at: handler === "bot" ? null : minutesAgo(start + 8),
    resolved_at: status === "resolved" ? last.created_at : null,
    snoozed_until: status === "snoozed" ? new Date(Date.now() + 3_600_000).toISOString() : null,
    visitor_read_id: mine.at(-1)!.id - 1,
    agent_read_id: null,
    unread_count: handler === "human" && i < 20 ? i % 4 : 0,
    rating: status === "resolved" ? 3 + (i % 3) : 0,
    rating_comment: i % 6 === 0 ? "回复很快" : "",
    queue_position: handler === "waiting" ? 1 : null,
    bot_attempts: clarify ? 2 : 1,
  });
}
contactNotes.push({
  id: 1,
  contact_id: 1,
  text: "老客户，偏好电话联系，注意语气。",
  personal: [],
  agent_id: 2,
  agent_name: "王强",
  created_at: minutesAgo(60 * 30),
});

export const webhooks: Webhook[] = [
  {
    id: 1,
    url: "https://crm.shop.example/hooks/zhike",
    events: ["conversation.created", "message.created"],
    enabled: true,
    last_status: 200,
    last_error: null,
  },
  {
    id: 2,
    url: "https://old.shop.example/in",
    events: ["conversation.updated"],
    enabled: false,
    last_status: 502,
    last_error: "bad gateway",
  },
];
export const apiKeys: ApiKey[] = [
  { id: 1, name: "数据同步", role: "viewer", created_at: minutesAgo(60 * 24 * 12), last_used_at: minutesAgo(42) },
];
export const settings: Settings = {
  company_name: "山茶小铺",
  brand_color: "#0b7466",
  locale: "zh-CN",
  target_precision: 0.98,
  profile: "fast",
  publishing: "checked",
};

export function traceOf(message_id: number | null, q: string, decision: Trace["decision"] = "answer"): Trace {
  const picks = articles.filter((a) => [...q].some((ch) => a.question.includes(ch))).slice(0, 4);
  const found = picks.length ? picks : articles.slice(0, 3);
  return {
    message_id,
    q,
    normalised: q.replace(/[？?！!]/g, ""),
    repaired: null,
    language: "zh",
    decision,
    reason: "最高候选的把握超过门槛",
    probability: 0.987,
    threshold: 0.941,
    stages: [
      ["normalise", 0.04, ""],
      ["repair", 0.12, ""],
      ["encode", 3.61, "bge-small-zh"],
      ["candidates", 0.42, "24 篇"],
      ["score", 0.31, ""],
      ["decide", 0.02, ""],
      ["compose", 0.05, ""],
    ].map(([name, ms, detail]) => ({ name: String(name), ms: Number(ms), detail: String(detail) })),
    candidates: found.map((a, i) => ({
      article_id: a.id,
      question: a.question,
      probability: [0.987, 0.21, 0.08, 0.03][i]!,
      score: 3.2 - i,
      features: {
        best_similarity: 0.93 - i * 0.11,
        mean3_similarity: 0.88 - i * 0.12,
        bm25: 11.2 - i * 2.4,
        pinyin: 0.8 - i * 0.2,
        margin: 0.31 - i * 0.2,
      },
      contributions: [
        { feature: "best_similarity", value: 1.92 - i * 0.8, text: "与一条相似问的意思非常接近" },
        { feature: "bm25", value: 0.84 - i * 0.4, text: "关键词“退款”“到账”都出现" },
        { feature: "margin", value: 0.41 - i * 0.6, text: "明显好于第二名" },
        { feature: "coverage", value: -0.18, text: "问题里有 2 个字知识库不认识" },
      ],
    })),
  };
}

export const qualityFigures: QualityFigures = {
  asked: 154,
  answerable: 150,
  answered: 61,
  right: 60,
  reached: 139,
  precision: 60 / 61,
  precision_low: 0.913,
  precision_high: 0.997,
  coverage: 0.4,
  coverage_low: 0.325,
  coverage_high: 0.48,
  reach: 139 / 150,
  reach_low: 0.874,
  reach_high: 0.959,
};
// At .98 nothing changes; below it one more question is answered, above .99 nothing can be promised.
export function quality(target: number): Quality {
  const at = (t: number) => ({ target: t, threshold: t > 0.99 ? null : t - 0.035, figures: qualityFigures });
  const was = { answered: 40, asked_back: 30, not_known: 10, handed_over: 20 };
  const gained = target < 0.98 ? 1 : 0;
  return {
    at_target: at(target),
    now: at(0.98),
    measured: {
      state: "ready",
      done: 0,
      total: 0,
      at: minutesAgo(9),
      held_out: { ...qualityFigures, asked: 150 },
      regression: {
        ...qualityFigures,
        asked: 4,
        answerable: 0,
        answered: 0,
        right: 0,
        reached: 0,
        precision: null,
        coverage: null,
        reach: null,
      },
      similar: 218,
    },
    curve: [0.5, 0.8, 0.9, 0.95].map((threshold, i) => ({
      threshold,
      answered: 100 - 20 * i,
      precision: 0.8 + 0.05 * i,
      coverage: 0.7 - 0.15 * i,
      reach: 0.9,
    })),
    last_month: {
      since: minutesAgo(30 * 24 * 60),
      questions: 100,
      more: false,
      was,
      would: { ...was, answered: was.answered + gained, asked_back: was.asked_back - gained },
      gained,
      lost: 0,
      gained_examples: gained
        ? [
            {
              message_id: 1,
              conversation_id: conversations[0]!.id,
              at: minutesAgo(50),
              question: "退货要多久",
              article: articles[0]!.id,
              article_question: articles[0]!.question,
              probability: 0.93,
              was: "clarify",
              would: "answer",
            },
          ]
        : [],
      lost_examples: [],
    },
    cost: { profile: "fast", encoders: ["bge-small-zh-v1.5"], turns: 12, ms_mean: 14.2, ms_p95: 25 },
  };
}
