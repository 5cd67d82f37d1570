// Where masked forms stand in a text, and which searches name a person. Pure.
import type { PersonalMark } from "@zhike/api";

export type Cut = { text: string; mask?: PersonalMark };

// The text of one field in pieces; marks count code points, and what does not fit the text is left out.
export function cut(text: string, marks: readonly PersonalMark[] | undefined, path: string): Cut[] {
  const mine = (marks ?? []).filter((m) => m.path === path).sort((a, b) => a.start - b.start);
  if (mine.length === 0) return [{ text }];
  const points = [...text];
  const out: Cut[] = [];
  let at = 0;
  for (const mask of mine) {
    if (mask.start < at || mask.end > points.length || mask.end <= mask.start) continue;
    if (mask.start > at) out.push({ text: points.slice(at, mask.start).join("") });
    out.push({ text: points.slice(mask.start, mask.end).join(""), mask });
    at = mask.end;
  }
  if (at < points.length) out.push({ text: points.slice(at).join("") });
  return out;
}

export const attributePath = (key: string): string => `/attributes/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

// A telephone number, an e-mail address or an identity card, however it is written: never put into an address.
export function namesAPerson(q: string): boolean {
  const half = q.normalize("NFKC").trim();
  const plain = half.replace(/[\s()\-.·—]/g, "");
  return (
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(half) ||
    /^(\+?86|0086)?1[3-9]\d{9}$/.test(plain) ||
    /^(\+?86|0086)?0\d{9,11}$/.test(plain) ||
    /^\d{17}[\dXx]$/.test(plain)
  );
}
