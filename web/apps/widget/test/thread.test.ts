import { describe, expect, it } from "vitest";
import type { Message } from "@zhike/api";
import { accept, kinds, maxFileBytes, maxFiles, refusalOf } from "../src/files";
import { chooseLocale, en, fill, zh } from "../src/texts";
import { merge, pickedOf, rows, sentState, unread } from "../src/thread";
import type { Pending, VisitorConversation } from "../src/types";

const message = (id: number, change: Partial<Message> = {}): Message => ({
  id,
  conversation_id: 1,
  sender: "bot",
  sender_name: "小禾",
  kind: "text",
  blocks: [{ type: "text", text: `m${id}` }],
  client_id: null,
  pick: null,
  article_id: null,
  article_question: null,
  decision: null,
  probability: null,
  feedback: 0,
  created_at: `2026-01-05T08:0${id}:00Z`,
  ...change,
});
const pending = (client_id: string, change: Partial<Pending> = {}): Pending => ({
  client_id,
  blocks: [],
  pick: null,
  created_at: "2026-01-05T08:09:00Z",
  state: "queued",
  error: "",
  progress: 0,
  ...change,
});

describe("thread", () => {
  it("holds each message once, in order, newest version", () => {
    const merged = merge([message(2), message(1)], [message(2, { feedback: 1 }), message(3)]);
    expect(merged.map((m) => [m.id, m.feedback])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
  });
  it("shows a message once while its acknowledgement is on the way", () => {
    const mine = message(1, { sender: "visitor", client_id: "c" });
    expect(rows([mine], [pending("c"), pending("d")], 0).map((r) => r.key)).toEqual(["c", "d"]);
  });
  it("hides notes, activities and conversations left behind", () => {
    const all = [
      message(1),
      message(2, { kind: "note" }),
      message(3, { kind: "activity", sender: "system" }),
      message(4, { conversation_id: 2 }),
    ];
    expect(rows(all, [], 1).map((r) => r.message!.id)).toEqual([4]);
  });
  it("groups what one says in a row", () => {
    const r = rows([message(1), message(2), message(3, { sender: "agent", sender_name: "李娜" })], [], 0);
    expect(r.map((x) => [x.firstOfGroup, x.lastOfGroup])).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
  });
  it("knows sent from read", () => {
    const [r] = rows([message(5, { sender: "visitor" })], [], 0);
    expect(sentState(r!, { agent_read_id: 4 } as VisitorConversation)).toBe("sent");
    expect(sentState(r!, { agent_read_id: 5 } as VisitorConversation)).toBe("read");
  });
  it("counts only the other side's messages as unread", () => {
    const all = [message(1), message(2, { sender: "visitor" }), message(3, { kind: "activity" }), message(4)];
    expect(unread(all, 1)).toBe(1);
  });
  it("finds the choice taken, also before it is acknowledged", () => {
    const asks = message(1, { blocks: [{ type: "buttons", choices: [{ id: "article:A", label: "A" }] }] });
    const at = (p: Pending[]) => pickedOf(rows([asks], p, 0), 0);
    expect(at([])).toBeNull();
    expect(at([pending("c", { pick: "article:B" })])).toBeNull();
    expect(at([pending("c", { pick: "article:A" })])).toBe("article:A");
  });
});

describe("files", () => {
  it.each([
    ["a.png", 1, 0, null],
    ["A.JPG", maxFileBytes, 0, null],
    ["a.png", maxFileBytes + 1, 0, "too_large"],
    ["a.exe", 1, 0, "kind"],
    ["png", 1, 0, null],
    ["a.html", 1, 0, "kind"],
    ["a.txt", 0, 0, "empty"],
    ["a.pdf", 1, maxFiles, "too_many"],
  ])("%s of %i bytes beside %i: %s", (name, size, already, expected) =>
    expect(refusalOf({ name, size }, already)).toBe(expected),
  );
  it("offers in the picker exactly what it takes", () => expect(accept.split(",")).toEqual(kinds.map((k) => `.${k}`)));
});

describe("texts", () => {
  it("have the same keys and the same gaps in both languages", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    const gaps = (s: string): string[] => (s.match(/\{\w+\}/g) ?? []).sort();
    for (const k of Object.keys(zh) as (keyof typeof zh)[]) {
      expect(en[k], k).not.toBe("");
      expect(gaps(en[k]), k).toEqual(gaps(zh[k]));
    }
  });
  it.each([
    [["en-GB"], "en"],
    [[null, "zh-TW"], "zh-CN"],
    [["fr", "en"], "en"],
    [["fr", undefined], "zh-CN"],
  ] as const)("%j speaks %s", (wishes, expected) => expect(chooseLocale(...wishes)).toBe(expected));
  it("fills gaps and leaves unknown ones", () => expect(fill("{n} of {m}", { n: 1 })).toBe("1 of {m}"));
});
