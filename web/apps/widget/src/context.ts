// What every part of the widget's screen may use.
import { computed, inject, type ComputedRef, type InjectionKey } from "vue";
import type { Chat } from "./chat";
import { chooseLocale, en, zh, type Locale, type Texts } from "./texts";

export interface Page {
  locale: string | null; // what the page asked for
  open: boolean;
  url: string;
  embedded: boolean;
}
export interface Widget {
  chat: Chat;
  page: Page;
  close: () => void;
}
export const widgetKey: InjectionKey<Widget> = Symbol("widget");

export function useWidget(): Widget & { locale: ComputedRef<Locale>; t: ComputedRef<Texts> } {
  const w = inject(widgetKey)!;
  const locale = computed(() => chooseLocale(w.page.locale, navigator.language, w.chat.state.config?.locale));
  return { ...w, locale, t: computed(() => (locale.value === "en" ? en : zh)) };
}
