// Single-key shortcuts of the screen in view. They rest while someone types or a dialog is open.
import { onBeforeUnmount, onMounted } from "vue";

type Shortcuts = Record<string, (e: KeyboardEvent) => void>;
const stack: Shortcuts[] = [];

function isTyping(target: EventTarget | null): boolean {
  const el = target as HTMLElement | null;
  return !!el?.closest?.("input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable=true]");
}

export function handleKey(e: KeyboardEvent): void {
  if (e.isComposing || e.keyCode === 229 || e.defaultPrevented) return;
  const mod = e.ctrlKey || e.metaKey;
  const name = mod ? `mod+${e.key.toLowerCase()}` : e.key;
  if (
    !mod &&
    (e.altKey || isTyping(e.target) || document.querySelector("[role=dialog],[role=menu],[role=alertdialog]"))
  )
    return;
  for (let i = stack.length - 1; i >= 0; i--) {
    const run = stack[i]![name];
    if (!run) continue;
    e.preventDefault();
    run(e);
    return;
  }
}

export function useShortcuts(keys: Shortcuts): void {
  onMounted(() => stack.push(keys));
  onBeforeUnmount(() => stack.splice(stack.indexOf(keys), 1));
}
