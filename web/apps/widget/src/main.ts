// The frame: who embeds it stands in the fragment; nothing else is taken from the address.
import { createApp, reactive } from "vue";
import { connectFrame, type Identity, type ToFrame, type ToHost } from "@zhike/api";
import "@zhike/tokens/tokens.css";
import "./style.css";
import App from "./App.vue";
import { Chat } from "./chat";
import { widgetKey, type Page } from "./context";
import { browserShelf, Store } from "./store";
import { chooseLocale } from "./texts";

const address = new URLSearchParams(location.hash.slice(1));
const websiteToken = address.get("token") ?? "";
const origin = address.get("origin") ?? "";
const embedded = window.parent !== window;
// Where the browser tells who embeds, the address must agree.
const ancestor = location.ancestorOrigins?.[0];
const trusted = embedded && origin !== "" && (ancestor === undefined || ancestor === origin);

const page: Page = reactive({ locale: null, open: !embedded, url: "", embedded: trusted });
const locale = (): string => chooseLocale(page.locale, navigator.language, chat.state.config?.locale);
const chat = new Chat({
  websiteToken,
  store: new Store(websiteToken, browserShelf()),
  locale,
  pageUrl: () => page.url || location.origin,
  onUnread: (count) => host?.post({ type: "unread", count }),
  onConversation: (exists) => host?.post({ type: "conversation", exists }),
});

async function greet(user: Identity | null | undefined): Promise<void> {
  if (user !== undefined) await chat.setUser(user);
  if (!user) await chat.resume();
}
function receive(m: ToFrame): void {
  switch (m.type) {
    case "init":
      Object.assign(page, { open: m.open, locale: m.locale, url: m.page_url });
      void greet(m.user);
      break;
    case "visible":
      page.open = m.open;
      break;
    case "user":
      void chat.setUser(m.user);
      break;
    case "locale":
      page.locale = m.locale;
      break;
  }
}
const host = trusted ? connectFrame<ToFrame, ToHost>(window, () => window.parent, origin, receive) : null;

if (!embedded || trusted) {
  createApp(App)
    .provide(widgetKey, { chat, page, close: () => host?.post({ type: "close" }) })
    .mount("#app");
  void chat.start();
  if (host) host.post({ type: "ready" });
  else void chat.resume();
}
