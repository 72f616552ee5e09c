/**
 * Everything that the socket keeps fresh, normalised: conversations, the lists made of them, and threads.
 * Server rows and the user's own not yet answered changes (patches) are kept apart, so that taking one back
 * never loses what the server said in between. Does no network: see loaders, actions and socket.
 */
import { create } from 'zustand';
import type { Batch, Conversation, ConversationDetail, Draft, Id, Message, Page } from '@/shared/api/types';
import { belongs, compareRows, insertSorted, isNewer, type ListKey, mergeOrder } from './rows';

export interface ListState {
  ids: Id[];
  nextCursor: string | null;
  phase: 'loading' | 'ready' | 'failed';
}

export interface ThreadState {
  order: Id[];
  byId: Record<Id, Message>;
  clientIds: Record<string, Id>;
  nextCursor: string | null;
  /** ready = the newest page is held; older ones may still be missing (nextCursor). */
  phase: 'loading' | 'ready' | 'failed';
  loadingOlder: boolean;
}

export interface DetailState {
  draft: Draft | null;
  previousId: Id | null;
}

export type ConversationPatch = Partial<Omit<Conversation, 'id' | 'version'>>;

export interface LiveState {
  me: Id | null;
  /** What the screen shows: the server's row with the pending patches on it. */
  conversations: Record<Id, Conversation>;
  details: Record<Id, DetailState>;
  lists: Partial<Record<ListKey, ListState>>;
  threads: Record<Id, ThreadState>;
  /** Raised when everything must be loaded again. */
  epoch: number;
}

const empty: Omit<LiveState, 'me' | 'epoch'> = { conversations: {}, details: {}, lists: {}, threads: {} };

export const useLive = create<LiveState>(() => ({ me: null, epoch: 0, ...empty }));

const bases = new Map<Id, Conversation>();
const patches = new Map<Id, { id: number; patch: ConversationPatch }[]>();
let nextPatch = 1;

export function resetLive(me: Id | null): void {
  bases.clear();
  patches.clear();
  useLive.setState((state) => ({ ...empty, me, epoch: state.epoch + 1 }));
}

const visible = (base: Conversation): Conversation =>
  Object.assign({}, base, ...(patches.get(base.id) ?? []).map((entry) => entry.patch)) as Conversation;

/** Re-sorts the changed rows into the lists that are held. A list that still has pages to load takes no row below its end. */
function relist(state: LiveState, conversations: Record<Id, Conversation>, changed: Id[]): LiveState['lists'] {
  let lists = state.lists;
  for (const key of Object.keys(lists) as ListKey[]) {
    const list = lists[key];
    if (!list || list.phase === 'loading') continue;
    const held = new Set(list.ids);
    const moved = changed.filter((id) => {
      const row = conversations[id];
      const before = state.conversations[id];
      const fits = row !== undefined && belongs(row, key, state.me);
      if (!held.has(id)) return fits;
      return !fits || before === undefined || compareRows(row, before) !== 0;
    });
    if (moved.length === 0) continue;
    // All leave before one comes back: the search for a place needs a list that is in order.
    const leaving = new Set(moved);
    let ids = list.ids.filter((id) => !leaving.has(id));
    const tail = conversations[ids[ids.length - 1] ?? ''];
    for (const id of moved) {
      const row = conversations[id];
      if (!row || !belongs(row, key, state.me)) continue;
      const below = !held.has(id) && list.nextCursor !== null && tail !== undefined && compareRows(tail, row) < 0;
      if (!below) ids = insertSorted(ids, id, conversations);
    }
    lists = { ...lists, [key]: { ...list, ids } };
  }
  return lists;
}

function withConversations(state: LiveState, rows: Conversation[], removed: Id[] = []): Partial<LiveState> {
  const changed: Id[] = [];
  const conversations = { ...state.conversations };
  for (const row of rows) {
    if (!isNewer(bases.get(row.id), row)) continue;
    bases.set(row.id, row);
    conversations[row.id] = visible(row);
    changed.push(row.id);
  }
  for (const id of removed) {
    bases.delete(id);
    delete conversations[id];
    changed.push(id);
  }
  if (changed.length === 0) return {};
  return { conversations, lists: relist(state, conversations, changed) };
}

function withPatches(id: Id): void {
  const base = bases.get(id);
  if (!base) return;
  useLive.setState((state) => {
    const conversations = { ...state.conversations, [id]: visible(base) };
    return { conversations, lists: relist(state, conversations, [id]) };
  });
}

/** Shows a change before the server answered. Give the handle back to `settlePatch`, whatever the answer. */
export function patchConversation(id: Id, patch: ConversationPatch): number {
  const handle = nextPatch++;
  patches.set(id, [...(patches.get(id) ?? []), { id: handle, patch }]);
  withPatches(id);
  return handle;
}

/** Takes the patch away; with `row` what the server made of it takes its place. */
export function settlePatch(id: Id, handle: number, row?: Conversation): void {
  const left = (patches.get(id) ?? []).filter((entry) => entry.id !== handle);
  if (left.length) patches.set(id, left);
  else patches.delete(id);
  if (row && isNewer(bases.get(id), row)) bases.set(id, row);
  withPatches(id);
}

export function putConversations(rows: Conversation[]): void {
  useLive.setState((state) => withConversations(state, rows));
}

export function putDetail({ draft, previous_conversation_id, ...row }: ConversationDetail): void {
  useLive.setState((state) => ({
    ...withConversations(state, [row]),
    details: { ...state.details, [row.id]: { draft, previousId: previous_conversation_id } },
  }));
}

export function setListPhase(key: ListKey, phase: ListState['phase']): void {
  useLive.setState((state) => {
    const list = state.lists[key] ?? { ids: [], nextCursor: null, phase };
    return { lists: { ...state.lists, [key]: { ...list, phase } } };
  });
}

/** A page of a list: the first replaces what was there, later ones go on from it. */
export function putListPage(key: ListKey, page: Page<Conversation>, first: boolean): void {
  useLive.setState((state) => {
    const next = { ...state, ...withConversations(state, page.items) };
    const held = first ? [] : (state.lists[key]?.ids ?? []);
    const wanted = new Set([...held, ...page.items.map((row) => row.id)]);
    const tail = page.items[page.items.length - 1];
    if (first) {
      // A row that the stream brought while the page was on its way is not in the page.
      for (const row of Object.values(next.conversations)) {
        const inside = page.next_cursor === null || (tail !== undefined && compareRows(row, tail) < 0);
        if (inside && belongs(row, key, state.me)) wanted.add(row.id);
      }
    }
    const ids = [...wanted]
      .filter((id) => next.conversations[id] && belongs(next.conversations[id], key, state.me))
      .sort((a, b) => compareRows(next.conversations[a] as Conversation, next.conversations[b] as Conversation));
    return { ...next, lists: { ...next.lists, [key]: { ids, nextCursor: page.next_cursor, phase: 'ready' } } };
  });
}

export const noThread: ThreadState = {
  order: [],
  byId: {},
  clientIds: {},
  nextCursor: null,
  phase: 'loading',
  loadingOlder: false,
};

export function setThread(id: Id, change: Partial<Pick<ThreadState, 'phase' | 'loadingOlder'>>): void {
  useLive.setState((state) => ({ threads: { ...state.threads, [id]: { ...(state.threads[id] ?? noThread), ...change } } }));
}

/** The thread with these rows in it; of two versions of a row the newer one. */
export function withMessages(thread: ThreadState, rows: Message[]): ThreadState {
  const byId = { ...thread.byId };
  let clientIds = thread.clientIds;
  const added: Id[] = [];
  let changed = false;
  for (const row of rows) {
    const held = byId[row.id];
    if (!isNewer(held, row)) continue;
    if (!held) added.push(row.id);
    byId[row.id] = row;
    changed = true;
    if (row.client_id && clientIds[row.client_id] !== row.id) clientIds = { ...clientIds, [row.client_id]: row.id };
  }
  return changed ? { ...thread, byId, clientIds, order: mergeOrder(thread.order, byId, added) } : thread;
}

export function putThreadPage(id: Id, page: Page<Message>): void {
  useLive.setState((state) => {
    const thread = withMessages(state.threads[id] ?? noThread, page.items);
    return {
      threads: { ...state.threads, [id]: { ...thread, nextCursor: page.next_cursor, phase: 'ready', loadingOlder: false } },
    };
  });
}

/** Single messages, of an answer or of the stream. A thread that is not held ignores them: it will be loaded when opened. */
export function putMessages(rows: Message[]): void {
  if (rows.length === 0) return;
  useLive.setState((state) => {
    const grouped = Map.groupBy(rows, (row) => row.conversation_id);
    let threads = state.threads;
    for (const [id, messages] of grouped) {
      const held = threads[id];
      if (!held) continue;
      const next = withMessages(held, messages);
      if (next !== held) threads = { ...threads, [id]: next };
    }
    return threads === state.threads ? state : { threads };
  });
}

/** My marks do not raise a row's version: they change the row that is held, whatever its version. */
function withReads(state: LiveState, reads: Batch['reads']): Partial<LiveState> {
  if (reads.length === 0) return {};
  const conversations = { ...state.conversations };
  for (const { conversation_id: id, read_seq, unread } of reads) {
    const base = bases.get(id);
    if (!base) continue;
    bases.set(id, { ...base, read_seq, unread });
    conversations[id] = visible({ ...base, read_seq, unread });
  }
  return { conversations };
}

export function applyBatches(batches: Batch[]): void {
  useLive.setState((state) => {
    // One after the other: a row that left and came back is there, and a mark counts for the row it came after.
    let next = state;
    for (const batch of batches) {
      next = { ...next, ...withConversations(next, batch.conversations, batch.removed) };
      next = { ...next, ...withReads(next, batch.reads) };
    }
    return next;
  });
  putMessages(batches.flatMap((batch) => batch.messages));
}

/** My last-read line as the server answered it; it is not part of a row's version. */
export function putRead(id: Id, read: { read_seq: number; unread: number }): void {
  applyBatches([
    {
      type: 'batch',
      cursor: '',
      conversations: [],
      messages: [],
      removed: [],
      reads: [{ conversation_id: id, ...read }],
      templates: [],
    },
  ]);
}

/** Keeps memory flat over a day: threads that nobody looks at are forgotten, the newest `keep` stay. */
export function forgetThreads(keep: Id[]): void {
  useLive.setState((state) => {
    const threads = Object.fromEntries(Object.entries(state.threads).filter(([id]) => keep.includes(id)));
    return { threads };
  });
}
