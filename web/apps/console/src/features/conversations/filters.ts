// The left-hand filters: what to ask the server for, and whether a conversation that changed still belongs.
// Both must say the same; filters.test.ts holds them together.
import type { Conversation, Id } from "@zhike/api";
import type { Query } from "@zhike/api";

export const views = ["mine", "unassigned", "waiting", "all", "snoozed", "resolved"] as const;
export type View = (typeof views)[number];
export interface Filter {
  view: View;
  inbox: Id | null;
  label: Id | null;
}

export function filterFromQuery(query: Record<string, unknown>): Filter {
  const id = (v: unknown): Id | null => (/^\d+$/.test(String(v ?? "")) ? Number(v) : null);
  const view = views.find((v) => v === query.view) ?? "mine";
  return { view, inbox: id(query.inbox), label: id(query.label) };
}

export function listQuery(f: Filter): Query {
  const byView: Record<View, Query> = {
    mine: { status: "open", assignee: "me" },
    unassigned: { status: "open", assignee: "none" },
    waiting: { status: "open", handler: "waiting", sort: "waiting" },
    all: { status: "open" },
    snoozed: { status: "snoozed" },
    resolved: { status: "resolved" },
  };
  return { ...byView[f.view], inbox: f.inbox, label: f.label };
}

export function belongs(c: Conversation, f: Filter, me: Id): boolean {
  if (f.inbox !== null && c.inbox_id !== f.inbox) return false;
  if (f.label !== null && !c.labels.includes(f.label)) return false;
  switch (f.view) {
    case "mine":
      return c.status === "open" && c.assignee_id === me;
    case "unassigned":
      return c.status === "open" && c.assignee_id === null;
    case "waiting":
      return c.status === "open" && c.handler === "waiting";
    case "all":
      return c.status === "open";
    default:
      return c.status === f.view;
  }
}

// The server's order: longest waiting first, else newest activity first; ids break ties.
export function inOrder(f: Filter): (a: Conversation, b: Conversation) => number {
  if (f.view === "waiting") return (a, b) => compare(a.waiting_since, b.waiting_since) || a.id - b.id;
  return (a, b) => compare(b.last_message_at ?? b.created_at, a.last_message_at ?? a.created_at) || b.id - a.id;
}
const compare = (a: string | null, b: string | null): number =>
  Date.parse(a ?? "9999-12-31") - Date.parse(b ?? "9999-12-31");
