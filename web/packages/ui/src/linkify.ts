// Plain text cut into text and http(s) links; nothing else becomes a link.
export type Piece = { text: string; url?: string };

export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const m of text.matchAll(/https?:\/\/[^\s<>"'，。；！？、（）【】《》]+/g)) {
    const url = m[0].replace(/[.,;:!?)\]]+$/, "");
    if (m.index > at) pieces.push({ text: text.slice(at, m.index) });
    pieces.push({ text: url, url });
    at = m.index + url.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}
