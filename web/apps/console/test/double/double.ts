// A server in memory that answers as docs/protocol.md says; for the tests and for looking at screens. Never shipped.
import type { Article, Block, Conversation, LearningProposed, LiveEvent, Message } from "@zhike/api";
import * as data from "./data";

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}
type Params = Record<string, string>;
type Handler = (c: {
  params: Params;
  query: URLSearchParams;
  body: never;
  headers: Headers;
  raw: Uint8Array;
}) => Answer | unknown;
const problem = (status: number, code: string, detail = "", field = ""): Answer => ({
  status,
  body: { type: "about:blank", title: code, status, code, detail, field, request_id: "r-1" },
});
const made = (status: number, body?: unknown): Answer => ({ status, body });
const isAnswer = (x: unknown): x is Answer =>
  !!x &&
  typeof x === "object" &&
  typeof (x as Answer).status === "number" &&
  !("blocks" in x) &&
  ("body" in x || Object.keys(x).length === 1);

function page<T>(items: readonly T[], query: URLSearchParams, fallback = 50) {
  const limit = Number(query.get("limit") ?? fallback);
  const at = Number(query.get("cursor") ?? 0);
  return { items: items.slice(at, at + limit), next_cursor: at + limit < items.length ? String(at + limit) : null };
}
const plain = (blocks: Block[]): string =>
  blocks.map((b) => (b.type === "text" ? b.text : b.type === "list" ? b.items.join("\n") : "")).join("\n");

export class Double {
  signedInAs: number | null = null;
  seq = 100;
  nextId = 9000;
  events: LiveEvent[] = [];
  listeners = new Set<(frame: unknown) => void>();
  failNext: Answer | null = null;
  private readonly routes: [string, RegExp, string[], Handler][] = [];

  constructor(
    readonly d = structuredClone({
      ...data,
      traceOf: undefined,
      quality: undefined,
      now: undefined,
      minutesAgo: undefined,
      permissions: data.permissions,
    }),
  ) {
    this.session();
    this.conversations();
    this.knowledge();
    this.learning();
    this.administration();
  }

  emit(kind: string, payload: unknown, conversation_id: number | null = null): void {
    const event: LiveEvent = { type: "event", seq: ++this.seq, kind, at: data.now(), conversation_id, data: payload };
    this.events.push(event);
    this.listeners.forEach((f) => f(event));
  }

  handle(method: string, url: string, body: unknown = null, headers: HeadersInit = {}, raw = new Uint8Array()): Answer {
    if (this.failNext) {
      const a = this.failNext;
      this.failNext = null;
      return a;
    }
    const u = new URL(url, "http://double");
    const path = u.pathname.replace(/^\/api\/v1/, "");
    const h = new Headers(headers);
    if (path !== "/session" || method !== "POST") {
      if (this.signedInAs === null) return problem(401, "unauthenticated");
      if (method !== "GET" && h.get("x-csrf-token") !== "csrf-1") return problem(403, "permission_denied", "csrf");
    }
    for (const [m, pattern, names, run] of this.routes) {
      const found = m === method && pattern.exec(path);
      if (!found) continue;
      const params = Object.fromEntries(names.map((n, i) => [n, decodeURIComponent(found[i + 1]!)]));
      const result = run({ params, query: u.searchParams, body: body as never, headers: h, raw });
      return isAnswer(result) ? result : { status: 200, body: result };
    }
    return problem(404, "not_found", path);
  }

  private on(method: string, path: string, run: Handler): void {
    const names: string[] = [];
    const pattern = path.replace(/\{(\w+)\}/g, (_, n: string) => (names.push(n), "([^/]+)"));
    this.routes.push([method, new RegExp(`^${pattern}$`), names, run]);
  }
  private get me() {
    return this.d.agents.find((a) => a.id === this.signedInAs)!;
  }
  private self() {
    return { agent: this.me, permissions: this.d.permissions[this.me.role], csrf_token: "csrf-1" };
  }

  private session(): void {
    this.on("POST", "/session", ({ body }) => {
      const { email, password } = body as { email: string; password: string };
      const agent = this.d.agents.find((a) => a.email === email);
      if (!agent || password !== "demo-password") return problem(401, "unauthenticated");
      this.signedInAs = agent.id;
      return this.self();
    });
    this.on("GET", "/session", () => this.self());
    this.on("DELETE", "/session", () => ((this.signedInAs = null), made(204)));
    this.on("PATCH", "/session", ({ body }) => {
      const { availability, name, locale } = body as { availability?: "online"; name?: string; locale?: string };
      Object.assign(this.me, {
        ...(availability ? { availability } : {}),
        ...(name ? { name } : {}),
        ...(locale ? { locale } : {}),
      });
      this.listeners.forEach((f) => f({ type: "presence", agent_id: this.me.id, availability: this.me.availability }));
      return this.self();
    });
  }

  private matching(q: URLSearchParams): Conversation[] {
    const found = this.d.conversations.filter(
      (c) =>
        (!q.get("status") || c.status === q.get("status")) &&
        (!q.get("handler") || c.handler === q.get("handler")) &&
        (!q.get("assignee") ||
          (q.get("assignee") === "none"
            ? c.assignee_id === null
            : c.assignee_id === (q.get("assignee") === "me" ? this.signedInAs : Number(q.get("assignee"))))) &&
        (!q.get("inbox") || c.inbox_id === Number(q.get("inbox"))) &&
        (!q.get("label") || c.labels.includes(Number(q.get("label")))) &&
        (!q.get("contact") || c.contact.id === Number(q.get("contact"))),
    );
    const at = (x: string | null): number => Date.parse(x ?? "9999-01-01");
    return q.get("sort") === "waiting"
      ? found.sort((a, b) => at(a.waiting_since) - at(b.waiting_since))
      : found.sort((a, b) => at(b.last_message_at) - at(a.last_message_at) || b.id - a.id);
  }
  conversation(id: string | number): Conversation | undefined {
    return this.d.conversations.find((c) => c.id === Number(id));
  }
  say(conversation_id: number, from: Partial<Message> & { blocks: Block[] }): Message {
    const c = this.conversation(conversation_id)!;
    const m: Message = {
      id: ++this.nextId,
      conversation_id,
      sender: "visitor",
      sender_id: null,
      sender_name: "",
      kind: "text",
      client_id: null,
      pick: null,
      article_id: null,
      article_question: null,
      decision: null,
      probability: null,
      feedback: 0,
      created_at: data.now(),
      ...from,
    };
    this.d.messages.push(m);
    if (m.kind === "text") Object.assign(c, { preview: plain(m.blocks), last_message_at: m.created_at });
    c.last_message_id = m.id;
    if (m.sender === "visitor") c.unread_count++;
    this.emit("message.created", { message: m, conversation: { ...c } }, c.id);
    return m;
  }

  private conversations(): void {
    this.on("GET", "/conversations", ({ query }) => page(this.matching(query), query));
    this.on("GET", "/conversations/counts", () => {
      const n = (q: string): number => this.matching(new URLSearchParams(q)).length;
      return {
        mine: n("status=open&assignee=me"),
        unassigned: n("status=open&assignee=none"),
        waiting: n("status=open&handler=waiting"),
        all: n("status=open"),
        resolved: n("status=resolved"),
        snoozed: n("status=snoozed"),
      };
    });
    this.on("GET", "/conversations/{id}", ({ params }) => this.conversation(params.id!) ?? problem(404, "not_found"));
    this.on("PATCH", "/conversations/{id}", ({ params, body }) => {
      const c = this.conversation(params.id!);
      if (!c) return problem(404, "not_found");
      Object.assign(c, body);
      if ((body as { assignee_id?: number }).assignee_id) c.handler = "human";
      this.emit("conversation.updated", { ...c }, c.id);
      return { ...c };
    });
    this.on("GET", "/conversations/{id}/messages", ({ params, query }) => {
      const before = Number(query.get("before") ?? Infinity);
      const limit = Number(query.get("limit") ?? 50);
      const found = this.d.messages
        .filter((m) => m.conversation_id === Number(params.id) && m.id < before)
        .sort((a, b) => a.id - b.id);
      return { items: found.slice(-limit), next_cursor: found.length > limit ? String(found.at(-limit)!.id) : null };
    });
    this.on("POST", "/conversations/{id}/messages", ({ params, body }) => {
      const c = this.conversation(params.id!)!;
      const { client_id, kind, blocks } = body as { client_id: string; kind: "text"; blocks: Block[] };
      const old = this.d.messages.find((m) => m.conversation_id === c.id && m.client_id === client_id);
      if (old) return old;
      if (kind === "text" && c.handler !== "human")
        Object.assign(c, { handler: "human", assignee_id: this.signedInAs, waiting_since: null });
      return made(
        201,
        this.say(c.id, { sender: "agent", sender_id: this.me.id, sender_name: this.me.name, kind, blocks, client_id }),
      );
    });
    this.on("POST", "/conversations/{id}/read", ({ params, body }) => {
      const c = this.conversation(params.id!)!;
      Object.assign(c, { agent_read_id: (body as { message_id: number }).message_id, unread_count: 0 });
      this.emit("conversation.read", { conversation_id: c.id, reader: "agent", message_id: c.agent_read_id }, c.id);
      return made(204);
    });
    this.on("POST", "/conversations/{id}/attachments", ({ query, headers, raw }) =>
      made(201, {
        id: ++this.nextId,
        name: query.get("name"),
        mime: headers.get("content-type"),
        size: raw.length,
        url: "/console/icon.svg",
      }),
    );
    this.on("GET", "/messages/search", ({ query }) => {
      const q = query.get("q") ?? "";
      const hits = this.d.messages.filter((m) => plain(m.blocks).includes(q)).sort((a, b) => b.id - a.id);
      return page(
        hits.map((message) => ({
          message,
          conversation: this.conversation(message.conversation_id),
          snippet: plain(message.blocks),
        })),
        query,
        20,
      );
    });
    this.on("GET", "/messages/{id}/trace", ({ params }) => {
      const m = this.d.messages.find((x) => x.id === Number(params.id));
      const asked = this.d.messages
        .filter((x) => x.conversation_id === m?.conversation_id && x.sender === "visitor" && x.id < m!.id)
        .at(-1);
      return m
        ? data.traceOf(m.id, asked ? plain(asked.blocks) : "", m.decision || "answer")
        : problem(404, "not_found");
    });
    this.on(
      "GET",
      "/contacts/{id}",
      ({ params }) => this.d.contacts.find((c) => c.id === Number(params.id)) ?? problem(404, "not_found"),
    );
    this.on("GET", "/contacts/{id}/notes", ({ params, query }) =>
      page(
        this.d.contactNotes.filter((n) => n.contact_id === Number(params.id)),
        query,
      ),
    );
    this.on("POST", "/contacts/{id}/notes", ({ params, body }) => {
      const note = {
        id: ++this.nextId,
        contact_id: Number(params.id),
        agent_id: this.me.id,
        agent_name: this.me.name,
        created_at: data.now(),
        personal: [],
        ...(body as { text: string }),
      };
      this.d.contactNotes.push(note);
      return made(201, note);
    });
    this.on("POST", "/contacts/search", ({ body }) => {
      const q = (body as { q: string }).q.replace(/\D/g, "");
      const items = this.d.contacts.filter((c) => q === "13812345678" && c.phone === "138****5678").slice(0, 5);
      return { items, next_cursor: null };
    });
    this.on("POST", "/contacts/{id}/erase", ({ params }) => {
      const c = this.d.contacts.find((x) => x.id === Number(params.id));
      if (!c) return problem(404, "not_found");
      Object.assign(c, {
        external_id: "",
        name: "",
        email: "",
        phone: "",
        attributes: {},
        personal: [],
        erased_at: data.now(),
      });
      return { ...c };
    });
    this.on("POST", "/personal-data/{id}/reveal", ({ params }) => {
      const id = Number(params.id);
      return id >= 9000
        ? { id, kind: "phone", value: "13812345678", contact_id: id - 8999, conversation_id: null }
        : problem(404, "not_found");
    });
  }

  versions = new Map<string, { version: number; author: string; at: string; article: Article }[]>();
  job = {
    state: "running" as "running" | "done",
    rows: 120,
    done: 0,
    kept: 0,
    refused: [] as { row: number; reason: string }[],
  };
  private learning(): void {
    const article = this.d.articles[0]!;
    const near = { article: this.d.articles[1]!.id, question: this.d.articles[1]!.question };
    const items: LearningProposed[] = [
      { text: "钱几天能退回来", source: "model", near: null },
      { text: "退款啥时候到卡里", source: "model", near: null },
      { text: "怎么给我退", source: "model", near },
      { text: "我的退款还没收到", source: "confirmed", near: null },
      { text: "付的钱什么时候能回来啊等好几天了", source: "asked", near: null },
    ];
    const common = {
      at: data.now(),
      run: {
        state: "running",
        actor: "agent:1",
        error: "",
        started_at: data.now(),
        ended_at: null,
        done: 12,
        total: 53,
        found: 140,
        failed: 1,
      },
      model: { name: "qwen3", budget: 200, calls: 13, tokens: 9120 },
    } as const;
    this.on("GET", "/learning/proposals", () => ({ ...common, items }));
    this.on("DELETE", "/learning/proposals", () => made(204));
    this.on("GET", "/learning", () => ({
      ...common,
      gaps: [],
      proposals: [{ article: article.id, question: article.question, similar: article.similar.length, items }],
      thin: 53,
      lessons: [],
    }));
  }

  private knowledge(): void {
    const find = (id: string): Article | undefined => this.d.articles.find((a) => a.id === id);
    this.on("GET", "/articles", ({ query }) =>
      page(
        this.d.articles.filter(
          (a) =>
            (!query.get("q") ||
              `${a.question}${a.similar.join()}${plain(a.answer)}`
                .toLowerCase()
                .includes(query.get("q")!.toLowerCase())) &&
            (!query.get("category") || a.category === query.get("category")) &&
            (!query.get("status") || a.status === query.get("status")) &&
            (!query.get("language") || a.language === query.get("language")),
        ),
        query,
      ),
    );
    this.on("GET", "/articles/categories", () => ({
      items: [...new Set(this.d.articles.map((a) => a.category))],
      next_cursor: null,
    }));
    this.on("POST", "/articles", ({ body }) => {
      const a = {
        id: `A${++this.nextId}`,
        version: 1,
        author: `agent:${this.me.id}`,
        created_at: data.now(),
        updated_at: data.now(),
        ...(body as object),
      } as Article;
      if (!a.question) return problem(422, "invalid_argument", "question must not be empty", "question");
      this.d.articles.unshift(a);
      this.emit("article.created", a);
      return made(201, a);
    });
    this.on("GET", "/articles/export", () => made(200, { exported: true }));
    this.on("POST", "/articles/try", ({ body }) => {
      const trace = data.traceOf(null, (body as { q: string }).q);
      return { decision: trace.decision, reply: find(trace.candidates[0]!.article_id)!.answer, trace };
    });
    this.on("POST", "/articles/import", ({ query }) => {
      const dry = query.get("dry_run") === "1";
      this.job = { state: "running", rows: 120, done: 0, kept: 0, refused: [] };
      return made(202, { job_id: dry ? "1" : "2" });
    });
    this.on("GET", "/articles/import/{id}", () => {
      this.job.done = Math.min(this.job.rows, this.job.done + 45);
      this.job.refused = [
        { row: 17, reason: "question is empty" },
        { row: 44, reason: "valid_until is not a date: 2026-13-01" },
      ];
      this.job.kept = Math.max(0, this.job.done - 2);
      if (this.job.done === this.job.rows) this.job.state = "done";
      return { ...this.job };
    });
    this.on("GET", "/articles/{id}", ({ params }) => find(params.id!) ?? problem(404, "not_found"));
    this.on("PUT", "/articles/{id}", ({ params, body, headers }) => {
      const a = find(params.id!);
      if (!a) return problem(404, "not_found");
      if (headers.get("if-match") !== `"${a.version}"`) return problem(412, "precondition_failed", "stale version");
      const list = this.versions.get(a.id) ?? [];
      this.versions.set(a.id, [
        ...list,
        { version: a.version, author: a.author, at: a.updated_at, article: structuredClone(a) },
      ]);
      Object.assign(a, body, { version: a.version + 1, author: `agent:${this.me.id}`, updated_at: data.now() });
      this.emit("article.updated", { ...a });
      return { ...a };
    });
    this.on("DELETE", "/articles/{id}", ({ params }) => {
      this.d.articles = this.d.articles.filter((a) => a.id !== params.id);
      return made(204);
    });
    this.on("GET", "/articles/{id}/versions", ({ params, query }) => {
      const a = find(params.id!)!;
      const old = {
        version: a.version - 1,
        author: "agent:2",
        at: data.minutesAgo(3000),
        article: {
          ...a,
          version: a.version - 1,
          answer: [{ type: "text" as const, text: "审核通过后 7 个工作日退回。" }],
          similar: a.similar.slice(1),
        },
      };
      return page(
        [
          { version: a.version, author: a.author, at: a.updated_at, article: a },
          ...(this.versions.get(a.id) ?? [old]).slice().reverse(),
        ],
        query,
      );
    });
    this.on("GET", "/knowledge/status", () => ({
      articles: 64,
      questions: 218,
      encoder: "bge-small-zh-v1.5",
      profile: "fast",
      generation: 12,
      state: "ready",
      error: "",
      target: 0.98,
      threshold: 0.941,
      measured: "ready",
      ...data.qualityFigures,
    }));
    this.on("GET", "/knowledge/quality", ({ query }) => data.quality(Number(query.get("target") ?? 0.98)));
  }

  private administration(): void {
    const crud = (
      path: string,
      list: () => { id: number }[],
      event: string,
      extra: () => object = () => ({}),
    ): void => {
      this.on("GET", path, ({ query }) => page(list(), query));
      this.on("POST", path, ({ body }) => {
        const x = { id: ++this.nextId, ...(body as object), ...extra() };
        list().push(x);
        if (event) this.emit(event, x);
        return made(201, x);
      });
      this.on("PATCH", `${path}/{id}`, ({ params, body }) => {
        const x = list().find((y) => y.id === Number(params.id));
        if (!x) return problem(404, "not_found");
        Object.assign(x, body);
        if (event) this.emit(event, x);
        return { ...x };
      });
      this.on("DELETE", `${path}/{id}`, ({ params }) => {
        list().splice(
          list().findIndex((y) => y.id === Number(params.id)),
          1,
        );
        if (event) this.emit(event, { id: Number(params.id) });
        return made(204);
      });
    };
    crud(
      "/inboxes",
      () => this.d.inboxes,
      "inbox.updated",
      () => ({ channel: "web", website_token: "new-token-1" }),
    );
    crud("/teams", () => this.d.teams, "team.updated");
    crud("/labels", () => this.d.labels, "label.updated");
    crud("/canned-responses", () => this.d.canned, "canned_response.updated");
    crud(
      "/agents",
      () => this.d.agents,
      "agent.updated",
      () => ({
        availability: "offline",
        open_count: 0,
        last_seen_at: null,
        disabled: false,
        team_ids: [],
        capacity: 5,
        locale: "zh-CN",
      }),
    );
    crud(
      "/webhooks",
      () => this.d.webhooks,
      "",
      () => ({ enabled: true, last_status: null, last_error: null, secret: "whsec_2f1c9a77" }),
    );
    crud(
      "/api-keys",
      () => this.d.apiKeys,
      "",
      () => ({ created_at: data.now(), last_used_at: null, key: "zk_5d1f0c2ab93e47d8" }),
    );
    this.on("POST", "/webhooks/{id}/test", () => ({ status: 200, body: { last_status: 200, last_error: null } }));
    this.on("GET", "/releases/draft", () => ({ release: 1, at_once: false, changes: 0, items: [], check: null }));
    this.on("GET", "/releases", () => ({ items: [], next_cursor: null }));
    this.on("GET", "/regression-questions", () => ({ items: [], next_cursor: null }));
    this.on("GET", "/settings", () => this.d.settings);
    this.on("PATCH", "/settings", ({ body }) => Object.assign(this.d.settings, body));
    this.on("GET", "/audit", ({ query }) =>
      page(
        Array.from({ length: 80 }, (_, i) => ({
          seq: 80 - i,
          at: data.minutesAgo(i * 31),
          actor: `agent:${(i % 4) + 1}`,
          action: ["session.created", "article.updated", "agent.updated", "settings.updated"][i % 4],
          target: ["", "X001", "agent:3", ""][i % 4],
          detail: { role: "agent" },
        })),
        query,
      ),
    );
    this.on("GET", "/reports/overview", ({ query }) => {
      const days = Number(query.get("days") ?? 14);
      return {
        open: 41,
        waiting: 7,
        human: 22,
        bot_open: 12,
        today: {
          conversations: 128,
          answered_by_bot: 86,
          clarified: 19,
          handed_over: 23,
          resolved: 97,
          median_first_response_s: 38,
          csat: 0.92,
        },
        series: Array.from({ length: days }, (_, i) => ({
          day: data.minutesAgo((days - 1 - i) * 1440).slice(0, 10),
          conversations: 90 + ((i * 37) % 60),
          bot_resolved: 55 + ((i * 23) % 40),
          handed_over: 12 + ((i * 11) % 15),
        })),
        by_hour: Array.from({ length: 24 }, (_, h) => Math.max(0, Math.round(14 * Math.sin(((h - 7) / 16) * Math.PI)))),
        top_articles: this.d.articles
          .slice(0, 8)
          .map((a, i) => ({ id: a.id, question: a.question, count: 64 - i * 7 })),
        unanswered: [
          "可以货到付款吗",
          "有线下门店吗",
          "支持七天无理由退货吗",
          "能不能开增值税专用发票",
          "海外能寄吗",
        ].map((q, i) => ({ q, count: 14 - i * 2 })),
      };
    });
  }
}
