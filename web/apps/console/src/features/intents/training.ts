// The state of training, asked again while it runs and after every change that trains.
import { computed, onBeforeUnmount } from "vue";
import type { IntentTraining } from "@zhike/api";
import { api } from "@console/core/api";
import { debounce, useLoad } from "@console/core/async";
import { dateTime } from "@console/core/format";
import { t } from "@console/core/i18n";
import { useLive } from "@console/core/live";

const pollMs = 1000;
const gatherMs = 300;
const tones = { empty: "neutral", training: "warning", ready: "success", failed: "danger" } as const;

/** `changed`: called when a change trains, and once more when that is done. */
export function useTraining(changed: () => void) {
  const training = useLoad((signal) => api.get<IntentTraining>("/intents/training", {}, { signal }));
  const busy = computed(() => training.value.value?.state === "training");
  const soon = debounce(() => {
    changed();
    void training.load();
  }, gatherMs);
  const stop = useLive().onEvent((e) => /^(intent\.|flow\.published|knowledge\.published)/.test(e.kind) && soon());
  const timer = setInterval(async () => {
    if (!busy.value || document.visibilityState !== "visible") return;
    await training.load();
    if (!busy.value) changed();
  }, pollMs);
  onBeforeUnmount(() => {
    stop();
    clearInterval(timer);
  });
  void training.load();
  const badge = computed(() => {
    const now = training.value.value;
    if (!now) return null;
    const values = { s: now.seconds.toFixed(1), at: dateTime(now.at) };
    return { tone: tones[now.state], text: t(`intents.state.${now.state}`, values) };
  });
  return { training, badge };
}
