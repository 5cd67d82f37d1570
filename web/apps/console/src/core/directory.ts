// The small lists that every screen needs by id: agents, teams, inboxes, labels, canned responses. Kept fresh by events.
import { defineStore } from "pinia";
import { computed, ref, type Ref } from "vue";
import { isApiError, type Agent, type CannedResponse, type Inbox, type Label, type Team } from "@zhike/api";
import { api } from "./api";
import { useLive } from "./live";

const lists = {
  agents: "/agents",
  teams: "/teams",
  inboxes: "/inboxes",
  labels: "/labels",
  canned: "/canned-responses",
} as const;
type ListName = keyof typeof lists;
const ofEvent: Record<string, ListName> = {
  agent: "agents",
  team: "teams",
  inbox: "inboxes",
  label: "labels",
  canned_response: "canned",
};
const gatherMs = 200;

export const useDirectory = defineStore("directory", () => {
  const agents = ref<Agent[]>([]);
  const teams = ref<Team[]>([]);
  const inboxes = ref<Inbox[]>([]);
  const labels = ref<Label[]>([]);
  const canned = ref<CannedResponse[]>([]);
  const refs: Record<ListName, Ref<unknown[]>> = { agents, teams, inboxes, labels, canned };
  const timers = new Map<ListName, ReturnType<typeof setTimeout>>();

  async function load(name: ListName): Promise<void> {
    try {
      refs[name].value = await api.all(lists[name]);
    } catch (e) {
      // Without the right to see a list its names are simply not shown; anything else is tried again by the next event or reset.
      if (!isApiError(e)) throw e;
    }
  }
  const loadAll = (): Promise<void[]> => Promise.all((Object.keys(lists) as ListName[]).map(load));

  const live = useLive();
  live.onReset(() => void loadAll());
  live.onEvent((e) => {
    const name = ofEvent[e.kind.split(".")[0]!];
    if (!name) return;
    clearTimeout(timers.get(name));
    timers.set(
      name,
      setTimeout(() => void load(name), gatherMs),
    );
  });
  live.onEphemeral((f) => {
    if (f.type !== "presence") return;
    agents.value = agents.value.map((a) => (a.id === f.agent_id ? { ...a, availability: f.availability } : a));
  });

  const agentById = computed(() => new Map(agents.value.map((a) => [a.id, a])));
  const teamById = computed(() => new Map(teams.value.map((x) => [x.id, x])));
  const inboxById = computed(() => new Map(inboxes.value.map((x) => [x.id, x])));
  const labelById = computed(() => new Map(labels.value.map((x) => [x.id, x])));

  return { agents, teams, inboxes, labels, canned, agentById, teamById, inboxById, labelById, load, loadAll };
});
