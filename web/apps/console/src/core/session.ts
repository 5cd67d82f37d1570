// Who is signed in and what he may do.
import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { isApiError, type Agent, type Availability, type Permission, type Session } from "@zhike/api";
import { api } from "./api";

export interface ProfilePatch {
  name?: string;
  locale?: string;
  availability?: Availability;
  password?: string;
  current_password?: string;
}

export const useSession = defineStore("session", () => {
  const agent = ref<Agent | null>(null);
  const permissions = ref<Set<Permission>>(new Set());
  const known = ref(false); // the server was asked
  const signedIn = computed(() => agent.value !== null);
  const can = (p: Permission): boolean => permissions.value.has(p);

  function take(s: Session): void {
    agent.value = s.agent;
    permissions.value = new Set(s.permissions);
    api.csrfToken = s.csrf_token;
    known.value = true;
  }
  function forget(): void {
    agent.value = null;
    permissions.value = new Set();
    api.csrfToken = "";
  }
  async function load(): Promise<void> {
    try {
      take(await api.get<Session>("/session"));
    } catch (e) {
      if (!isApiError(e, "unauthenticated")) throw e;
      known.value = true;
      forget();
    }
  }
  async function signIn(email: string, password: string): Promise<void> {
    take(await api.post<Session>("/session", { email, password }));
  }
  async function signOut(): Promise<void> {
    try {
      await api.delete("/session");
    } catch (e) {
      if (!isApiError(e, "unauthenticated")) throw e;
    }
    forget();
  }
  async function update(patch: ProfilePatch): Promise<void> {
    const answer = await api.patch<Session | Agent>("/session", patch);
    if ("permissions" in answer) take(answer);
    else agent.value = answer;
  }

  return { agent, permissions, known, signedIn, can, load, signIn, signOut, update, forget };
});
