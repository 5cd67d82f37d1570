// The few words that components say by themselves. An app provides them in its language; English without.
import { inject, provide, type InjectionKey } from "vue";

export interface UiText {
  close: string;
  cancel: string;
  loading: string;
  retry: string;
  copy: string;
  copied: string;
  search: string;
  nothingFound: string;
  forbiddenTitle: string;
  forbiddenText: string;
  errorTitle: string;
  errorText: (error: unknown) => string;
  opensNewTab: string;
}

export const englishUiText: UiText = {
  close: "Close",
  cancel: "Cancel",
  loading: "Loading…",
  retry: "Try again",
  copy: "Copy",
  copied: "Copied",
  search: "Search",
  nothingFound: "Nothing found",
  forbiddenTitle: "No access",
  forbiddenText: "Your role may not see this. Ask an administrator.",
  errorTitle: "Could not load",
  errorText: (e) => (e instanceof Error ? e.message : String(e)),
  opensNewTab: "opens in a new tab",
};

const key: InjectionKey<UiText> = Symbol("zhike ui text");
export const provideUiText = (text: UiText): void => provide(key, text);
export const useUiText = (): UiText => inject(key, englishUiText);
