// What may be attached: the same bounds as the server, told before anything is sent.
export const maxFileBytes = 10 * 1024 * 1024;
export const maxFiles = 5; // of one message
export const kinds = ["png", "jpg", "jpeg", "gif", "webp", "pdf", "docx", "xlsx", "zip", "txt"];
export const accept = kinds.map((k) => `.${k}`).join(",");

export type Refusal = "too_large" | "kind" | "empty" | "too_many";

export function refusalOf(file: { name: string; size: number }, already: number): Refusal | null {
  if (already >= maxFiles) return "too_many";
  if (!kinds.includes(file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase())) return "kind";
  if (file.size === 0) return "empty";
  return file.size > maxFileBytes ? "too_large" : null;
}

export function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
