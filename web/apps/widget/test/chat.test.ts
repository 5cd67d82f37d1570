import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../src/chat";
import { Store, type Shelf } from "../src/store";
import { FakeSocket, Server } from "./double";

const memoryShelf = (): Shelf => {
  const m = new Map<string, string>();
  return {
    getItem: (k) => m.get(k) ?? null,
    setItem: (k, v) => void m.set(k, v),
    removeItem: (k) => void m.delete(k),
    keys: () => [...m.keys()],
  };
};

let server: Server;
let shelf: Shelf;
let chats: Chat[];
const unread = vi.fn<(n: number) => void>();

async function openChat(token = "site"): Promise<Chat> {
  const chat = new Chat({
    websiteToken: token,
    store: new Store(token, shelf),
    locale: () => "zh-CN",
    socket: server.socket,
    onUnread: unread,
  });
  chats.push(chat);
  await chat.start();
  await chat.resume();
  await settle();
  return chat;
}
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const texts = (c: Chat): string[] =>
  c.state.messages.flatMap((m) => m.blocks.map((b) => (b.type === "text" ? b.text : b.type)));

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  shelf = memoryShelf();
  chats = [];
  unread.mockReset();
  FakeSocket.all = [];
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => {
  chats.forEach((c) => c.stop());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("session", () => {
  it("leaves no trace of a visitor who only looks", async () => {
    const chat = await openChat();
    expect(chat.state.phase).toBe("ready");
    expect(server.calls("/sessions")).toEqual([]);
  });
  it("says so when the website token is refused", async () => {
    expect((await openChat("unknown")).state.phase).toBe("refused");
  });
  it("begins with the first message and survives a reload", async () => {
    const first = await openChat();
    first.say("退款多久到账");
    await settle();
    server.say({ blocks: [{ type: "text", text: "1 至 5 天" }] });
    first.stop();
    const again = await openChat();
    expect(server.calls("/sessions")[1]).toMatchObject({ visitor_token: "visitor-1" });
    expect(texts(again)).toEqual(["退款多久到账", "1 至 5 天"]);
    expect(again.state.pending).toEqual([]);
  });
  it("takes a new session when the visitor token has expired, and loses nothing", async () => {
    const chat = await openChat();
    chat.say("一");
    await settle();
    server.validTokens.clear();
    chat.say("二");
    await settle();
    expect(texts(chat)).toEqual(["一", "二"]);
    expect(new Set(server.messages.map((m) => m.client_id)).size).toBe(2);
  });
  it("does not show a signed-in customer's conversation to the next visitor", async () => {
    const signedIn = await openChat();
    await signedIn.setUser({ external_id: "c1", hash: "h" });
    signedIn.say("我的订单");
    await settle();
    expect(server.calls("/sessions")[0]).toMatchObject({ user: { external_id: "c1", hash: "h" } });
    await signedIn.setUser(null);
    expect(signedIn.state.messages).toEqual([]);
    expect(shelf.keys()).toEqual([]);
  });
  it("does not show it after a reload either, unless the page vouches for him", async () => {
    const signedIn = await openChat();
    await signedIn.setUser({ external_id: "c1", hash: "h" });
    signedIn.say("我的订单");
    await settle();
    signedIn.stop();
    const later = await openChat();
    expect(later.state.messages).toEqual([]);
    await later.setUser({ external_id: "c1", hash: "h" });
    await settle();
    expect(texts(later)).toEqual(["我的订单"]);
  });
});

describe("sending", () => {
  it("keeps messages while offline and sends each once, in order, when back", async () => {
    const chat = await openChat();
    chat.say("零");
    await settle();
    server.down = true;
    server.sockets.forEach((s) => s.close());
    chat.say("一");
    chat.say("二");
    await settle();
    expect(chat.state.pending.map((p) => p.state)).toEqual(["queued", "queued"]);
    server.down = false;
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(40_000);
    expect(texts(chat)).toEqual(["零", "一", "二"]);
    expect(server.messages).toHaveLength(3);
    expect(chat.state.pending).toEqual([]);
  });
  it("keeps them over a reload while offline", async () => {
    const chat = await openChat();
    server.down = true;
    chat.say("还在吗");
    await settle();
    chat.stop();
    server.down = false;
    const again = await openChat();
    await settle();
    expect(texts(again)).toEqual(["还在吗"]);
    expect(shelf.keys().filter((k) => k.includes(":out:"))).toEqual([]);
  });
  it("stores a message once although its answer was lost", async () => {
    const chat = await openChat();
    server.loseAnswers = 1;
    chat.say("一次");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.calls("/messages").length).toBeGreaterThan(1);
    expect(server.messages).toHaveLength(1);
    expect(texts(chat)).toEqual(["一次"]);
    expect(chat.state.pending).toEqual([]);
  });
  it("two tabs with the same queue send it once", async () => {
    const a = await openChat();
    server.down = true;
    a.say("同一条");
    await settle();
    const b = await openChat();
    server.down = false;
    a.outbox.wake();
    b.outbox.wake();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.messages).toHaveLength(1);
    expect([...a.state.pending, ...b.state.pending]).toEqual([]);
  });
  it("shows a refused message as failed and sends it on retry", async () => {
    const chat = await openChat();
    server.status = 422;
    chat.say("x");
    await settle();
    expect(chat.state.pending[0]).toMatchObject({ state: "failed", error: "invalid_argument" });
    server.status = 200;
    chat.retry(chat.state.pending[0]!.client_id);
    await settle();
    expect(texts(chat)).toEqual(["x"]);
  });
  it("sends a choice as pick", async () => {
    const chat = await openChat();
    chat.pick({ id: "article:Q026", label: "退款多久到账" });
    await settle();
    expect(server.calls("/messages")[0]).toMatchObject({ pick: "article:Q026" });
    expect(server.calls("/messages")[0]).not.toHaveProperty("blocks");
  });
  it("refuses more than the outbox holds", async () => {
    const chat = await openChat();
    server.down = true;
    for (let i = 0; i < 60; i++) chat.say(`m${i}`);
    await settle();
    expect(chat.state.pending).toHaveLength(50);
    expect(chat.state.problem).toBe("outbox_full");
  });
});

describe("live", () => {
  it("resumes by sequence number without loss or double", async () => {
    const chat = await openChat();
    chat.say("问");
    await settle();
    server.sockets.forEach((s) => s.close());
    await settle();
    server.say({ blocks: [{ type: "text", text: "答一" }] });
    server.say({ blocks: [{ type: "text", text: "答二" }] });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(FakeSocket.all.at(-1)!.sent[0]).toMatchObject({ type: "hello", token: "visitor-1" });
    expect(FakeSocket.all.at(-1)!.sent[0]!.since_seq).not.toBeNull();
    expect(texts(chat)).toEqual(["问", "答一", "答二"]);
  });
  it("loads again after a reset", async () => {
    const chat = await openChat();
    chat.say("问");
    await settle();
    server.sockets.forEach((s) => s.close());
    await settle();
    server.say({ blocks: [{ type: "text", text: "答" }] });
    server.events = [];
    server.forgetful = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(texts(chat)).toEqual(["问", "答"]);
  });
  it("counts what was not seen, and marks it read when looked at", async () => {
    const chat = await openChat();
    chat.say("问");
    await settle();
    server.say({});
    const last = server.say({ sender: "agent", sender_name: "李娜" });
    expect(unread).toHaveBeenLastCalledWith(2);
    chat.look(true);
    await settle();
    expect(unread).toHaveBeenLastCalledWith(0);
    expect(server.calls("/read").at(-1)).toEqual({ message_id: last.id });
  });
  it("follows hand-over, queue and the agent's read mark", async () => {
    const chat = await openChat();
    chat.say("转人工");
    await settle();
    server.conversation!.handler = "waiting";
    server.emit("conversation.updated", { ...server.conversation });
    server.sockets.forEach((s) => s.show({ type: "queue", conversation_id: 1, position: 2 }));
    expect(chat.state.queue).toBe(2);
    server.conversation!.handler = "human";
    server.emit("conversation.updated", { ...server.conversation });
    expect(chat.state.queue).toBeNull();
    server.emit("conversation.read", { conversation_id: 1, reader: "agent", message_id: 1 });
    expect(chat.state.conversation!.agent_read_id).toBe(1);
  });
  it("shows typing until the message comes, or for some seconds", async () => {
    const chat = await openChat();
    chat.say("问");
    await settle();
    const typing = { type: "typing", conversation_id: 1, who: "bot", name: "", on: true };
    server.sockets.forEach((s) => s.show(typing));
    expect(chat.state.typing?.who).toBe("bot");
    server.say({});
    expect(chat.state.typing).toBeNull();
    server.sockets.forEach((s) => s.show(typing));
    await vi.advanceTimersByTimeAsync(9_000);
    expect(chat.state.typing).toBeNull();
  });
  it("leaves a resolved conversation behind and follows into the next", async () => {
    const chat = await openChat();
    chat.say("旧");
    await settle();
    server.conversation!.status = "resolved";
    server.emit("conversation.updated", { ...server.conversation });
    chat.startNew();
    chat.say("新");
    await settle();
    expect(chat.state.conversation!.id).toBe(2);
    expect(chat.state.closed).toBe(1);
  });
  it("takes a judgement back when the server refuses it", async () => {
    const chat = await openChat();
    chat.say("问");
    await settle();
    const answer = server.say({ decision: "answer" });
    server.status = 404;
    await chat.judge(answer, 1);
    expect(chat.state.messages.at(-1)!.feedback).toBe(0);
    expect(chat.state.problem).toBe("not_found");
  });
});
