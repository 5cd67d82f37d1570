// An article as the editor holds it, and back. Pure.
import type { Article, ArticleInput, ArticleStatus, Block, BlockType } from "@zhike/api";

export interface Form {
  id: string;
  category: string;
  question: string;
  similar: string; // one a line
  answer: Block[];
  validFrom: string; // local, as <input type="datetime-local"> has it
  validUntil: string;
  channels: string; // comma-separated
  language: string;
  status: ArticleStatus;
}

export const emptyForm = (language = "zh-CN"): Form => ({
  id: "",
  category: "",
  question: "",
  similar: "",
  answer: [{ type: "text", text: "" }],
  validFrom: "",
  validUntil: "",
  channels: "",
  language,
  status: "published",
});

export function toLocal(iso: string | null): string {
  if (!iso) return "";
  const d = new Date(iso);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
export const fromLocal = (local: string): string | null => (local ? new Date(local).toISOString() : null);

// Blocks are plain JSON; structuredClone refuses the proxies that Vue makes of them.
export const copyBlocks = (blocks: readonly Block[]): Block[] => JSON.parse(JSON.stringify(blocks)) as Block[];

export function formOf(a: Article): Form {
  return {
    id: a.id,
    category: a.category,
    question: a.question,
    similar: a.similar.join("\n"),
    answer: copyBlocks(a.answer),
    validFrom: toLocal(a.valid_from),
    validUntil: toLocal(a.valid_until),
    channels: a.channels.join(", "),
    language: a.language,
    status: a.status,
  };
}

// Lines without blanks, list signs, the standard question itself and what was there before (width and case aside).
export function similarQuestions(text: string, question: string): { kept: string[]; dropped: number } {
  const key = (s: string): string =>
    s
      .normalize("NFKC")
      .toLowerCase()
      .replace(/[\s?？。.!！]/g, "");
  const seen = new Set([key(question)]);
  const lines = text
    .split(/\r?\n/)
    .map((l) => l.replace(/^\s*(?:[-•·*]|\d+[.、)）])\s*/, "").trim())
    .filter(Boolean);
  const kept = lines.filter((l) => !seen.has(key(l)) && seen.add(key(l)));
  return { kept, dropped: lines.length - kept.length };
}

const isEmpty = (b: Block): boolean => {
  switch (b.type) {
    case "text":
      return !b.text.trim();
    case "list":
      return b.items.every((i) => !i.trim());
    case "image":
    case "link":
      return !b.url.trim();
    case "buttons":
      return b.choices.length === 0;
    case "card":
      return !b.title.trim() && !b.text.trim();
    case "file":
      return false;
  }
};
export const meaningful = (blocks: readonly Block[]): Block[] =>
  blocks
    .filter((b) => !isEmpty(b))
    .map((b) => (b.type === "list" ? { ...b, items: b.items.map((i) => i.trim()).filter(Boolean) } : b));

export function inputOf(f: Form, translationOf = ""): ArticleInput {
  return {
    ...(f.id.trim() ? { id: f.id.trim() } : {}),
    category: f.category.trim(),
    question: f.question.trim(),
    similar: similarQuestions(f.similar, f.question).kept,
    answer: meaningful(f.answer),
    valid_from: fromLocal(f.validFrom),
    valid_until: fromLocal(f.validUntil),
    channels: f.channels
      .split(/[,，]/)
      .map((c) => c.trim())
      .filter(Boolean),
    language: f.language,
    translation_of: translationOf,
    status: f.status,
  };
}

export function newBlock(type: BlockType): Block {
  switch (type) {
    case "list":
      return { type, ordered: false, items: [] };
    case "image":
      return { type, url: "", alt: "" };
    case "link":
      return { type, url: "", title: "" };
    case "buttons":
      return { type, choices: [] };
    case "card":
      return { type, title: "", text: "", image_url: "", url: "" };
    default:
      return { type: "text", text: "" };
  }
}

export function liveness(
  a: Pick<Article, "valid_from" | "valid_until">,
  now = Date.now(),
): "live" | "scheduled" | "expired" {
  if (a.valid_until && Date.parse(a.valid_until) <= now) return "expired";
  if (a.valid_from && Date.parse(a.valid_from) > now) return "scheduled";
  return "live";
}
