// What the composer makes of a key and of what stands before the caret. Pure, so that the tests can try every key.

export type KeyMeaning = "send" | "newline" | "none";

// Enter sends, Shift+Enter breaks the line. While an input method composes (Chinese, Japanese, Korean), Enter chooses a
// candidate and is never ours: isComposing in standard browsers; keyCode 229 in Safari, whose last keydown comes after
// compositionend.
export function meaningOf(
  e: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey" | "isComposing" | "keyCode">,
): KeyMeaning {
  if (e.key !== "Enter" || e.isComposing || e.keyCode === 229 || e.altKey) return "none";
  return e.shiftKey ? "newline" : "send";
}

export interface Trigger {
  sign: "/" | "@";
  query: string;
  start: number; // of the sign
  end: number; // the caret
}

// "/tk" or "@退款" just before the caret, at the start of the text or after white space (never inside a URL or an address).
export function triggerAt(text: string, caret: number): Trigger | null {
  const m = /(^|[\s\n])([/@])([^\s/@]{0,30})$/.exec(text.slice(0, caret));
  if (!m) return null;
  return { sign: m[2] as "/" | "@", query: m[3]!, start: caret - m[3]!.length - 1, end: caret };
}
