// Messages on their way out: in order, one at a time, until the server has acknowledged each. A message keeps its client_id
// over retries, reloads and tabs, and the server stores a client_id once: so each is sent once, whatever happens in between.
import { isApiError, type ApiError } from "@zhike/api";
import type { Store } from "./store";
import type { Pending } from "./types";

const retryFirstMs = 1_000;
const retryMaxMs = 30_000;
export const maxPending = 50;

export interface OutboxOptions {
  store: Store;
  items: Pending[]; // shared with the view, which may watch it
  send: (p: Pending) => Promise<void>; // resolves after the commit
  random?: () => number;
}

export class Outbox {
  private running = false;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly o: OutboxOptions) {}

  // What an earlier page left behind.
  restore(): void {
    for (const p of this.o.store.pending())
      if (!this.find(p.client_id)) this.o.items.push({ ...p, state: "queued", error: "", progress: 0 });
    void this.flush();
  }

  get full(): boolean {
    return this.o.items.length >= maxPending;
  }

  add(p: Pending): void {
    this.o.items.push(p);
    if (p.state === "queued") this.ready(p.client_id);
  }
  // Files are up: from here on the message survives a reload.
  ready(clientId: string): void {
    const p = this.find(clientId);
    if (!p) return;
    p.state = "queued";
    this.o.store.putPending(p);
    void this.flush();
  }
  retry(clientId: string): void {
    const p = this.find(clientId);
    if (p?.state === "failed") this.ready(clientId);
  }
  // Acknowledged here or seen in the conversation, or given up by the visitor.
  remove(clientId: string): void {
    this.o.store.removePending(clientId);
    const at = this.o.items.findIndex((p) => p.client_id === clientId);
    if (at >= 0) this.o.items.splice(at, 1);
  }
  fail(clientId: string, code: string): void {
    const p = this.find(clientId);
    if (p) Object.assign(p, { state: "failed", error: code });
  }

  // The network is back: no reason to wait for the back-off.
  wake(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.attempts = 0;
    void this.flush();
  }
  stop(): void {
    clearTimeout(this.timer);
    this.o.items.splice(0);
  }

  find(clientId: string): Pending | undefined {
    return this.o.items.find((p) => p.client_id === clientId);
  }

  private async flush(): Promise<void> {
    if (this.running || this.timer) return;
    this.running = true;
    try {
      for (let p = this.next(); p; p = this.next()) {
        p.state = "sending";
        try {
          await this.o.send(p);
          this.attempts = 0;
          this.remove(p.client_id);
        } catch (e) {
          if (!isApiError(e) || !e.transient) {
            this.fail(p.client_id, isApiError(e) ? e.code : "internal");
            continue;
          }
          p.state = "queued";
          this.later(e);
          return;
        }
      }
    } finally {
      this.running = false;
    }
  }
  private next(): Pending | undefined {
    return this.o.items.find((p) => p.state === "queued");
  }
  private later(e: ApiError): void {
    const ceiling = Math.min(retryMaxMs, retryFirstMs * 2 ** this.attempts++);
    const pause =
      e.retryAfterS !== null ? e.retryAfterS * 1000 : ceiling / 2 + ((this.o.random ?? Math.random)() * ceiling) / 2;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, pause);
  }
}
