// Conversations and messages by id, as the server told them and events changed them. Everything a socket event or an
// answer brings goes through takeConversation and takeMessage: doing it twice changes nothing.
import { defineStore } from "pinia";
import { computed, reactive, ref, shallowReactive } from "vue";
import {
  isApiError,
  newKey,
  type Block,
  type Conversation,
  type ConversationCounts,
  type ConversationPatch,
  type Id,
  type LiveEvent,
  type Message,
  type Page,
} from "@zhike/api";
import { api } from "@console/core/api";
import { useLive } from "@console/core/live";
import { useSession } from "@console/core/session";
import { badge } from "@console/core/title";
import { belongs, filterFromQuery, inOrder, listQuery, type Filter } from "./filters";
import type { Pending } from "./timeline";

interface Thread {
  messages: Message[]; // oldest first
  older: string | null; // cursor
  loaded: boolean;
  loading: boolean;
  error: unknown;
}
const threadPage = 50;
const gatherMs = 400;
const typingForMs = 6000;

export const useConversations = defineStore("conversations", () => {
  const session = useSession();
  const live = useLive();
  const byId = shallowReactive(new Map<Id, Conversation>());
  const threads = reactive(new Map<Id, Thread>());
  const pending = ref<Pending[]>([]);
  const typing = reactive(new Map<Id, { who: string; name: string }>());
  const counts = ref<ConversationCounts | null>(null);

  const filter = ref<Filter>(filterFromQuery({}));
  const listed = ref<Set<Id>>(new Set());
  const cursor = ref<string | null>(null);
  const listLoading = ref(false);
  const listLoaded = ref(false);
  const listError = ref<unknown>(null);
  let listRun = 0;

  const list = computed(() => [...listed.value].flatMap((id) => byId.get(id) ?? []).sort(inOrder(filter.value)));
  const me = computed(() => session.agent?.id ?? 0);

  // ---- taking in what the server says
  function takeConversation(c: Conversation): void {
    byId.set(c.id, c);
    const fits = belongs(c, filter.value, me.value);
    if (fits === listed.value.has(c.id) || !listLoaded.value) return;
    const next = new Set(listed.value);
    if (fits) next.add(c.id);
    else next.delete(c.id);
    listed.value = next;
  }
  function takeMessage(m: Message): void {
    const own = pending.value.findIndex((p) => p.client_id === m.client_id);
    if (own >= 0) pending.value.splice(own, 1);
    const thread = threads.get(m.conversation_id);
    if (!thread?.loaded) return;
    const at = thread.messages.findIndex((x) => x.id === m.id);
    if (at >= 0) thread.messages[at] = m;
    else {
      let i = thread.messages.length;
      while (i > 0 && thread.messages[i - 1]!.id > m.id) i--;
      thread.messages.splice(i, 0, m);
    }
  }

  // ---- lists
  async function loadList(f: Filter): Promise<void> {
    const run = ++listRun;
    filter.value = f;
    listLoading.value = true;
    listLoaded.value = false;
    listed.value = new Set();
    try {
      const page = await api.get<Page<Conversation>>("/conversations", { ...listQuery(f), limit: 50 });
      if (run !== listRun) return;
      page.items.forEach((c) => byId.set(c.id, c));
      listed.value = new Set(page.items.map((c) => c.id));
      cursor.value = page.next_cursor;
      listError.value = null;
      listLoaded.value = true;
    } catch (e) {
      if (run === listRun) listError.value = e;
    } finally {
      if (run === listRun) listLoading.value = false;
    }
  }
  async function loadMore(): Promise<void> {
    if (!cursor.value || listLoading.value) return;
    const run = listRun;
    listLoading.value = true;
    try {
      const page = await api.get<Page<Conversation>>("/conversations", {
        ...listQuery(filter.value),
        limit: 50,
        cursor: cursor.value,
      });
      if (run !== listRun) return;
      page.items.forEach((c) => byId.set(c.id, c));
      listed.value = new Set([...listed.value, ...page.items.map((c) => c.id)]);
      cursor.value = page.next_cursor;
    } catch (e) {
      if (run === listRun && !isApiError(e, "network")) cursor.value = null;
    } finally {
      if (run === listRun) listLoading.value = false;
    }
  }
  let countsTimer: ReturnType<typeof setTimeout> | undefined;
  async function loadCounts(): Promise<void> {
    try {
      counts.value = await api.get<ConversationCounts>("/conversations/counts");
      badge.value = counts.value.waiting;
    } catch (e) {
      if (!isApiError(e)) throw e; // the figures stay as they were; the next event asks again
    }
  }
  function countSoon(): void {
    countsTimer ??= setTimeout(() => {
      countsTimer = undefined;
      void loadCounts();
    }, gatherMs);
  }

  // ---- one conversation
  async function loadConversation(id: Id): Promise<Conversation> {
    const c = await api.get<Conversation>(`/conversations/${id}`);
    takeConversation(c);
    return c;
  }
  async function loadThread(id: Id): Promise<void> {
    const known = threads.get(id);
    if (known?.loading) return;
    if (!known) threads.set(id, { messages: [], older: null, loaded: false, loading: true, error: null });
    const thread = threads.get(id)!;
    thread.loading = true;
    try {
      const page = await api.get<Page<Message>>(`/conversations/${id}/messages`, { limit: threadPage });
      thread.messages = page.items;
      thread.older = page.next_cursor;
      thread.loaded = true;
      thread.error = null;
      const there = new Set(page.items.map((m) => m.client_id));
      pending.value = pending.value.filter((p) => p.conversation_id !== id || !there.has(p.client_id));
    } catch (e) {
      thread.error = e;
    } finally {
      thread.loading = false;
    }
  }
  async function loadOlder(id: Id): Promise<void> {
    const thread = threads.get(id);
    const oldest = thread?.messages[0];
    if (!thread || !oldest || !thread.older || thread.loading) return;
    thread.loading = true;
    try {
      const page = await api.get<Page<Message>>(`/conversations/${id}/messages`, {
        limit: threadPage,
        before: oldest.id,
      });
      const there = new Set(thread.messages.map((m) => m.id));
      thread.messages = [...page.items.filter((m) => !there.has(m.id)), ...thread.messages];
      thread.older = page.next_cursor;
    } finally {
      thread.loading = false;
    }
  }
  async function change(id: Id, patch: ConversationPatch): Promise<void> {
    const before = byId.get(id);
    if (before) takeConversation({ ...before, ...patch }); // at once; the answer or the old state follows
    try {
      const answer = await api.patch<Conversation | undefined>(`/conversations/${id}`, patch);
      if (answer) takeConversation(answer);
      countSoon();
    } catch (e) {
      if (before) takeConversation(before);
      throw e;
    }
  }
  async function markRead(id: Id, messageId: Id): Promise<void> {
    const c = byId.get(id);
    if (!c || ((c.agent_read_id ?? 0) >= messageId && c.unread_count === 0)) return;
    takeConversation({ ...c, agent_read_id: messageId, unread_count: 0 });
    await api
      .post(`/conversations/${id}/read`, { message_id: messageId })
      .catch(() => takeConversation({ ...c, ...byId.get(id), unread_count: c.unread_count }));
  }

  // ---- sending: shown at once, stored once (client_id), kept with a retry when it fails
  const queues = new Map<Id, Promise<void>>();
  async function deliver(p: Pending): Promise<void> {
    const entry = pending.value.find((x) => x.client_id === p.client_id);
    if (!entry) return;
    entry.state = "sending";
    entry.error = null;
    try {
      const { client_id, kind, blocks } = p;
      const answer = await api.post<Message | { message: Message }>(`/conversations/${p.conversation_id}/messages`, {
        client_id,
        kind,
        blocks,
      });
      takeMessage("message" in answer ? answer.message : answer);
    } catch (e) {
      const still = pending.value.find((x) => x.client_id === p.client_id);
      if (still) Object.assign(still, { state: "failed", error: e });
    }
  }
  function send(conversation_id: Id, kind: Pending["kind"], blocks: Block[]): Promise<void> {
    const p: Pending = {
      client_id: newKey(),
      conversation_id,
      kind,
      blocks,
      created_at: new Date().toISOString(),
      state: "sending",
      error: null,
    };
    pending.value.push(p);
    // One after the other within a conversation, so that they are stored in the order typed.
    const turn = (queues.get(conversation_id) ?? Promise.resolve()).then(() => deliver(p));
    queues.set(conversation_id, turn);
    return turn;
  }
  function discard(clientId: string): void {
    pending.value = pending.value.filter((p) => p.client_id !== clientId);
  }
  function retryFailed(): void {
    for (const p of pending.value)
      if (p.state === "failed" && isApiError(p.error) && p.error.transient) void deliver(p);
  }

  // ---- live
  type Waiting = (c: Conversation) => void;
  const waitingListeners = new Set<Waiting>();
  const messageListeners = new Set<(m: Message, c: Conversation | undefined) => void>();
  function onEvent(e: LiveEvent): void {
    switch (e.kind) {
      case "conversation.created":
      case "conversation.updated": {
        const c = e.data as Conversation;
        const before = byId.get(c.id);
        takeConversation(c);
        if (c.handler === "waiting" && c.status === "open" && before?.handler !== "waiting")
          waitingListeners.forEach((f) => f(c));
        countSoon();
        break;
      }
      case "message.created": {
        const { message, conversation } = e.data as { message: Message; conversation?: Conversation };
        const before = conversation && byId.get(conversation.id);
        if (conversation) takeConversation(conversation);
        takeMessage(message);
        typing.delete(message.conversation_id);
        if (conversation?.handler === "waiting" && conversation.status === "open" && before?.handler !== "waiting")
          waitingListeners.forEach((f) => f(conversation));
        messageListeners.forEach((f) => f(message, conversation));
        countSoon();
        break;
      }
      case "message.updated": {
        const data = e.data as Message | { message: Message };
        takeMessage("message" in data ? data.message : data);
        break;
      }
      case "conversation.read": {
        const { conversation_id, reader, message_id } = e.data as {
          conversation_id: Id;
          reader: string;
          message_id: Id;
        };
        const c = byId.get(conversation_id);
        if (!c) break;
        if (reader === "visitor")
          takeConversation({ ...c, visitor_read_id: Math.max(c.visitor_read_id ?? 0, message_id) });
        else
          takeConversation({
            ...c,
            agent_read_id: Math.max(c.agent_read_id ?? 0, message_id),
            ...(message_id >= (c.last_message_id ?? 0) ? { unread_count: 0 } : {}),
          });
        break;
      }
    }
  }
  const typingTimers = new Map<Id, ReturnType<typeof setTimeout>>();
  live.onEvent(onEvent);
  live.onEphemeral((f) => {
    if (f.type === "queue") {
      const c = byId.get(f.conversation_id);
      if (c) takeConversation({ ...c, queue_position: f.position });
    }
    if (f.type !== "typing") return;
    clearTimeout(typingTimers.get(f.conversation_id));
    if (f.on) {
      typing.set(f.conversation_id, { who: f.who, name: f.name });
      typingTimers.set(
        f.conversation_id,
        setTimeout(() => typing.delete(f.conversation_id), typingForMs),
      );
    } else typing.delete(f.conversation_id);
  });
  live.onReset(() => {
    for (const [id, thread] of threads) if (thread.loaded) void loadThread(id);
    if (listLoaded.value) void loadList(filter.value);
    void loadCounts();
  });
  const onWaiting = (f: Waiting) => (waitingListeners.add(f), () => waitingListeners.delete(f));
  const onMessage = (f: (m: Message, c: Conversation | undefined) => void) => (
    messageListeners.add(f),
    () => messageListeners.delete(f)
  );

  return {
    byId,
    threads,
    pending,
    typing,
    counts,
    filter,
    list,
    cursor,
    listLoading,
    listLoaded,
    listError,
    loadList,
    loadMore,
    loadCounts,
    loadConversation,
    loadThread,
    loadOlder,
    change,
    markRead,
    send,
    deliver,
    discard,
    retryFailed,
    onEvent,
    onWaiting,
    onMessage,
    takeConversation,
    takeMessage,
  };
});
