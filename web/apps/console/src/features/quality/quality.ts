// Figures of answers as this page says them.
import type { Quality, QualityFates, QualityFigures } from "@zhike/api";
import { percent } from "@console/core/format";

export const targetRange = { min: 0.8, max: 0.995, step: 0.005 } as const;
export const measures = ["precision", "coverage", "reach"] as const;
export type Measure = (typeof measures)[number];

// Targets are set to half a percent; a slider's sums are not.
export const rounded = (target: number): number => Math.round(target * 1000) / 1000;
export const targetText = (target: number): string => percent(target, 1);

export interface Shown {
  value: number | null; // null: nothing to count
  low: number;
  high: number;
  k: number;
  n: number;
}
export function shown(f: QualityFigures, m: Measure): Shown {
  const [k, n] =
    m === "precision" ? [f.right, f.answered] : m === "coverage" ? [f.right, f.answerable] : [f.reached, f.answerable];
  return { value: f[m], low: f[`${m}_low`], high: f[`${m}_high`], k, n };
}

export const fates = ["answered", "asked_back", "not_known", "handed_over"] as const satisfies (keyof QualityFates)[];

// Points of the curve as percentages; where nothing was answered there is no precision to draw.
export function curveOf(curve: Quality["curve"]): { categories: string[]; values: Record<Measure, number[]> } {
  const drawn = curve.filter((p) => p.precision !== null);
  const value = (v: number | null): number => Math.round((v ?? 0) * 1000) / 10;
  return {
    categories: drawn.map((p) => p.threshold.toFixed(2)),
    values: {
      precision: drawn.map((p) => value(p.precision)),
      coverage: drawn.map((p) => value(p.coverage)),
      reach: drawn.map((p) => value(p.reach)),
    },
  };
}
// The drawn threshold nearest to the one in use, for its mark.
export function nearest(categories: readonly string[], threshold: number | null): string | null {
  if (threshold === null || !categories.length) return null;
  return categories.reduce((best, c) =>
    Math.abs(Number(c) - threshold) < Math.abs(Number(best) - threshold) ? c : best,
  );
}
