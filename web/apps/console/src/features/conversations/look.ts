// How states look and are called, in one place.
import type { Conversation } from "@zhike/api";
import { t } from "@console/core/i18n";

export type Tone = "neutral" | "brand" | "success" | "warning" | "danger" | "info";
export function stateOf(c: Conversation): { tone: Tone; text: string } {
  if (c.status === "resolved") return { tone: "neutral", text: t("conv.state.resolved") };
  if (c.status === "snoozed") return { tone: "info", text: t("conv.state.snoozed") };
  if (c.handler === "waiting") return { tone: "warning", text: t("conv.state.waiting") };
  if (c.handler === "bot") return { tone: "brand", text: t("conv.state.bot") };
  return { tone: "success", text: t("conv.state.human") };
}
export const contactName = (c: { id: number; name: string }): string => c.name || t("conv.visitor", { id: c.id });
export const priorities = [0, 1, 2, 3] as const;
export const priorityTone: Tone[] = ["neutral", "info", "warning", "danger"];

export const toneText: Record<Tone, string> = {
  neutral: "text-text-3",
  brand: "text-brand-text",
  success: "text-success",
  warning: "text-warning",
  danger: "text-danger",
  info: "text-info",
};
