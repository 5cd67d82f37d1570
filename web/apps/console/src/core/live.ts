// The one live socket of the console and who listens to it. Features subscribe; nobody else touches the socket.
import { defineStore } from "pinia";
import { ref } from "vue";
import { LiveSocket, socketUrl, type Ephemeral, type LiveEvent, type LiveState } from "@zhike/api";

type Listener = (event: LiveEvent) => void;

export const useLive = defineStore("live", () => {
  const state = ref<LiveState>("offline");
  const everOnline = ref(false);
  const listeners = new Set<Listener>();
  const ephemeral = new Set<(frame: Ephemeral) => void>();
  const resets = new Set<() => void>();
  let socket: LiveSocket | null = null;

  function start(): void {
    if (socket) return;
    socket = new LiveSocket({
      url: () => socketUrl(),
      onEvent: (e) => listeners.forEach((f) => f(e)),
      onEphemeral: (f) => ephemeral.forEach((g) => g(f)),
      onReset: () => resets.forEach((f) => f()),
      onState: (s) => {
        state.value = s;
        if (s === "online") everOnline.value = true;
      },
    });
    socket.start();
  }
  function stop(): void {
    socket?.stop();
    socket = null;
    everOnline.value = false;
  }
  const send = (frame: Record<string, unknown>): boolean => socket?.send(frame) ?? false;
  const onEvent = (f: Listener) => (listeners.add(f), () => listeners.delete(f));
  const onEphemeral = (f: (frame: Ephemeral) => void) => (ephemeral.add(f), () => ephemeral.delete(f));
  const onReset = (f: () => void) => (resets.add(f), () => resets.delete(f));

  return { state, everOnline, start, stop, send, onEvent, onEphemeral, onReset };
});
