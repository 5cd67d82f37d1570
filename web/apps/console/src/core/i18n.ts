// zh-CN by default, en complete. A language's words are one chunk, loaded when it is chosen.
import { createI18n, type Composer } from "vue-i18n";
import { recall, remember } from "./storage";

export const locales = ["zh-CN", "en"] as const;
export type Locale = (typeof locales)[number];
const load = {
  "zh-CN": () => import("../locales/zh-CN"),
  en: () => import("../locales/en"),
};

export const i18n = createI18n({ legacy: false as const, locale: "zh-CN", fallbackLocale: false, messages: {} });
const words = i18n.global as unknown as Composer;
export const t = words.t as (key: string, values?: Record<string, unknown> | number, count?: number) => string;
export const te = (key: string): boolean => words.te(key);

export function locale(): Locale {
  return words.locale.value as Locale;
}

export async function setLocale(to: Locale): Promise<void> {
  if (!words.availableLocales.includes(to)) words.setLocaleMessage(to, (await load[to]()).default);
  words.locale.value = to;
  document.documentElement.lang = to;
  remember("locale", to);
}

export function firstLocale(): Locale {
  const stored = recall("locale");
  if (stored === "zh-CN" || stored === "en") return stored;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}
