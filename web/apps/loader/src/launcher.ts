// The button on a company's page and the frame it opens. Nothing of the conversation lives here: the frame holds it.
import { connectFrame, type Connection, type Identity, type ToFrame, type ToHost, type ZhikeApi } from "@zhike/api";
import { brandTokens } from "@zhike/tokens";
import { style } from "./style";

interface Options {
  server: string; // origin of the Zhike server
  token: string; // website token
  locale: string | null;
}
interface Config {
  title: string;
  brand_color: string;
  launcher_position: "right" | "left";
  locale: string;
}

const texts = {
  zh: { open: "打开在线客服", close: "关闭在线客服", unread: (n: number) => `，${n} 条未读消息` },
  en: { open: "Open chat", close: "Close chat", unread: (n: number) => `, ${n} unread` },
};
const maxAttempts = 6;
// Built, not parsed: a page may demand trusted types.
function icon(className: string, ...paths: string[]): SVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const set = (e: SVGElement, attributes: Record<string, string>): SVGElement => {
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    return e;
  };
  const svg = set(document.createElementNS(ns, "svg"), {
    class: className,
    viewBox: "0 0 24 24",
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
  });
  svg.append(...paths.map((d) => set(document.createElementNS(ns, "path"), { d })));
  return svg;
}

export class Launcher {
  readonly host = document.createElement("div");
  private readonly root = this.host.attachShadow({ mode: "open" });
  private readonly button = document.createElement("button");
  private readonly badge = document.createElement("b");
  private readonly panel = document.createElement("div");
  private frame: HTMLIFrameElement | null = null;
  private line: Connection<ToFrame> | null = null;
  private ready = false;
  private config: Config | null = null;
  private opened = false;
  private unread = 0;
  private user: Identity | null | undefined; // undefined: the page has said nothing
  private listeners = new Set<(count: number) => void>();
  private scrollBefore = "";

  constructor(private readonly options: Options) {
    this.key = `zhike:${options.token}:conversation`;
  }

  readonly api: ZhikeApi = Object.freeze({
    open: () => this.show(true),
    close: () => this.show(false),
    setUser: (user: Identity | null) => {
      this.user = user;
      // A signed-in customer may have a conversation begun elsewhere, and a signed-out one leaves: the frame must know.
      if (this.ready) this.line!.post({ type: "user", user });
      else if (user && this.config) this.makeFrame();
    },
    setLocale: (locale: string) => {
      this.options.locale = locale;
      if (this.ready) this.line!.post({ type: "locale", locale });
      this.label();
    },
    on: (event: "unread", f: (count: number) => void) => {
      if (event !== "unread") throw new TypeError(`zhike: there is no event "${String(event)}"`);
      this.listeners.add(f);
      f(this.unread);
      return () => this.listeners.delete(f);
    },
  });

  async start(): Promise<void> {
    this.config = await this.fetchConfig();
    if (!this.config) return;
    if (document.readyState === "loading")
      await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
    this.build(this.config);
    if (this.opened || this.user || this.remembered()) this.makeFrame();
    if (this.opened) this.reflect();
  }

  private async fetchConfig(): Promise<Config | null> {
    const { server, token } = this.options;
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      try {
        const r = await fetch(`${server}/api/v1/widget/${encodeURIComponent(token)}/config`, { credentials: "omit" });
        if (r.ok) return (await r.json()) as Config;
        if (r.status < 500 && r.status !== 429) {
          console.error(`zhike: the server refused the website token (${r.status})`);
          return null;
        }
      } catch {
        // No network: the pause below, then again.
      }
      await new Promise((done) => setTimeout(done, 1000 * 2 ** attempt * (0.5 + Math.random() / 2)));
    }
    return null;
  }

  private build(config: Config): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    this.root.adoptedStyleSheets = [sheet];
    this.host.dataset.side = config.launcher_position === "left" ? "left" : "right";
    this.button.type = "button";
    this.button.append(
      icon("chat", "M21 12a8 8 0 0 1-8 8H4l1.6-3.2A8 8 0 1 1 21 12Z", "M9 12h.01M13 12h.01M17 12h.01"),
      icon("shut", "m6 9 6 6 6-6"),
    );
    this.badge.hidden = true;
    this.badge.setAttribute("aria-hidden", "true");
    this.button.append(this.badge);
    this.button.addEventListener("click", () => this.show(!this.opened));
    this.panel.className = "panel";
    this.panel.setAttribute("role", "region");
    this.root.append(this.panel, this.button);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const paint = (): void => {
      const theme = dark.matches ? "dark" : "light";
      const tokens = brandTokens(config.brand_color, theme) ?? brandTokens("#0b7466", theme)!;
      for (const name of ["--brand", "--brand-hover", "--on-brand", "--focus"])
        this.host.style.setProperty(name, tokens[name]!);
      this.host.style.setProperty("--panel", theme === "dark" ? "#161d1c" : "#fff");
    };
    dark.addEventListener("change", paint);
    addEventListener("keydown", (e) => {
      if (e.key === "Escape" && this.opened && !e.defaultPrevented) this.show(false);
    });
    paint();
    this.label();
    document.body.append(this.host);
  }

  private makeFrame(): void {
    if (this.frame) return;
    const { server, token } = this.options;
    this.frame = document.createElement("iframe");
    this.frame.allow = "clipboard-write";
    // In the fragment, so that neither token nor page address reaches a log.
    this.frame.src = `${server}/widget/frame.html#token=${encodeURIComponent(token)}&origin=${encodeURIComponent(location.origin)}`;
    this.line = connectFrame<ToHost, ToFrame>(
      window,
      () => this.frame?.contentWindow,
      server,
      (m) => this.receive(m),
    );
    this.panel.append(this.frame);
    this.label();
  }

  private receive(m: ToHost): void {
    switch (m.type) {
      case "ready":
        this.ready = true;
        this.line!.post({
          type: "init",
          open: this.opened,
          locale: this.options.locale,
          user: this.user,
          page_url: location.origin + location.pathname, // a query may hold what is not ours to know
        });
        break;
      case "unread":
        this.setUnread(Number(m.count) || 0);
        break;
      case "conversation":
        this.remember(m.exists === true);
        break;
      case "close":
        this.show(false);
        break;
    }
  }

  private show(open: boolean): void {
    if (open === this.opened) return;
    this.opened = open;
    if (!this.config) return; // start() looks again
    if (open) this.makeFrame();
    this.reflect();
    if (this.ready) this.line!.post({ type: "visible", open });
  }

  private reflect(): void {
    this.host.toggleAttribute("data-open", this.opened);
    this.label();
    const page = document.documentElement;
    if (this.opened) {
      this.scrollBefore = page.style.overflow;
      if (matchMedia("(max-width: 480px)").matches) page.style.overflow = "hidden";
      this.frame?.focus();
    } else {
      page.style.overflow = this.scrollBefore;
      this.button.focus({ preventScroll: true });
    }
  }

  private setUnread(count: number): void {
    if (count === this.unread) return;
    this.unread = count;
    this.badge.hidden = count === 0;
    this.badge.textContent = count > 99 ? "99+" : String(count);
    this.label();
    this.listeners.forEach((f) => f(count));
  }

  private label(): void {
    const locale = this.options.locale || navigator.language || this.config?.locale || "zh-CN";
    const t = locale.toLowerCase().startsWith("zh") ? texts.zh : texts.en;
    const label = this.opened ? t.close : t.open + (this.unread ? t.unread(this.unread) : "");
    this.button.setAttribute("aria-label", label);
    this.button.setAttribute("aria-expanded", String(this.opened));
    this.panel.setAttribute("aria-label", this.config?.title ?? "");
    if (this.frame) this.frame.title = this.config?.title || t.open;
  }

  // Whether this browser has a conversation: then the frame is made at once, so that answers are noticed.
  private readonly key: string;
  private remembered(): boolean {
    try {
      return localStorage.getItem(this.key) === "1";
    } catch {
      return false;
    }
  }
  private remember(exists: boolean): void {
    try {
      if (exists) localStorage.setItem(this.key, "1");
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is forbidden here: the frame is then made at the first opening only.
    }
  }
}
