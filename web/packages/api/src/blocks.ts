// What screens need to know about blocks: safe links, plain text.
import type { Block } from "./types";

// The schemes the server lets through; anything else is shown as text, never as a link.
export function safeUrl(url: string): string | null {
  if (/^\/(?!\/)/.test(url)) return url;
  try {
    return ["https:", "http:", "tel:", "mailto:"].includes(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

export function safeImageUrl(url: string): string | null {
  return /^(https:\/\/|\/(?!\/))/.test(url) ? url : null;
}

export function plainText(blocks: readonly Block[]): string {
  return blocks
    .map((b) => {
      switch (b.type) {
        case "text":
          return b.text;
        case "list":
          return b.items.map((item, i) => (b.ordered ? `${i + 1}. ${item}` : `• ${item}`)).join("\n");
        case "image":
          return b.alt ? `[${b.alt}]` : "";
        case "link":
          return b.title && b.title !== b.url ? `${b.title} ${b.url}` : b.url;
        case "buttons":
          return b.choices.map((c) => `[${c.label}]`).join(" ");
        case "card":
          return [b.title, b.text, b.url].filter(Boolean).join("\n");
        case "file":
          return `[${b.name}]`;
      }
    })
    .filter(Boolean)
    .join("\n");
}
