// The widget's side of docs/protocol.md in memory, for tests and for looking at screens. Never shipped.
import type { Message } from "@zhike/api";
import type { Config, VisitorConversation } from "../src/types";

export const config: Config = {
  title: "青禾生活",
  brand_color: "#2f6b4f",
  greeting: "您好！",
  locale: "zh-CN",
  suggested_questions: ["退款多久到账"],
  launcher_position: "right",
  online: true,
};

type Sent = { type: string; token?: string; since_seq?: number | null };
export class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: Sent[] = [];
  constructor(readonly server: Server) {
    FakeSocket.all.push(this);
    server.sockets.add(this);
    queueMicrotask(() => {
      if (server.down) return this.close();
      this.readyState = 1;
      this.onopen?.();
    });
  }
  send(text: string): void {
    const frame = JSON.parse(text) as Sent;
    this.sent.push(frame);
    if (frame.type !== "hello") return;
    this.show({ type: "welcome", seq: this.server.seq });
    if (this.server.forgetful) this.show({ type: "reset", seq: this.server.seq });
    else for (const e of this.server.events) if (frame.since_seq != null && e.seq > frame.since_seq) this.show(e);
  }
  show(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close(): void {
    this.readyState = 3;
    this.server.sockets.delete(this);
    queueMicrotask(() => this.onclose?.());
  }
}

export class Server {
  seq = 10;
  down = false; // the network is gone
  loseAnswers = 0; // commits, but the answer never arrives
  forgetful = false; // the resume is too far behind: reset
  status = 200; // of the next message
  conversation: VisitorConversation | null = null;
  messages: Message[] = [];
  events: { type: "event"; seq: number; kind: string; conversation_id: number; data: unknown }[] = [];
  sockets = new Set<FakeSocket>();
  requests: { method: string; path: string; body: Record<string, unknown>; token: string | null }[] = [];
  validTokens = new Set<string>();
  private nextToken = 1;

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    await Promise.resolve();
    if (this.down) throw new TypeError("network");
    const headers = (init.headers ?? {}) as Record<string, string>;
    const token = headers.Authorization?.slice("Bearer ".length) ?? null;
    const body = (init.body ? JSON.parse(String(init.body)) : {}) as Record<string, unknown>;
    const path = url.replace("/api/v1/widget", "");
    this.requests.push({ method: init.method ?? "GET", path, body, token });
    const [status, answer] = this.answer(path, body, token);
    if (this.loseAnswers > 0 && path === "/messages") {
      this.loseAnswers--;
      throw new TypeError("network");
    }
    return new Response(answer === undefined ? null : JSON.stringify(answer), { status });
  };
  readonly socket = (): WebSocket => new FakeSocket(this) as unknown as WebSocket;

  calls(path: string): Record<string, unknown>[] {
    return this.requests.filter((r) => r.path === path).map((r) => r.body);
  }
  emit(kind: string, data: unknown): void {
    const event = { type: "event" as const, seq: ++this.seq, kind, conversation_id: this.conversation!.id, data };
    this.events.push(event);
    for (const s of this.sockets) s.show(event);
  }
  open(change: Partial<VisitorConversation> = {}): VisitorConversation {
    const opened: VisitorConversation = {
      id: (this.conversation?.id ?? 0) + 1,
      status: "open",
      handler: "bot",
      last_message_id: null,
      visitor_read_id: null,
      agent_read_id: null,
      rating: 0,
      queue_position: null,
      ...change,
    };
    this.conversation = opened;
    return opened;
  }
  say(change: Partial<Message>): Message {
    const m: Message = {
      id: this.messages.length + 1,
      conversation_id: this.conversation!.id,
      sender: "bot",
      sender_name: "小禾",
      kind: "text",
      blocks: [{ type: "text", text: "好的" }],
      client_id: null,
      pick: null,
      article_id: null,
      article_question: null,
      decision: null,
      probability: null,
      feedback: 0,
      created_at: new Date(Date.UTC(2026, 0, 5, 8, this.messages.length)).toISOString(),
      ...change,
    };
    this.messages.push(m);
    this.emit("message.created", { message: m, conversation: { ...this.conversation } });
    return m;
  }

  private answer(path: string, body: Record<string, unknown>, token: string | null): [number, unknown?] {
    if (path.endsWith("/config")) return path.startsWith("/unknown/") ? [404, { code: "not_found" }] : [200, config];
    if (path === "/sessions") {
      const visitor_token = `visitor-${this.nextToken++}`;
      this.validTokens.add(visitor_token);
      return [200, { visitor_token, conversation: this.conversation, seq: this.seq }];
    }
    if (!token || !this.validTokens.has(token)) return [401, { code: "unauthenticated" }];
    switch (path) {
      case "/conversation": {
        const of = this.messages.filter((m) => m.conversation_id === this.conversation?.id);
        return [200, { conversation: this.conversation && { ...this.conversation }, messages: of, seq: this.seq }];
      }
      case "/messages":
        return this.store(body);
      case "/feedback":
        return this.status === 200 ? [200, {}] : [this.status, {}];
      default:
        return [204];
    }
  }
  private store(body: Record<string, unknown>): [number, unknown] {
    if (this.status !== 200) return [this.status, {}];
    const old = this.messages.find((m) => m.client_id === body.client_id);
    if (old) return [200, { message: old, conversation_id: old.conversation_id }];
    if (!this.conversation || this.conversation.status === "resolved") this.open();
    const message = this.say({
      sender: "visitor",
      sender_name: "",
      client_id: body.client_id as string,
      pick: (body.pick as string | undefined) ?? null,
      blocks: (body.blocks as Message["blocks"] | undefined) ?? [{ type: "text", text: "label" }],
    });
    return [201, { message, conversation_id: message.conversation_id }];
  }
}
