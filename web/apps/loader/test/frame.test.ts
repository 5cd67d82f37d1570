// @vitest-environment happy-dom
// @vitest-environment-options { "settings": { "disableIframePageLoading": true, "handleDisabledFileLoadingAsSuccess": true } }
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectFrame, type ToFrame, type ToHost } from "@zhike/api";
import { Launcher } from "../src/launcher";

const server = "https://chat.example";
function arrive(data: unknown, source: unknown, origin = server): void {
  const e = new MessageEvent("message", { data, origin });
  Object.defineProperty(e, "source", { value: source });
  window.dispatchEvent(e);
}

describe("messages between page and frame", () => {
  const peer = { postMessage: vi.fn() };
  const got = vi.fn<(m: ToHost) => void>();
  let line: ReturnType<typeof connectFrame<ToHost, ToFrame>>;
  beforeEach(() => {
    got.mockReset();
    peer.postMessage.mockReset();
    line = connectFrame<ToHost, ToFrame>(window, () => peer as unknown as Window, server, got);
  });
  afterEach(() => line.close());

  it("takes what has our mark, from the expected window and origin", () => {
    arrive({ zhike: 1, type: "ready" }, peer);
    expect(got).toHaveBeenCalledExactlyOnceWith({ zhike: 1, type: "ready" });
  });
  it.each([
    ["another origin", { zhike: 1, type: "close" }, peer, "https://evil.example"],
    ["a subdomain", { zhike: 1, type: "close" }, peer, "https://x.chat.example"],
    ["another window", { zhike: 1, type: "close" }, {}, server],
    ["no mark", { type: "close" }, peer, server],
    ["a text", "close", peer, server],
    ["null", null, peer, server],
    ["no type", { zhike: 1 }, peer, server],
  ])("ignores %s", (_, data, source, origin) => {
    arrive(data, source, origin);
    expect(got).not.toHaveBeenCalled();
  });
  it("posts to the peer's origin only", () => {
    line.post({ type: "visible", open: true });
    expect(peer.postMessage).toHaveBeenCalledExactlyOnceWith({ zhike: 1, type: "visible", open: true }, server);
  });
});

describe("launcher", () => {
  const config = { title: "青禾生活", brand_color: "#2f6b4f", launcher_position: "left", locale: "zh-CN" };
  let launcher: Launcher;
  const posted = vi.fn();
  const inside = { postMessage: posted } as unknown as Window; // the frame's window; nothing is loaded here
  const frame = (): HTMLIFrameElement | null => launcher.host.shadowRoot!.querySelector("iframe");
  const button = (): HTMLButtonElement => launcher.host.shadowRoot!.querySelector("button")!;
  const say = (m: object): void => arrive({ zhike: 1, ...m }, inside);

  beforeEach(async () => {
    localStorage.clear();
    posted.mockReset();
    vi.spyOn(HTMLIFrameElement.prototype, "contentWindow", "get").mockReturnValue(inside);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(config))));
    launcher = new Launcher({ server, token: "t&t", locale: "zh-CN" });
    await launcher.start();
  });
  afterEach(() => {
    launcher.host.remove();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("makes the frame at the first opening only, token and origin in the fragment", () => {
    expect(frame()).toBeNull();
    button().click();
    expect(frame()!.src).toBe(`${server}/widget/frame.html#token=t%26t&origin=${encodeURIComponent(location.origin)}`);
    expect(button().getAttribute("aria-expanded")).toBe("true");
    expect(launcher.host.dataset.side).toBe("left");
  });
  it("makes the frame at once where a conversation exists", async () => {
    button().click();
    say({ type: "conversation", exists: true });
    const again = new Launcher({ server, token: "t&t", locale: null });
    await again.start();
    expect(again.host.shadowRoot!.querySelector("iframe")).not.toBeNull();
    again.host.remove();
  });
  it("counts unread on the badge, in the label and to listeners", () => {
    const heard = vi.fn();
    const off = launcher.api.on("unread", heard);
    button().click();
    say({ type: "unread", count: 3 });
    expect(launcher.host.shadowRoot!.querySelector("b")!.textContent).toBe("3");
    say({ type: "close" });
    expect(button().getAttribute("aria-label")).toBe("打开在线客服，3 条未读消息");
    off();
    say({ type: "unread", count: 0 });
    expect(heard.mock.calls).toEqual([[0], [3]]);
  });
  it("hands customer and locale over once the frame is ready", () => {
    launcher.api.setUser({ external_id: "c1", hash: "h" });
    expect(posted).not.toHaveBeenCalled();
    say({ type: "ready" });
    const user = { external_id: "c1", hash: "h" };
    expect(posted).toHaveBeenCalledWith(
      expect.objectContaining({ zhike: 1, type: "init", locale: "zh-CN", user }),
      server,
    );
    launcher.api.setLocale("en");
    launcher.api.setUser(null);
    expect(posted.mock.calls.slice(-2).map((c) => (c[0] as { type: string }).type)).toEqual(["locale", "user"]);
  });
  it("closes on Escape and gives the focus back to the button", () => {
    launcher.api.open();
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(launcher.host.hasAttribute("data-open")).toBe(false);
    expect(launcher.host.shadowRoot!.activeElement).toBe(button());
  });
  it("refuses an event it does not have", () =>
    expect(() => launcher.api.on("x" as "unread", () => {})).toThrow(TypeError));
});
