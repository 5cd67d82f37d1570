import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveSocket, type LiveOptions } from "./live";
import type { LiveEvent } from "./types";

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  lose() {
    this.readyState = 3;
    this.onclose?.();
  }
}
const last = () => FakeSocket.all.at(-1)!;
const event = (seq: number) => ({ type: "event", seq, kind: "message.created", at: "", conversation_id: 1, data: {} });

function start(options: Partial<LiveOptions> = {}) {
  const seqs: number[] = [];
  const live = new LiveSocket({
    url: () => "ws://test",
    socket: () => new FakeSocket() as unknown as WebSocket,
    random: () => 1,
    onEvent: (e: LiveEvent) => seqs.push(e.seq),
    ...options,
  });
  live.start();
  return { live, seqs };
}

describe("live socket", () => {
  beforeEach(() => {
    FakeSocket.all = [];
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it("says hello, then takes each event once and in order", () => {
    const { seqs } = start();
    last().open();
    expect(last().sent).toEqual([{ type: "hello", since_seq: null }]);
    last().say({ type: "welcome", seq: 10 });
    for (const s of [10, 11, 11, 12, 9, 13]) last().say(event(s));
    expect(seqs).toEqual([11, 12, 13]);
  });

  it("resumes from the last event seen", () => {
    const { seqs } = start();
    last().open();
    last().say({ type: "welcome", seq: 10 });
    last().say(event(11));
    last().lose();
    vi.advanceTimersByTime(500);
    last().open();
    expect(last().sent[0]).toEqual({ type: "hello", since_seq: 11 });
    last().say({ type: "welcome", seq: 14 });
    for (const s of [12, 13, 14, 15]) last().say(event(s));
    expect(seqs).toEqual([11, 12, 13, 14, 15]);
  });

  it("backs off twice as long each time, up to 30 s, and at once when the network is back", () => {
    start();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const count = FakeSocket.all.length;
      last().lose();
      let waited = 0;
      while (FakeSocket.all.length === count) {
        vi.advanceTimersByTime(100);
        waited += 100;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    last().lose();
    const count = FakeSocket.all.length;
    window.dispatchEvent(new Event("online"));
    expect(FakeSocket.all.length).toBe(count + 1);
  });

  it("finds a dead connection by the heartbeat", () => {
    const { live } = start();
    last().open();
    last().say({ type: "welcome", seq: 1 });
    vi.advanceTimersByTime(25_000);
    expect(last().sent.at(-1)).toEqual({ type: "ping" });
    last().say({ type: "pong" });
    vi.advanceTimersByTime(25_000);
    expect(live.state).toBe("online");
    vi.advanceTimersByTime(10_000);
    expect(live.state).toBe("offline");
  });

  it("asks for a reload when too far behind, and when the server went back in time", () => {
    const onReset = vi.fn();
    const { live } = start({ onReset, sinceSeq: 500 });
    last().open();
    last().say({ type: "reset", seq: 90_000 });
    expect(onReset).toHaveBeenCalledTimes(1);
    expect(live.seq).toBe(90_000);
    last().lose();
    vi.advanceTimersByTime(500);
    last().open();
    last().say({ type: "welcome", seq: 3 });
    expect(onReset).toHaveBeenCalledTimes(2);
    expect(live.seq).toBe(3);
  });

  it("ignores what an abandoned connection still says", () => {
    const { seqs, live } = start();
    const old = last();
    old.open();
    old.say({ type: "welcome", seq: 1 });
    vi.advanceTimersByTime(35_000);
    old.say(event(2));
    expect(seqs).toEqual([]);
    live.stop();
    expect(live.state).toBe("offline");
  });
});
