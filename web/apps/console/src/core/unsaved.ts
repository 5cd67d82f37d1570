// What an editor owes unsaved text: Ctrl+S (⌘S) saves it, leaving the page or the screen asks first.
import { onBeforeUnmount, onMounted, type Ref } from "vue";
import { onBeforeRouteLeave } from "vue-router";
import { t } from "./i18n";

/** `unsaved`: there is text to lose that may be saved. `route`: the screen's own, whose next record needs no question. */
export function useUnsaved({ unsaved, save, route }: { unsaved: Ref<boolean>; save: () => void; route: string }): void {
  const warn = (e: BeforeUnloadEvent): void => void (unsaved.value && e.preventDefault());
  const onKey = (e: KeyboardEvent): void => {
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "s") return;
    e.preventDefault();
    if (unsaved.value) save();
  };
  onMounted(() => {
    window.addEventListener("beforeunload", warn);
    window.addEventListener("keydown", onKey);
  });
  onBeforeUnmount(() => {
    window.removeEventListener("beforeunload", warn);
    window.removeEventListener("keydown", onKey);
  });
  onBeforeRouteLeave(
    (to) => !unsaved.value || to.name === route || to.name === "sign-in" || window.confirm(t("common.unsaved")),
  );
}
