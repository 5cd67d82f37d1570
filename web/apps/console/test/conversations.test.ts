import { flushPromises } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Conversation, LiveEvent, Message } from "@zhike/api";
import { setLocale } from "../src/core/i18n";
import { useLive } from "../src/core/live";
import { useSession } from "../src/core/session";
import { meaningOf, triggerAt } from "../src/features/conversations/composing";
import { draftOf, keepDraft } from "../src/features/conversations/drafts";
import { belongs, filterFromQuery, inOrder, listQuery, views } from "../src/features/conversations/filters";
import { highlight } from "../src/features/conversations/highlight";
import { snoozeTimes } from "../src/features/conversations/snooze";
import { useConversations } from "../src/features/conversations/store";
import { timeline } from "../src/features/conversations/timeline";
import { Double } from "./double/double";

const text = (t: string) => [{ type: "text" as const, text: t }];
const message = (id: number, more: Partial<Message> = {}): Message => ({
  id,
  conversation_id: 1,
  sender: "visitor",
  sender_name: "",
  kind: "text",
  blocks: text(String(id)),
  client_id: null,
  pick: null,
  article_id: null,
  article_question: null,
  decision: null,
  probability: null,
  feedback: 0,
  created_at: new Date(Date.UTC(2026, 0, 5, 3, id)).toISOString(),
  ...more,
});

describe("keys of the composer", () => {
  const key = (init: KeyboardEventInit & { keyCode?: number }) =>
    meaningOf({
      key: "Enter",
      shiftKey: false,
      ctrlKey: false,
      altKey: false,
      metaKey: false,
      isComposing: false,
      keyCode: 13,
      ...init,
    });
  it("Enter sends, Shift+Enter breaks the line", () => {
    expect(key({})).toBe("send");
    expect(key({ shiftKey: true })).toBe("newline");
    expect(key({ key: "a" })).toBe("none");
  });
  it("Enter that chooses a candidate of an input method never sends", () => {
    expect(key({ isComposing: true })).toBe("none");
    expect(key({ keyCode: 229 })).toBe("none"); // Safari, after compositionend
  });
  it.each([
    ["/", 1, { sign: "/", query: "", start: 0, end: 1 }],
    ["您好 /tk", 6, { sign: "/", query: "tk", start: 3, end: 6 }],
    ["第一行\n@退款", 7, { sign: "@", query: "退款", start: 4, end: 7 }],
    ["a@b.com", 7, null],
    ["https://a.example", 10, null],
    ["/tk 后面", 6, null],
  ])("%j at %i opens %j", (value, caret, expected) => expect(triggerAt(value, caret)).toEqual(expected));
});

describe("filters", () => {
  const double = new Double();
  double.signedInAs = 1;
  const all = double.d.conversations;
  it.each(views)("%s: what an event says belongs is what the server lists", (view) => {
    for (const inbox of [null, 1])
      for (const label of [null, 1]) {
        const f = { view, inbox, label };
        const query = new URLSearchParams({ limit: "100" });
        for (const [k, v] of Object.entries(listQuery(f))) if (v !== null) query.set(k, String(v));
        const listed = (double.handle("GET", `/api/v1/conversations?${query}`).body as { items: Conversation[] }).items;
        const own = all.filter((c) => belongs(c, f, 1)).sort(inOrder(f));
        expect(own.map((c) => c.id)).toEqual(listed.map((c) => c.id));
      }
  });
  it("read a deep link, and ignore what makes no sense", () => {
    expect(filterFromQuery({ view: "waiting", inbox: "2", label: "x" })).toEqual({
      view: "waiting",
      inbox: 2,
      label: null,
    });
    expect(filterFromQuery({ view: "nonsense" }).view).toBe("mine");
  });
});

describe("timeline", () => {
  it("parts days, joins runs of one sender, and puts unsent ones last", () => {
    const rows = timeline(
      [
        message(1),
        message(2),
        message(3, { sender: "agent", sender_name: "A" }),
        message(4, { kind: "activity" }),
        message(5, { created_at: "2026-01-09T03:00:00Z" }),
      ],
      [
        {
          client_id: "c",
          conversation_id: 1,
          kind: "text",
          blocks: text("x"),
          created_at: "",
          state: "sending",
          error: null,
        },
      ],
    );
    expect(
      rows.map((r) => (r.type === "message" ? `${r.message.id}${r.first ? "f" : ""}${r.last ? "l" : ""}` : r.type)),
    ).toEqual(["day", "1f", "2l", "3fl", "4fl", "day", "5fl", "pending"]);
  });
});

describe("drafts", () => {
  it("are kept for each conversation and go when empty", () => {
    keepDraft(1, { text: "一", parts: [], note: false });
    keepDraft(2, { text: "二", parts: [], note: true });
    expect(draftOf(1).text).toBe("一");
    expect(draftOf(2)).toEqual({ text: "二", parts: [], note: true });
    keepDraft(1, { text: "  ", parts: [], note: false });
    expect(draftOf(1).text).toBe("");
  });
});

describe("snooze", () => {
  it("names Monday only when tomorrow is not one", () => {
    const keys = (d: Date) => snoozeTimes(d).map((s) => s.key);
    expect(keys(new Date(2026, 0, 4, 10))).not.toContain("monday"); // a Sunday
    const wednesday = snoozeTimes(new Date(2026, 0, 7, 10));
    expect(wednesday.at(-1)!.at).toEqual(new Date(2026, 0, 12, 9));
  });
});

describe("highlight", () => {
  it("marks the words and loses nothing", () => {
    const pieces = highlight("退款多久到账 (退款)", "退款 (");
    expect(pieces.filter((p) => p.hit).map((p) => p.text)).toEqual(["退款", "(", "退款"]);
    expect(pieces.map((p) => p.text).join("")).toBe("退款多久到账 (退款)");
  });
});

describe("store against the protocol double", () => {
  let double: Double;
  let store: ReturnType<typeof useConversations>;
  let online = true;
  beforeEach(async () => {
    setActivePinia(createPinia());
    await setLocale("zh-CN");
    double = new Double();
    online = true;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      if (!online) throw new TypeError("offline");
      const a = double.handle(init.method!, url, init.body ? JSON.parse(init.body as string) : null, init.headers);
      return new Response(a.body === undefined ? null : JSON.stringify(a.body), { status: a.status });
    });
    await useSession().signIn("lina@shop.example", "demo-password");
    store = useConversations();
    double.listeners.add((f) => (f as LiveEvent).type === "event" && store.onEvent(structuredClone(f) as LiveEvent));
    await store.loadList(filterFromQuery({ view: "all" }));
  });

  it("shows a message at once and once, whichever of answer and event comes first", async () => {
    const id = store.list[0]!.id;
    await store.loadThread(id);
    const before = store.threads.get(id)!.messages.length;
    const sending = store.send(id, "text", text("您好"));
    expect(store.pending.map((p) => p.state)).toEqual(["sending"]);
    await sending;
    expect(store.pending).toEqual([]);
    expect(store.threads.get(id)!.messages.length).toBe(before + 1);
  });

  it("keeps what could not be sent and stores it once when tried again", async () => {
    const id = store.list[0]!.id;
    await store.loadThread(id);
    online = false;
    await store.send(id, "text", text("断网"));
    expect(store.pending[0]).toMatchObject({ state: "failed" });
    online = true;
    store.retryFailed();
    store.retryFailed();
    await flushPromises();
    expect(store.pending).toEqual([]);
    expect(double.d.messages.filter((m) => m.client_id && JSON.stringify(m.blocks).includes("断网"))).toHaveLength(1);
    expect(store.threads.get(id)!.messages.filter((m) => JSON.stringify(m.blocks).includes("断网"))).toHaveLength(1);
  });

  it("sends in the order typed", async () => {
    const id = store.list[0]!.id;
    await store.loadThread(id);
    await Promise.all(["一", "二", "三"].map((x) => store.send(id, "text", text(x))));
    const last = store.threads.get(id)!.messages.slice(-3);
    expect(last.map((m) => (m.blocks[0] as { text: string }).text)).toEqual(["一", "二", "三"]);
  });

  it("moves a conversation between lists as events come, newest first", () => {
    const other = store.list[5]!;
    double.say(other.id, { blocks: text("还在吗") });
    expect(store.list[0]!.id).toBe(other.id);
    double.emit("conversation.updated", { ...double.conversation(other.id)!, status: "resolved" }, other.id);
    expect(store.list.some((c) => c.id === other.id)).toBe(false);
  });

  it("tells once when a conversation begins to wait", () => {
    const told: number[] = [];
    store.onWaiting((c) => told.push(c.id));
    const c = { ...store.list.find((x) => x.handler === "bot")!, handler: "waiting" as const };
    double.emit("conversation.updated", c, c.id);
    double.emit("conversation.updated", c, c.id);
    expect(told).toEqual([c.id]);
  });

  it("undoes a change that the server refuses", async () => {
    const c = store.list[0]!;
    double.failNext = { status: 409, body: { code: "conflict", detail: "taken" } };
    await expect(store.change(c.id, { priority: 3 })).rejects.toMatchObject({ code: "conflict" });
    expect(store.byId.get(c.id)!.priority).toBe(c.priority);
  });

  it("raises read marks, never lowers them", () => {
    const c = store.list[0]!;
    const mark = (message_id: number) =>
      store.onEvent({
        type: "event",
        seq: 1,
        kind: "conversation.read",
        at: "",
        conversation_id: c.id,
        data: { conversation_id: c.id, reader: "visitor", message_id },
      });
    mark(9000);
    mark(8000);
    expect(store.byId.get(c.id)!.visitor_read_id).toBe(9000);
  });

  it("loads everything again after a reset", async () => {
    expect(useLive().state).toBe("offline");
    const id = store.list[0]!.id;
    await store.loadThread(id);
    double.d.messages.push(message(99_999, { conversation_id: id }));
    await store.loadThread(id);
    expect(store.threads.get(id)!.messages.at(-1)!.id).toBe(99_999);
  });
});
