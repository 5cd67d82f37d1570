// The visitor's conversation: one reactive state, fed by REST and the live socket, changed by what the visitor does.
// A visitor who only looks leaves no trace on the server: the session begins with his first message, with a kept token,
// or when the page says who he is.
import { reactive } from "vue";
import { ApiClient, ApiError, isApiError, LiveSocket, newKey, socketUrl } from "@zhike/api";
import type { Attachment, Block, Ephemeral, Identity, LiveEvent, LiveState, Message } from "@zhike/api";
import { Outbox } from "./outbox";
import type { Store } from "./store";
import { merge, unread } from "./thread";
import type { Config, ConversationAnswer, Pending, SendAnswer, SessionAnswer, VisitorConversation } from "./types";

export interface State {
  phase: "loading" | "ready" | "refused" | "unreachable";
  config: Config | null;
  conversation: VisitorConversation | null;
  messages: Message[];
  pending: Pending[];
  live: LiveState;
  began: boolean; // a session exists, so `live` tells of the connection
  typing: { who: "agent" | "bot"; name: string } | null;
  queue: number | null;
  closed: number; // conversations up to this id are left behind
  seen: boolean; // the frame is open and in view
  readId: number;
  problem: string; // code of the last refused action, shown until the next
}
export interface ChatOptions {
  websiteToken: string;
  store: Store;
  locale: () => string;
  pageUrl?: () => string;
  socket?: (url: string) => WebSocket;
  onUnread?: (count: number) => void;
  onConversation?: (exists: boolean) => void;
}

const typingShownMs = 8_000;
const typingSaidEveryMs = 3_000;
const configRetryMs = 4_000;

export class Chat {
  readonly state: State = reactive<State>({
    phase: "loading",
    config: null,
    conversation: null,
    messages: [],
    pending: [],
    live: "offline",
    began: false,
    typing: null,
    queue: null,
    closed: 0,
    seen: false,
    readId: 0,
    problem: "",
  });
  readonly outbox: Outbox;
  private readonly api: ApiClient;
  private live: LiveSocket | null = null;
  private session: Promise<void> | null = null;
  private user: Identity | null = null;
  private generation = 0; // of the identity: answers to an earlier one are dropped
  private readonly files = new Map<string, File[]>(); // of messages still uploading
  private readonly uploads = new Map<string, Promise<string>>(); // blob: addresses of what this visitor was shown
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private typingSaidAt = 0;
  private told = -1;

  constructor(private readonly o: ChatOptions) {
    this.api = new ApiClient({ base: "/api/v1", token: () => o.store.kept.token });
    this.state.closed = o.store.kept.closed_conversation;
    this.outbox = new Outbox({ store: o.store, items: this.state.pending, send: (p) => this.deliver(p) });
  }

  async start(): Promise<void> {
    window.addEventListener("online", this.wake);
    window.addEventListener("storage", this.otherTab);
    await this.loadConfig();
  }
  stop(): void {
    window.removeEventListener("online", this.wake);
    window.removeEventListener("storage", this.otherTab);
    this.live?.stop();
    this.outbox.stop();
    this.generation++;
  }

  // Takes up a conversation kept from before. Called once the page has said who the visitor is, if it does.
  async resume(): Promise<void> {
    const kept = this.o.store.kept;
    if (kept.external_id && !this.user) return; // a signed-in customer's: not shown until the page vouches for him again
    this.outbox.restore();
    if (kept.token || this.user) await this.begin().catch(() => {}); // the outbox or the next message tries again
  }

  // The page says who is there; null: nobody any more.
  async setUser(user: Identity | null): Promise<void> {
    const kept = this.o.store.kept;
    const same = (user?.external_id ?? null) === kept.external_id;
    this.user = user;
    if (same && (this.state.began || !user)) return;
    // An unknown visitor who signs in keeps his conversation; any other change starts from nothing.
    if (!same && kept.external_id !== null) this.leave();
    else if (this.state.began) this.disconnect();
    if (user) await this.resume();
    else this.o.onConversation?.(false);
  }

  say(text: string, files: File[] = []): void {
    const blocks: Block[] = text.trim() ? [{ type: "text", text: text.trim() }] : [];
    if (files.length) this.queueFiles(blocks, files);
    else if (blocks.length) this.queue(blocks, null);
  }
  pick(choice: { id: string; label: string }): void {
    this.queue([{ type: "text", text: choice.label }], choice.id);
  }
  retry(clientId: string): void {
    if (this.files.has(clientId)) void this.upload(clientId);
    else this.outbox.retry(clientId);
  }
  discard(clientId: string): void {
    this.files.delete(clientId);
    this.outbox.remove(clientId);
  }

  async askForPerson(): Promise<void> {
    await this.act(async () => {
      await this.begin();
      await this.api.post("/widget/handover");
      this.state.closed = Math.min(this.state.closed, this.o.store.kept.closed_conversation);
      await this.load();
    });
  }
  async rate(rating: number, comment: string): Promise<boolean> {
    return this.act(async () => {
      await this.api.post("/widget/rating", { rating, ...(comment.trim() ? { comment: comment.trim() } : {}) });
      if (this.state.conversation) this.state.conversation.rating = rating;
    });
  }
  async judge(message: Message, value: 1 | -1): Promise<void> {
    const before = message.feedback;
    this.amend({ ...message, feedback: value });
    const done = await this.act(() => this.api.post("/widget/feedback", { message_id: message.id, value }));
    if (!done) this.amend({ ...message, feedback: before });
  }
  // The resolved conversation is left behind; the next message opens a new one.
  startNew(): void {
    const id = this.state.conversation?.id;
    if (!id) return;
    this.state.closed = id;
    this.o.store.keep({ closed_conversation: id });
  }

  type(on: boolean): void {
    const c = this.state.conversation;
    const now = Date.now();
    if (!c || c.status === "resolved" || (on && now - this.typingSaidAt < typingSaidEveryMs)) return;
    this.typingSaidAt = on ? now : 0;
    this.live?.send({ type: "typing", conversation_id: c.id, on });
  }
  isUpload(url: string): boolean {
    return url.startsWith("/api/v1/attachments/");
  }
  // A blob: address of an upload, fetched once.
  fetchUpload(url: string): Promise<string> {
    const known = this.uploads.get(url);
    if (known) return known;
    const fetched = this.readUpload(url);
    this.uploads.set(url, fetched);
    fetched.catch(() => this.uploads.delete(url));
    return fetched;
  }
  async download(url: string, name: string): Promise<void> {
    await this.act(async () => {
      const link = document.createElement("a");
      link.href = await this.fetchUpload(url);
      link.download = name;
      link.click();
    });
  }

  // The visitor looks at the thread (or no longer does).
  look(seen: boolean): void {
    this.state.seen = seen;
    this.markRead();
  }

  private async readUpload(url: string): Promise<string> {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${this.o.store.kept.token}` } });
    if (!response.ok) throw ApiError.of(response.status, "", null);
    return URL.createObjectURL(await response.blob());
  }

  private async loadConfig(): Promise<void> {
    try {
      this.state.config = await this.api.get<Config>(`/widget/${encodeURIComponent(this.o.websiteToken)}/config`);
      this.state.phase = "ready";
    } catch (e) {
      const refused = isApiError(e) && !e.transient && e.status < 500;
      this.state.phase = refused ? "refused" : "unreachable";
      if (!refused) setTimeout(() => void this.loadConfig(), configRetryMs);
    }
  }

  // A session and its events; once, however often it is asked for.
  private begin(): Promise<void> {
    this.session ??= this.open().catch((e: unknown) => {
      this.session = null;
      throw e;
    });
    return this.session;
  }
  private async open(): Promise<void> {
    const mine = this.generation;
    const kept = this.o.store.kept;
    const answer = await this.api.post<SessionAnswer>("/widget/sessions", {
      website_token: this.o.websiteToken,
      locale: this.o.locale(),
      ...(kept.token ? { visitor_token: kept.token } : {}),
      ...(this.o.pageUrl ? { page_url: this.o.pageUrl() } : {}),
      ...(this.user ? { user: this.user } : {}),
    });
    if (mine !== this.generation) return;
    this.o.store.keep({ token: answer.visitor_token, external_id: this.user?.external_id ?? null });
    const seq = await this.load();
    if (mine !== this.generation) return;
    this.state.began = true;
    this.connect(seq);
  }
  private connect(seq: number): void {
    this.live = new LiveSocket({
      url: socketUrl,
      token: () => this.o.store.kept.token,
      sinceSeq: seq,
      onEvent: (e) => this.onEvent(e),
      onEphemeral: (f) => this.onEphemeral(f),
      onReset: () => void this.load().catch(() => this.disconnect()),
      onState: (s) => {
        this.state.live = s;
        if (s === "online") this.outbox.wake();
      },
      onError: (code) => code === "unauthenticated" && this.renew(),
      ...(this.o.socket ? { socket: this.o.socket } : {}),
    });
    this.live.start();
  }
  private async load(): Promise<number> {
    const mine = this.generation;
    const answer = await this.api.get<ConversationAnswer>("/widget/conversation");
    if (mine === this.generation) {
      this.setConversation(answer.conversation);
      this.take(answer.messages);
    }
    return answer.seq;
  }
  private disconnect(): void {
    this.generation++;
    this.live?.stop();
    this.live = null;
    this.session = null;
    this.state.began = false;
    this.state.live = "offline";
  }
  private leave(): void {
    this.disconnect();
    this.o.store.forget();
    this.outbox.stop();
    this.files.clear();
    for (const blob of this.uploads.values()) void blob.then((b) => URL.revokeObjectURL(b)).catch(() => {});
    this.uploads.clear();
    Object.assign(this.state, { conversation: null, messages: [], typing: null, queue: null, closed: 0, readId: 0 });
    this.tellUnread();
  }
  // The visitor token is no longer good: a new session, in which what waits is sent.
  private renew(): void {
    this.disconnect();
    this.o.store.keep({ token: null });
    void this.begin().catch(() => {});
  }

  private queue(blocks: Block[], pick: string | null): void {
    if (this.outbox.full) {
      this.state.problem = "outbox_full";
      return;
    }
    this.state.problem = "";
    this.outbox.add(this.pendingOf(blocks, pick, "queued"));
  }
  private pendingOf(blocks: Block[], pick: string | null, state: Pending["state"]): Pending {
    return { client_id: newKey(), blocks, pick, created_at: new Date().toISOString(), state, error: "", progress: 0 };
  }
  private async deliver(p: Pending): Promise<void> {
    const body = { client_id: p.client_id, ...(p.pick ? { pick: p.pick } : { blocks: p.blocks }) };
    const post = async (): Promise<SendAnswer> => {
      await this.begin();
      return this.api.post<SendAnswer>("/widget/messages", body);
    };
    const answer = await post().catch((e: unknown) => {
      if (!isApiError(e, "unauthenticated")) throw e;
      this.renew();
      return post();
    });
    this.take([answer.message]);
  }

  private queueFiles(blocks: Block[], files: File[]): void {
    const shown = files.map((f): Block => ({
      type: "file",
      attachment_id: 0,
      name: f.name,
      mime: f.type,
      size: f.size,
      url: "",
    }));
    const p = this.pendingOf([...blocks, ...shown], null, "uploading");
    this.files.set(p.client_id, files);
    this.outbox.add(p);
    void this.upload(p.client_id);
  }
  private async upload(clientId: string): Promise<void> {
    const p = this.outbox.find(clientId);
    const files = this.files.get(clientId);
    if (!p || !files) return;
    Object.assign(p, { state: "uploading", error: "", progress: 0 });
    const total = files.reduce((n, f) => n + f.size, 0);
    let done = 0;
    try {
      await this.begin();
      const blocks: Block[] = p.blocks.filter((b) => b.type === "text");
      for (const f of files) {
        const path = `/widget/attachments?name=${encodeURIComponent(f.name)}`;
        const a = await this.api.upload<Attachment>(path, f, (share) => (p.progress = (done + share * f.size) / total))
          .done;
        done += f.size;
        blocks.push(
          a.mime.startsWith("image/")
            ? { type: "image", url: a.url, alt: a.name }
            : { type: "file", attachment_id: a.id, name: a.name, mime: a.mime, size: a.size, url: a.url },
        );
      }
      if (!this.files.delete(clientId)) return; // given up meanwhile
      p.blocks = blocks;
      this.outbox.ready(clientId);
    } catch (e) {
      this.outbox.fail(clientId, isApiError(e) ? e.code : "internal");
    }
  }

  private onEvent(e: LiveEvent): void {
    const data = e.data as Partial<{
      message: Message;
      conversation: VisitorConversation;
      reader: string;
      message_id: number;
    }>;
    switch (e.kind) {
      case "message.created":
        if (data.conversation) this.setConversation(data.conversation);
        if (data.message) this.arrive(data.message);
        break;
      case "message.updated":
        if (data.message) this.amend(data.message);
        break;
      case "conversation.updated":
        this.setConversation(e.data as VisitorConversation);
        break;
      case "conversation.read":
        this.readBy(e.conversation_id, data.reader ?? "", data.message_id ?? 0);
        break;
    }
  }
  private onEphemeral(f: Ephemeral): void {
    if (f.type === "queue") this.state.queue = f.position;
    if (f.type !== "typing" || f.who === "visitor") return;
    clearTimeout(this.typingTimer);
    this.state.typing = f.on ? { who: f.who, name: f.name } : null;
    if (f.on) this.typingTimer = setTimeout(() => (this.state.typing = null), typingShownMs);
  }
  private setConversation(c: VisitorConversation | null): void {
    if (c && this.state.conversation && c.id < this.state.conversation.id) return; // an older one changed
    this.state.conversation = c;
    this.state.queue = c?.handler === "waiting" ? (c.queue_position ?? this.state.queue) : null;
    this.state.readId = Math.max(this.state.readId, c?.visitor_read_id ?? 0);
    this.o.onConversation?.(c !== null);
  }
  private readBy(conversation: number | null, reader: string, upto: number): void {
    const c = this.state.conversation;
    if (!c || c.id !== conversation) return;
    if (reader === "agent") c.agent_read_id = Math.max(c.agent_read_id ?? 0, upto);
    if (reader === "visitor") {
      this.state.readId = Math.max(this.state.readId, upto);
      this.tellUnread();
    }
  }
  private arrive(m: Message): void {
    if (m.sender !== "visitor") this.state.typing = null;
    this.take([m]);
  }
  private take(messages: readonly Message[]): void {
    this.state.messages = merge(this.state.messages, messages);
    for (const m of messages) if (m.client_id && m.sender === "visitor") this.settled(m.client_id);
    this.markRead();
  }
  // Seen in the conversation (sent by another tab, or acknowledged in an answer that was lost).
  private settled(clientId: string): void {
    if (this.outbox.find(clientId)?.state !== "sending") this.outbox.remove(clientId);
  }
  private amend(m: Message): void {
    if (this.state.messages.some((x) => x.id === m.id)) this.state.messages = merge(this.state.messages, [m]);
  }

  private markRead(): void {
    const last = this.state.messages.at(-1);
    if (this.state.seen && last && last.id > this.state.readId) {
      this.state.readId = last.id;
      void this.api.post("/widget/read", { message_id: last.id }).catch(() => {}); // the next message tries again
    }
    this.tellUnread();
  }
  private tellUnread(): void {
    const n = unread(this.state.messages, this.state.readId);
    if (n === this.told) return;
    this.told = n;
    this.o.onUnread?.(n);
  }

  // An action whose refusal is shown, not thrown.
  private async act(f: () => Promise<unknown>): Promise<boolean> {
    this.state.problem = "";
    try {
      await f();
      return true;
    } catch (e) {
      this.state.problem = isApiError(e) ? e.code : "internal";
      return false;
    }
  }

  private readonly wake = (): void => {
    this.outbox.wake();
    if (!this.state.began && this.o.store.kept.token) void this.begin().catch(() => {});
  };
  private readonly otherTab = (e: StorageEvent): void => {
    const clientId = this.o.store.pendingKey(e.key);
    if (clientId && e.newValue === null && this.outbox.find(clientId)?.state === "queued") this.outbox.remove(clientId);
  };
}
