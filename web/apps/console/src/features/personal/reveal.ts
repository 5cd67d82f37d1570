// Originals that were asked for, shown for a short time and then forgotten.
import { shallowReactive } from "vue";
import type { Contact, Conversation, Id, Page, RevealedPersonalData } from "@zhike/api";
import { api } from "@console/core/api";

export const shownForMs = 30_000;
const shown = shallowReactive(new Map<Id, string>());

export const revealed = (id: Id): string | undefined => shown.get(id);
export const hide = (id: Id): void => void shown.delete(id);

export async function reveal(id: Id, reason: string): Promise<void> {
  const { value } = await api.post<RevealedPersonalData>(`/personal-data/${id}/reveal`, { reason });
  shown.set(id, value);
  setTimeout(() => shown.delete(id), shownForMs);
}

export interface Found {
  contact: Contact;
  conversation: Conversation | null; // his newest
}
export async function findPeople(q: string, limit = 10): Promise<Found[]> {
  const { items } = await api.post<Page<Contact>>("/contacts/search", { q, limit });
  return Promise.all(
    items.map(async (contact) => {
      const past = await api.get<Page<Conversation>>("/conversations", { contact: contact.id, limit: 1 });
      return { contact, conversation: past.items[0] ?? null };
    }),
  );
}
