// The live socket: hello with since_seq, resume without loss or double, heartbeat, back-off with jitter, reset.
// Framework-free; the clock, the randomness and the socket are injected so that tests need neither network nor time.
//
//   const live = new LiveSocket({ url, onEvent, onReset });   live.start();
//
// Invariant: onEvent sees every seq at most once and in rising order, whatever the connection does.
import type { Ephemeral, LiveEvent, ServerFrame } from "./types";

export type LiveState = "connecting" | "online" | "offline";

export interface LiveOptions {
  url: () => string;
  token?: () => string | null;
  onEvent: (event: LiveEvent) => void;
  onEphemeral?: (frame: Ephemeral) => void;
  onReset?: () => void; // too far behind, or another ledger: load everything again
  onState?: (state: LiveState) => void;
  onError?: (code: string, message: string) => void;
  sinceSeq?: number | null;
  socket?: (url: string) => WebSocket;
  random?: () => number;
}

const backoffFirstMs = 500;
const backoffMaxMs = 30_000;
const pingEveryMs = 25_000;
const deadAfterMs = 10_000; // no frame after a ping

export class LiveSocket {
  seq: number | null;
  state: LiveState = "offline";
  private ws: WebSocket | null = null;
  private attempts = 0;
  private wanted = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setTimeout> | undefined;
  private deadTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LiveOptions) {
    this.seq = options.sinceSeq ?? null;
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    if (typeof window !== "undefined") {
      window.addEventListener("online", this.wake);
      document.addEventListener("visibilitychange", this.wake);
    }
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    if (typeof window !== "undefined") {
      window.removeEventListener("online", this.wake);
      document.removeEventListener("visibilitychange", this.wake);
    }
    clearTimeout(this.retryTimer);
    this.drop();
    this.become("offline");
  }

  // False when not connected: typing and the like are then simply not said.
  send(frame: Record<string, unknown>): boolean {
    if (this.state !== "online" || !this.ws) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  // After sleep or when the network is back: do not wait for the back-off, and find a dead connection at once.
  private readonly wake = (): void => {
    if (!this.wanted || document.visibilityState === "hidden") return;
    if (this.state === "online") this.ping();
    else if (this.state === "offline") {
      clearTimeout(this.retryTimer);
      this.attempts = 0;
      this.connect();
    }
  };

  private connect(): void {
    this.become("connecting");
    const url = this.options.url();
    const ws = this.options.socket ? this.options.socket(url) : new WebSocket(url);
    this.ws = ws;
    this.watch();
    ws.onopen = () => {
      const token = this.options.token?.();
      ws.send(JSON.stringify({ type: "hello", since_seq: this.seq, ...(token ? { token } : {}) }));
    };
    ws.onmessage = (e) => {
      if (this.ws === ws) this.receive(String(e.data));
    };
    ws.onclose = () => {
      if (this.ws === ws) this.retry();
    };
  }

  private receive(text: string): void {
    let frame: ServerFrame;
    try {
      frame = JSON.parse(text) as ServerFrame;
    } catch {
      return; // not ours; the heartbeat decides whether the peer is sane
    }
    this.watchNext();
    switch (frame.type) {
      case "welcome":
        this.welcome(frame.seq);
        break;
      case "reset":
        this.seq = frame.seq;
        this.options.onReset?.();
        break;
      case "event":
        if (this.seq !== null && frame.seq <= this.seq) break;
        this.seq = frame.seq;
        this.options.onEvent(frame);
        break;
      case "typing":
      case "presence":
      case "queue":
        this.options.onEphemeral?.(frame);
        break;
      case "error":
        this.options.onError?.(frame.code, frame.message);
        break;
      case "pong":
        break;
    }
  }

  private welcome(seq: number): void {
    this.attempts = 0;
    if (this.seq === null) this.seq = seq;
    else if (seq < this.seq) {
      // The server knows less than we have seen: its data was restored from a backup.
      this.seq = seq;
      this.options.onReset?.();
    }
    this.become("online");
  }

  private retry(): void {
    this.drop();
    if (!this.wanted) return;
    this.become("offline");
    const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** this.attempts++);
    const random = this.options.random ?? Math.random;
    this.retryTimer = setTimeout(() => this.connect(), ceiling / 2 + (random() * ceiling) / 2);
  }

  private drop(): void {
    clearTimeout(this.pingTimer);
    clearTimeout(this.deadTimer);
    const ws = this.ws;
    this.ws = null;
    if (ws && ws.readyState <= 1) ws.close();
  }

  private ping(): void {
    this.ws?.send(JSON.stringify({ type: "ping" }));
    this.watch();
  }

  // Something must arrive soon, else the connection is dead.
  private watch(): void {
    clearTimeout(this.pingTimer);
    clearTimeout(this.deadTimer);
    this.deadTimer = setTimeout(() => this.retry(), deadAfterMs);
  }

  private watchNext(): void {
    clearTimeout(this.pingTimer);
    clearTimeout(this.deadTimer);
    this.pingTimer = setTimeout(() => this.ping(), pingEveryMs);
  }

  private become(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onState?.(state);
  }
}

export function socketUrl(path = "/api/v1/ws"): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${path}`;
}
