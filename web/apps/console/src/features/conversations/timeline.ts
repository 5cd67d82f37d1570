// Messages and unsent ones as the rows of a thread: days apart, one sender's run of messages together.
import type { Block, Id, Message } from "@zhike/api";

export interface Pending {
  client_id: string;
  conversation_id: Id;
  kind: "text" | "note";
  blocks: Block[];
  created_at: string;
  state: "sending" | "failed";
  error: unknown;
}
export type Row =
  | { type: "day"; key: string; at: string }
  | { type: "message"; key: string; message: Message; first: boolean; last: boolean }
  | { type: "pending"; key: string; pending: Pending };

const runMs = 5 * 60_000;

const sameRun = (a: Message | undefined, b: Message | undefined): boolean =>
  !!a &&
  !!b &&
  a.kind === b.kind &&
  a.kind !== "activity" &&
  a.sender === b.sender &&
  a.sender_name === b.sender_name &&
  new Date(a.created_at).toDateString() === new Date(b.created_at).toDateString() &&
  Math.abs(Date.parse(b.created_at) - Date.parse(a.created_at)) < runMs;

export function timeline(messages: readonly Message[], pending: readonly Pending[]): Row[] {
  const rows: Row[] = [];
  let day = "";
  messages.forEach((message, i) => {
    const today = new Date(message.created_at).toDateString();
    if (today !== day) {
      rows.push({ type: "day", key: `day ${today}`, at: message.created_at });
      day = today;
    }
    rows.push({
      type: "message",
      key: message.client_id ? `c ${message.client_id}` : `m ${message.id}`,
      message,
      first: !sameRun(messages[i - 1], message),
      last: !sameRun(message, messages[i + 1]),
    });
  });
  for (const p of pending) rows.push({ type: "pending", key: `c ${p.client_id}`, pending: p });
  return rows;
}
