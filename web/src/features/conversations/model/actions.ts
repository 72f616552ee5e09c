/**
 * What an agent does to a conversation. Each shows its effect at once, takes it back with a sentence when the server
 * refuses, and offers five seconds of undo where a slip of the hand is likely.
 */
import i18next from 'i18next';
import { ApiError } from '@/shared/api/client';
import type { Conversation, Id, Tag, Time } from '@/shared/api/types';
import { loadDetail } from '@/shared/realtime/loaders';
import { type ConversationPatch, patchConversation, putRead, settlePatch, useLive } from '@/shared/realtime/store';
import { showError } from '@/shared/ui/showError';
import { toast } from '@/shared/ui/toasts';
import * as api from '../api';
import { thawList } from './nav';

const rowOf = (id: Id): Conversation | undefined => useLive.getState().conversations[id];
const t = i18next.getFixedT(null, 'conversations');

/** True when the server took it. */
async function change(id: Id, patch: ConversationPatch, call: () => Promise<Conversation>): Promise<boolean> {
  thawList();
  const handle = patchConversation(id, patch);
  try {
    settlePatch(id, handle, await call());
    return true;
  } catch (error) {
    settlePatch(id, handle);
    showError(error);
    // 409: somebody was faster. The screen must show what is true before the next try.
    if (error instanceof ApiError && error.status === 409) await loadDetail(id).catch(showError);
    return false;
  }
}

/** Offers to undo; the undo waits for the server to know of what it takes back. */
function undoable(text: string, done: Promise<boolean>, back: () => Promise<unknown>): void {
  toast(text, { undo: () => void done.then((taken) => (taken ? back() : undefined)) });
}

const person = (id: Id, name: string) => ({ id, name });

export function takeConversation(id: Id, me: { id: Id; name: string }): Promise<boolean> {
  const row = rowOf(id);
  if (!row || row.assignee?.id === me.id) return Promise.resolve(false);
  const done = change(id, { assignee: person(me.id, me.name) }, () => api.take(id, row.assignee?.id ?? null));
  void done.then((taken) => taken && toast(t('done.taken'), { undo: () => void assignBack(id, row.assignee) }));
  return done;
}

const assignBack = (id: Id, before: Conversation['assignee']) =>
  change(id, { assignee: before }, () => api.assign(id, before?.id ?? null));

export function assignConversation(id: Id, user: { id: Id; name: string } | null): void {
  const row = rowOf(id);
  if (!row || (row.assignee?.id ?? null) === (user?.id ?? null)) return;
  const done = change(id, { assignee: user ? person(user.id, user.name) : null }, () => api.assign(id, user?.id ?? null));
  undoable(user ? t('done.assigned', { name: user.name }) : t('done.unassigned'), done, () => assignBack(id, row.assignee));
}

export function resolveConversation(id: Id): void {
  const row = rowOf(id);
  if (!row || row.status === 'resolved') return;
  const done = change(id, { status: 'resolved', snoozed_until: null, resolved_at: new Date().toISOString() }, () =>
    api.resolve(id),
  );
  undoable(t('done.resolved'), done, async () => {
    if (await reopenConversation(id)) return row.status === 'snoozed' ? api.snooze(id, row.snoozed_until) : undefined;
  });
}

export function reopenConversation(id: Id): Promise<boolean> {
  return change(id, { status: 'open', snoozed_until: null, resolved_at: null }, () => api.reopen(id));
}

export function snoozeConversation(id: Id, until: Time | null, label: string): void {
  const row = rowOf(id);
  if (!row) return;
  const done = change(id, { status: 'snoozed', snoozed_until: until }, () => api.snooze(id, until));
  undoable(label, done, () => reopenConversation(id));
}

export function setTags(id: Id, tags: Tag[], text: string): void {
  const before = rowOf(id)?.tags ?? [];
  const put = (wanted: Tag[]) =>
    change(id, { tags: wanted }, () =>
      api.putTags(
        id,
        wanted.map((tag) => tag.id),
      ),
    );
  undoable(text, put(tags), () => put(before));
}

/** Conversations that were marked unread by hand stay so until they are opened again. */
export const keptUnread = new Set<Id>();

export async function markUnread(id: Id): Promise<void> {
  const { conversations, threads } = useLive.getState();
  const row = conversations[id];
  if (!row) return;
  keptUnread.add(id);
  const thread = threads[id];
  const inbound = thread?.order.map((held) => thread.byId[held]).findLast((message) => message?.direction === 'inbound');
  const seq = Math.max(0, (inbound?.seq ?? row.last_seq) - 1);
  const handle = patchConversation(id, { unread: Math.max(1, row.unread) });
  try {
    const read = await api.putRead(id, seq, true);
    putRead(id, read);
    toast(t('done.markedUnread'));
  } catch (error) {
    showError(error);
  }
  settlePatch(id, handle);
}

/** Somebody saw the thread's end. A failure is not worth a sentence: the next look tries again. */
export async function markRead(id: Id, seq: number): Promise<void> {
  const handle = patchConversation(id, { unread: 0, read_seq: seq });
  try {
    putRead(id, await api.putRead(id, seq));
  } catch {
    // The badge comes back with the patch taken away, which says it all.
  }
  settlePatch(id, handle);
}
