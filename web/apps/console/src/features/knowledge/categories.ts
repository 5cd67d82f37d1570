import { ref } from "vue";
import { isApiError, type Page } from "@zhike/api";
import { api } from "@console/core/api";

// The categories in use, for filters and for the editor's suggestions.
const categories = ref<string[]>([]);
export function useCategories() {
  async function loadCategories(): Promise<void> {
    try {
      const answer = await api.get<Page<string> | string[]>("/articles/categories");
      categories.value = (Array.isArray(answer) ? answer : answer.items).filter(Boolean);
    } catch (e) {
      if (!isApiError(e)) throw e; // only suggestions are missing then
    }
  }
  return { categories, loadCategories };
}
