// A trace as the server keeps it, made whole for the screen: what a decision did not need (no candidates for small talk,
// reasons of the decision without single candidates) is simply absent there.
import type { Decision, Trace } from "@zhike/api";

interface Reason {
  feature: string;
  share: number;
  zh: string;
  en: string;
}
export type KeptTrace = Partial<Trace> & {
  right?: number;
  answer_at?: number;
  reasons?: Reason[];
  compared?: string[];
};
export interface ShownTrace extends Omit<Trace, "decision" | "probability" | "threshold" | "intents" | "alarm"> {
  decision: Decision | null;
  probability: number | null;
  threshold: number | null;
  reasons: { feature: string; value: number; text: string }[];
  intents: { id: number; name: string; probability: number }[];
  alarm: { kind: "danger" | "complaint" | "person"; probability: number }[]; // those worth a word, the likeliest first
  compared: string[]; // ids of the chosen article and of the runner-up
}

const worthAWord = 0.05;

export function readTrace(kept: KeptTrace, locale: string): ShownTrace {
  return {
    message_id: kept.message_id ?? null,
    q: kept.q ?? "",
    normalised: kept.normalised ?? "",
    repaired: kept.repaired ?? null,
    language: kept.language ?? "",
    decision: kept.decision ?? null,
    reason: kept.reason ?? "",
    probability: kept.probability ?? kept.right ?? null,
    threshold: kept.threshold ?? kept.answer_at ?? null,
    stages: (kept.stages ?? []).map((s) => ({ name: s.name, ms: s.ms, detail: s.detail ?? "" })),
    candidates: (kept.candidates ?? []).map((c) => ({
      ...c,
      features: c.features ?? {},
      contributions: c.contributions ?? [],
    })),
    alarm: (["danger", "complaint", "person"] as const)
      .map((kind) => ({ kind, probability: kept.alarm?.[kind] ?? 0 }))
      .filter((a) => a.probability >= worthAWord)
      .sort((a, b) => b.probability - a.probability),
    intents: kept.intents ?? [],
    intent: kept.intent ?? null,
    compared: kept.compared ?? [],
    reasons: (kept.reasons ?? []).map((r) => ({
      feature: r.feature,
      value: r.share,
      text: locale === "en" ? r.en : r.zh,
    })),
  };
}
