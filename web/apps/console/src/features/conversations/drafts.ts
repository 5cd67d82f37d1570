// What was typed and not yet sent, one for each conversation; kept on this device, bounded, gone once sent.
import type { Block, Id } from "@zhike/api";
import { recall, remember } from "@console/core/storage";

export interface Draft {
  text: string;
  parts: Block[]; // attachments and inserted blocks, sent after the text
  note: boolean;
}
const most = 100;
export const emptyDraft = (): Draft => ({ text: "", parts: [], note: false });

function all(): [Id, Draft][] {
  try {
    const stored: unknown = JSON.parse(recall("drafts") ?? "[]");
    return Array.isArray(stored) ? (stored as [Id, Draft][]) : [];
  } catch {
    return [];
  }
}
export function draftOf(id: Id): Draft {
  return all().find(([k]) => k === id)?.[1] ?? emptyDraft();
}
export function keepDraft(id: Id, draft: Draft): void {
  const others = all().filter(([k]) => k !== id);
  const empty = !draft.text.trim() && draft.parts.length === 0;
  const next = empty ? others : [...others, [id, draft] as [Id, Draft]].slice(-most);
  remember("drafts", next.length ? JSON.stringify(next) : null);
}
