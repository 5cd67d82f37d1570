// Short messages in a corner. Errors stay longer; an action (undo, retry) can come with one.
import { ref } from "vue";

export interface Toast {
  id: number;
  tone: "info" | "success" | "error";
  text: string;
  action?: { label: string; run: () => void };
}
export const toasts = ref<Toast[]>([]);
const most = 4;
let nextId = 1;

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((t) => t.id !== id);
}
export function toast(tone: Toast["tone"], text: string, action?: Toast["action"]): number {
  const id = nextId++;
  toasts.value = [
    ...toasts.value.filter((t) => t.text !== text),
    { id, tone, text, ...(action ? { action } : {}) },
  ].slice(-most);
  setTimeout(() => dismiss(id), tone === "error" || action ? 8000 : 4000);
  return id;
}
