// What follows the agent onto every screen: the number of waiting conversations, alerts, and trying again what could not
// be sent. The shell starts it; it stays until the shell goes.
import { watch } from "vue";
import type { Router } from "vue-router";
import { plainText } from "@zhike/api";
import { alertReader } from "@console/core/alerts";
import { t } from "@console/core/i18n";
import { useLive } from "@console/core/live";
import { useSession } from "@console/core/session";
import { contactName } from "./look";
import { useConversations } from "./store";

export function startAttention(router: Router): () => void {
  const store = useConversations();
  const session = useSession();
  const live = useLive();
  const open = (id: number) => () =>
    void router.push({ name: "conversations", params: { id }, query: { view: "all" } });
  const inView = (id: number): boolean => !document.hidden && router.currentRoute.value.params.id === String(id);
  void store.loadCounts();
  const stops = [
    store.onWaiting((c) => {
      if (session.can("conversation.write"))
        alertReader(t("alerts.waiting", { name: contactName(c.contact) }), c.preview, `c${c.id}`, open(c.id));
    }),
    store.onMessage((m, c) => {
      if (c && m.sender === "visitor" && c.assignee_id === session.agent?.id && !inView(c.id))
        alertReader(contactName(c.contact), plainText(m.blocks), `c${c.id}`, open(c.id));
    }),
    watch(
      () => live.state,
      (s) => s === "online" && store.retryFailed(),
    ),
  ];
  return () => stops.forEach((f) => f());
}
