// What the widget keeps in the browser, per website token. Where storage is forbidden, it lasts as long as the page.
import type { Pending } from "./types";

export interface Kept {
  token: string | null; // the visitor's
  external_id: string | null; // of the signed-in customer the token is for
  closed_conversation: number; // the visitor has left this one behind: a new one starts
}
const nothing: Kept = { token: null, external_id: null, closed_conversation: 0 };

export interface Shelf {
  getItem: (key: string) => string | null;
  setItem: (key: string, value: string) => void;
  removeItem: (key: string) => void;
  keys: () => string[];
}

export function browserShelf(): Shelf {
  try {
    const s = window.localStorage;
    s.getItem("zhike");
    return {
      getItem: (k) => s.getItem(k),
      setItem: (k, v) => s.setItem(k, v),
      removeItem: (k) => s.removeItem(k),
      keys: () => Object.keys(s),
    };
  } catch {
    const m = new Map<string, string>();
    return {
      getItem: (k) => m.get(k) ?? null,
      setItem: (k, v) => void m.set(k, v),
      removeItem: (k) => void m.delete(k),
      keys: () => [...m.keys()],
    };
  }
}

export class Store {
  private readonly prefix: string;
  constructor(
    websiteToken: string,
    private readonly shelf: Shelf,
  ) {
    this.prefix = `zhike:${websiteToken}:`;
  }

  get kept(): Kept {
    return { ...nothing, ...(this.read(this.prefix + "visitor") as Partial<Kept> | null) };
  }
  keep(change: Partial<Kept>): void {
    this.write(this.prefix + "visitor", { ...this.kept, ...change });
  }
  forget(): void {
    this.shelf.removeItem(this.prefix + "visitor");
    this.pending().forEach((p) => this.removePending(p.client_id));
  }

  // One entry a message: two tabs then never overwrite each other's.
  pending(): Pending[] {
    return this.shelf
      .keys()
      .filter((k) => k.startsWith(this.prefix + "out:"))
      .map((k) => this.read(k) as Pending | null)
      .filter((p): p is Pending => !!p && typeof p.client_id === "string" && Array.isArray(p.blocks))
      .sort((a, b) => a.created_at.localeCompare(b.created_at));
  }
  putPending(p: Pending): void {
    this.write(`${this.prefix}out:${p.client_id}`, p);
  }
  removePending(clientId: string): void {
    this.shelf.removeItem(`${this.prefix}out:${clientId}`);
  }
  // The message a storage event of another tab speaks of.
  pendingKey(key: string | null): string | null {
    return key?.startsWith(this.prefix + "out:") ? key.slice(this.prefix.length + 4) : null;
  }

  private read(key: string): unknown {
    try {
      return JSON.parse(this.shelf.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }
  private write(key: string, value: unknown): void {
    try {
      this.shelf.setItem(key, JSON.stringify(value));
    } catch {
      // The quota is full: it still works until the page is closed.
    }
  }
}
