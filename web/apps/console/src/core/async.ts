// What a screen loads: value, loading, error, and a reload. A newer load wins over an older one still under way.
import { ref, shallowRef } from "vue";

export function useLoad<T>(fetcher: (signal: AbortSignal) => Promise<T>) {
  const value = shallowRef<T | null>(null);
  const error = ref<unknown>(null);
  const loading = ref(false);
  let running: AbortController | null = null;

  async function load(): Promise<void> {
    running?.abort();
    const mine = (running = new AbortController());
    loading.value = true;
    try {
      const v = await fetcher(mine.signal);
      if (running !== mine) return;
      value.value = v;
      error.value = null;
    } catch (e) {
      if (running !== mine) return;
      error.value = e;
    }
    loading.value = false;
  }
  return { value, error, loading, load };
}

export function debounce<A extends unknown[]>(f: (...args: A) => void, ms: number): (...args: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), ms);
  };
}
