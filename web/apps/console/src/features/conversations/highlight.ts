// The places of the searched words in a snippet, as pieces of text (never as HTML).
export function highlight(text: string, q: string): { text: string; hit: boolean }[] {
  const words = q
    .split(/\s+/)
    .filter(Boolean)
    .map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (words.length === 0) return [{ text, hit: false }];
  return text
    .split(new RegExp(`(${words.join("|")})`, "gi"))
    .map((piece, i) => ({ text: piece, hit: i % 2 === 1 }))
    .filter((p) => p.text);
}
