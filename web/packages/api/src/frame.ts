// What the loader on a company's page and the widget's frame say to each other, and the only way they do: every message
// must come from the expected window and the expected origin, and carry our mark; everything else is ignored.
//
//   const say = connectFrame<ToHost, ToFrame>(window, () => frame.contentWindow, origin, (m) => …);   say.post({ type: "visible", open: true });

export interface Identity {
  external_id: string;
  hash: string; // hex HMAC-SHA256(inbox secret, external_id), made by the company's server
  name?: string;
  email?: string;
  phone?: string;
  attributes?: Record<string, unknown>;
}

// window.zhike of a page that embeds the chat.
export interface ZhikeApi {
  open: () => void;
  close: () => void;
  setUser: (user: Identity | null) => void; // null: signed out; the next visitor of this browser sees nothing of it
  setLocale: (locale: string) => void;
  on: (event: "unread", f: (count: number) => void) => () => void; // called at once with the present count
}
declare global {
  interface Window {
    zhike?: ZhikeApi;
  }
}

export type ToFrame =
  | { type: "init"; open: boolean; locale: string | null; user?: Identity | null; page_url: string }
  | { type: "visible"; open: boolean }
  | { type: "user"; user: Identity | null }
  | { type: "locale"; locale: string };
export type ToHost =
  { type: "ready" } | { type: "unread"; count: number } | { type: "conversation"; exists: boolean } | { type: "close" };

export interface Connection<Out> {
  post: (message: Out) => void;
  close: () => void;
}

export function connectFrame<In extends { type: string }, Out extends { type: string }>(
  self: Window,
  peer: () => Window | null | undefined,
  peerOrigin: string,
  onMessage: (message: In) => void,
): Connection<Out> {
  const receive = (e: MessageEvent): void => {
    const from = peer();
    if (!from || e.source !== from || e.origin !== peerOrigin) return;
    const data: unknown = e.data;
    if (!data || typeof data !== "object") return;
    const { zhike, type } = data as { zhike?: unknown; type?: unknown };
    if (zhike === 1 && typeof type === "string") onMessage(data as In);
  };
  self.addEventListener("message", receive);
  return {
    post: (message) => peer()?.postMessage({ zhike: 1, ...message }, peerOrigin),
    close: () => self.removeEventListener("message", receive),
  };
}
