// The demo shop: texts, products, and the chat as any site would embed it.
import type { Identity } from "@zhike/api";
import { en, hints, products, services, zh, type Texts } from "./texts";

type Locale = "zh-CN" | "en";
type Customer = Identity & { name: string };

const art = import.meta.glob<string>("./art/*.svg", { query: "?url", import: "default", eager: true });
const $ = <T extends HTMLElement>(selector: string): T => document.querySelector<T>(selector)!;
const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("demo:locale");
let locale: Locale = asked === "en" ? "en" : "zh-CN";
let customer: Customer | null = null;

function element(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

function productCard(p: (typeof products)[number]): HTMLElement {
  const [name, note] = p[locale === "en" ? "en" : "zh"];
  const image = document.createElement("img");
  Object.assign(image, { src: art[`./art/${p.art}.svg`], alt: "", width: 240, height: 180, loading: "lazy" });
  const price = `¥${p.price.toLocaleString(locale)}`;
  return element("li", "", image, element("h3", "", name), element("p", "", note), element("p", "price", price));
}

function hintButton(text: string): HTMLElement {
  const button = element("button", "", text) as HTMLButtonElement;
  button.type = "button";
  button.addEventListener("click", () => {
    window.zhike?.open();
    // Without a secure context there is no clipboard: the chat is open all the same.
    void navigator.clipboard?.writeText(text).then(
      () => ($("#copied").textContent = texts().copied),
      () => {},
    );
  });
  return element("li", "", button);
}

const texts = (): Texts => (locale === "en" ? en : zh);
function show(): void {
  const t = texts();
  document.documentElement.lang = locale;
  document.title = t.brand;
  for (const e of document.querySelectorAll<HTMLElement>("[data-t]")) e.textContent = t[e.dataset.t as keyof Texts];
  for (const e of document.querySelectorAll<HTMLElement>("[data-t-label]"))
    e.setAttribute("aria-label", t[e.dataset.tLabel as keyof Texts]);
  for (const b of document.querySelectorAll<HTMLElement>("[data-locale]"))
    b.setAttribute("aria-pressed", String(b.dataset.locale === locale));
  $("#hints").replaceChildren(...hints[locale].map(hintButton));
  $("#products").replaceChildren(...products.map(productCard));
  $("#services").replaceChildren(
    ...services[locale].map(([what, how]) => element("div", "", element("dt", "", what!), element("dd", "", how!))),
  );
  $("#copied").textContent = "";
  $("#customer-name").textContent = customer ? t.customer.replace("{name}", customer.name) : "";
}

async function json<T>(url: string): Promise<T | null> {
  const response = await fetch(url);
  return response.ok ? ((await response.json()) as T) : null;
}

function embed(websiteToken: string): void {
  const script = document.createElement("script");
  script.src = "/widget/loader.js";
  script.async = true;
  script.dataset.websiteToken = websiteToken;
  script.dataset.locale = locale;
  document.head.append(script);
}

function offerCustomer(identity: Customer): void {
  customer = identity;
  const label = $("#customer");
  const box = label.querySelector("input")!;
  const tell = (): void => window.zhike?.setUser(box.checked ? identity : null);
  box.checked = localStorage.getItem("demo:signed-in") === "1";
  box.addEventListener("change", () => {
    localStorage.setItem("demo:signed-in", box.checked ? "1" : "0");
    tell();
  });
  label.hidden = false;
  if (window.zhike) tell();
  else window.addEventListener("zhike:ready", tell, { once: true });
  show();
}

async function start(): Promise<void> {
  show();
  for (const b of document.querySelectorAll<HTMLElement>("[data-locale]"))
    b.addEventListener("click", () => {
      locale = b.dataset.locale as Locale;
      localStorage.setItem("demo:locale", locale);
      show();
      window.zhike?.setLocale(locale);
    });
  $("[data-open]").addEventListener("click", () => window.zhike?.open());
  // Who is there is known before the chat starts, so that it never shows the wrong conversation.
  const [config, identity] = await Promise.all([
    json<{ website_token: string }>("/demo/config.json"),
    json<Customer>("/demo/identity.json"),
  ]);
  if (identity) offerCustomer(identity);
  if (config) embed(config.website_token);
}
void start();
