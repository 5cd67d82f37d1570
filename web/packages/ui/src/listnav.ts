// Up, Down, Home, End and Enter over a list that a text field controls (ARIA combobox with a listbox).
import { ref, watch, type Ref } from "vue";

export function useListNav<T>(items: Readonly<Ref<readonly T[]>>, choose: (item: T) => void) {
  const active = ref(0);
  watch(items, () => (active.value = Math.min(active.value, Math.max(0, items.value.length - 1))));
  // True when the key was used. Keys that compose a character belong to the input method.
  function onKey(e: KeyboardEvent): boolean {
    const n = items.value.length;
    if (n === 0 || e.isComposing || e.keyCode === 229) return false;
    if (e.key === "ArrowDown") active.value = (active.value + 1) % n;
    else if (e.key === "ArrowUp") active.value = (active.value + n - 1) % n;
    else if (e.key === "Home" && e.ctrlKey) active.value = 0;
    else if (e.key === "End" && e.ctrlKey) active.value = n - 1;
    else if (e.key === "Enter") {
      const item = items.value[active.value];
      if (item !== undefined) choose(item);
    } else return false;
    e.preventDefault();
    return true;
  }
  return { active, onKey };
}
