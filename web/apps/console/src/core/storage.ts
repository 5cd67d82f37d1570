// What this browser remembers. Storage may be blocked (private windows, policy): then nothing is remembered, nothing fails.
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`zhike.${key}`);
    else localStorage.setItem(`zhike.${key}`, value);
  } catch {
    // see above
  }
}
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`zhike.${key}`);
  } catch {
    return null;
  }
}
