// What the intent screens share: an intent as it is edited, one example a line, and what the figures say of it.
import type { Id, Intent, IntentDraft, IntentFigures, IntentRate } from "@zhike/api";

export const fewestExamples = 5; // below, an intent is not trained
export const mostExamples = 200;

export interface Form {
  name: string;
  description: string;
  examples: string; // one a line
  leads_to: Intent["leads_to"];
  team_id: Id | null;
  flow: string | null;
  label_id: Id | null;
  priority: number;
}

export const emptyForm = (): Form => ({
  name: "",
  description: "",
  examples: "",
  leads_to: "nothing",
  team_id: null,
  flow: null,
  label_id: null,
  priority: 0,
});

export const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split("\n")
      .map((l) => l.trim())
      .filter(Boolean),
  ),
];

export const formOf = (i: Intent): Form => ({
  name: i.name,
  description: i.description,
  examples: i.examples.join("\n"),
  leads_to: i.leads_to,
  team_id: i.team_id,
  flow: i.flow,
  label_id: i.label_id,
  priority: i.priority,
});

export const draftOf = (f: Form): IntentDraft => ({ ...f, examples: linesOf(f.examples) });

export const rateText = (r: IntentRate, percent: (p: number, digits?: number) => string): string =>
  r.value === null ? "—" : percent(r.value, 1);

// What was left out of one intent: how many of its examples came back to it, and what takes the others.
export function ofIntent(figures: IntentFigures | null, id: Id) {
  return {
    figure: figures?.intents.find((i) => i.id === id) ?? null,
    confusions: figures?.confusions.filter((c) => c.id === id) ?? [],
    doubts: figures?.doubts.filter((d) => d.id === id) ?? [],
    overlaps: figures?.overlaps.filter((o) => o.id === id) ?? [],
  };
}
