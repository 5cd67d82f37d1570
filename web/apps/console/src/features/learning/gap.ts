// What of a gap can be taught. Pure.
import type { LearningGap, LearningProposed } from "@zhike/api";

export const mostTitle = 160; // as an article's question may be long
export const mostSimilar = 300;
export const kinds = ["unanswered", "disliked", "low_rating"] as const;

const length = (s: string): number => [...s].length;
export const fits = (question: string): boolean => length(question) <= mostSimilar;
export const titleOf = (question: string): string =>
  [...question.replace(/\s+/g, " ").trim()].slice(0, mostTitle).join("");
// Wordings as ticked by default: all that an article may hold.
export const teachable = (gap: LearningGap): string[] => gap.questions.filter(fits);
// Proposals as ticked by default: all but those that lie nearer to another article.
export const chosen = (p: LearningProposed): boolean => fits(p.text) && !p.near;
// In the order of the list, what is not known here left out.
export const kindsOf = (gap: LearningGap): { kind: (typeof kinds)[number]; count: number }[] =>
  kinds.flatMap((kind) => (gap.kinds[kind] ? [{ kind, count: gap.kinds[kind] }] : []));
// The row after the one that went: the same place, or the last.
export const nextAt = (at: number, count: number): number => Math.max(0, Math.min(at, count - 1));
