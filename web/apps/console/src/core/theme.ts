// Light, dark or the system's; and the company's brand colour. public/theme.js does the same before the first paint.
import { ref, watchEffect } from "vue";
import { applyBrand, type Theme } from "@zhike/tokens";
import { recall, remember } from "./storage";

export type ThemeChoice = Theme | "system";
const system = matchMedia("(prefers-color-scheme: dark)");
const stored = recall("theme");
export const themeChoice = ref<ThemeChoice>(stored === "light" || stored === "dark" ? stored : "system");
const systemTheme = ref<Theme>(system.matches ? "dark" : "light");
export const theme = ref<Theme>("light");
export const brandColor = ref("");

system.addEventListener("change", (e) => (systemTheme.value = e.matches ? "dark" : "light"));
watchEffect(() => {
  theme.value = themeChoice.value === "system" ? systemTheme.value : themeChoice.value;
  document.documentElement.dataset.theme = theme.value;
  if (brandColor.value) applyBrand(document.documentElement, brandColor.value, theme.value);
});

export function setTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  remember("theme", choice === "system" ? null : choice);
}
