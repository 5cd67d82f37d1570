// Pure questions about a thread's messages.
import type { Block, Message } from "@zhike/api";
import type { Pending, VisitorConversation } from "./types";

// Server messages by id, each once, in order. Notes never reach a visitor; should one, it is not shown.
export function merge(messages: readonly Message[], more: readonly Message[]): Message[] {
  const byId = new Map(messages.map((m) => [m.id, m]));
  for (const m of more) byId.set(m.id, m);
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

export interface Row {
  key: string;
  mine: boolean;
  message: Message | null;
  pending: Pending | null;
  blocks: Block[];
  at: string;
  day: string; // local calendar day; a separator stands where it changes
  firstOfGroup: boolean;
  lastOfGroup: boolean;
  author: string; // "" for the visitor
  bot: boolean;
}

const groupGapMs = 5 * 60_000;
export function dayOf(iso: string): string {
  const d = new Date(iso);
  return `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()}`;
}

export function rows(messages: readonly Message[], pending: readonly Pending[], after: number): Row[] {
  const sent = new Set(messages.map((m) => m.client_id));
  const out: Row[] = [];
  for (const m of messages) {
    if (m.kind !== "text" || m.sender === "system" || m.conversation_id <= after) continue;
    const mine = m.sender === "visitor";
    out.push(
      row(
        m.client_id && mine ? m.client_id : `m${m.id}`,
        mine,
        m,
        null,
        m.blocks,
        m.created_at,
        m.sender_name ?? "",
        m.sender === "bot",
      ),
    );
  }
  for (const p of pending)
    if (!sent.has(p.client_id)) out.push(row(p.client_id, true, null, p, p.blocks, p.created_at, "", false));
  for (const [i, r] of out.entries()) {
    const before = out[i - 1];
    r.firstOfGroup = !before || !together(before, r);
    if (before) before.lastOfGroup = r.firstOfGroup;
  }
  return out;
}
function row(
  key: string,
  mine: boolean,
  message: Message | null,
  pending: Pending | null,
  blocks: Block[],
  at: string,
  author: string,
  bot: boolean,
): Row {
  return {
    key,
    mine,
    message,
    pending,
    blocks,
    at,
    day: dayOf(at),
    firstOfGroup: true,
    lastOfGroup: true,
    author: mine ? "" : author,
    bot,
  };
}
function together(a: Row, b: Row): boolean {
  return (
    a.mine === b.mine &&
    a.bot === b.bot &&
    a.author === b.author &&
    a.day === b.day &&
    Date.parse(b.at) - Date.parse(a.at) < groupGapMs
  );
}

export type SentState = "uploading" | "queued" | "sending" | "failed" | "sent" | "read";
export function sentState(r: Row, conversation: VisitorConversation | null): SentState {
  if (r.pending) return r.pending.state;
  return conversation?.agent_read_id != null && r.message!.id <= conversation.agent_read_id ? "read" : "sent";
}

// Messages from the other side that the visitor has not seen.
export function unread(messages: readonly Message[], readId: number): number {
  return messages.filter((m) => m.id > readId && m.kind === "text" && (m.sender === "bot" || m.sender === "agent"))
    .length;
}

// The choice taken of this row's buttons: the first later pick that is one of them.
export function pickedOf(all: readonly Row[], at: number): string | null {
  const ids = new Set(all[at]!.blocks.flatMap((b) => (b.type === "buttons" ? b.choices.map((c) => c.id) : [])));
  if (!ids.size) return null;
  for (const r of all.slice(at + 1)) {
    const pick = r.pending?.pick ?? r.message?.pick;
    if (r.mine && pick && ids.has(pick)) return pick;
  }
  return null;
}
