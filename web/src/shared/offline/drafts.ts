/** What somebody has typed and not sent: kept in this browser at each key, on the server after a second of rest. */
import { answer, api, isRetryable } from '@/shared/api/client';
import type { Draft, Id } from '@/shared/api/types';
import { table } from './db';

export type DraftKind = Draft['kind'];

export interface LocalDraft {
  conversationId: Id;
  kind: DraftKind;
  reply: string;
  note: string;
  updatedAt: string;
  /** The server does not have this text yet. */
  dirty: boolean;
}

const SERVER_AFTER_MS = 1000;
const held = new Map<Id, LocalDraft>();
/** Conversations whose words from before are in `held`: for the others nothing may be written over them yet. */
const restored = new Set<Id>();
const timers = new Map<Id, ReturnType<typeof setTimeout>>();
/** Conversations of which the server keeps a draft, so that an empty text need not be sent to the others. */
const onServer = new Set<Id>();

const blank = (conversationId: Id): LocalDraft => ({
  conversationId,
  kind: 'reply',
  reply: '',
  note: '',
  updatedAt: new Date(0).toISOString(),
  dirty: false,
});

const joined = (before: string, typed: string) => (before && typed ? `${before} ${typed}` : before || typed);

/** What was typed in the meantime goes on after what this browser kept. */
function adopt(kept: LocalDraft): void {
  if (restored.has(kept.conversationId)) return;
  restored.add(kept.conversationId);
  const typed = held.get(kept.conversationId);
  const both = typed && { ...typed, reply: joined(kept.reply, typed.reply), note: joined(kept.note, typed.note) };
  held.set(kept.conversationId, both ?? kept);
}

async function restore(conversationId: Id): Promise<void> {
  const kept = (await table('drafts').get(conversationId)) as LocalDraft | undefined;
  if (kept) adopt(kept);
  restored.add(conversationId);
}

/** The newer of this browser's and the server's. */
export async function openDraft(conversationId: Id, server: Draft | null): Promise<LocalDraft> {
  if (server) onServer.add(conversationId);
  if (!restored.has(conversationId)) await restore(conversationId);
  const local = held.get(conversationId);
  if (server && (!local || (!local.dirty && Date.parse(server.updated_at) > Date.parse(local.updatedAt)))) {
    const draft = {
      ...(local ?? blank(conversationId)),
      kind: server.kind,
      [server.kind]: server.text,
      updatedAt: server.updated_at,
    };
    held.set(conversationId, draft);
    return draft;
  }
  const draft = local ?? blank(conversationId);
  held.set(conversationId, draft);
  return draft;
}

export const peekDraft = (conversationId: Id): LocalDraft | undefined => held.get(conversationId);

export function saveDraft(conversationId: Id, change: Partial<Pick<LocalDraft, 'kind' | 'reply' | 'note'>>): void {
  const before = held.get(conversationId) ?? blank(conversationId);
  const draft = { ...before, ...change, updatedAt: new Date().toISOString(), dirty: true };
  held.set(conversationId, draft);
  if (restored.has(conversationId)) keep(conversationId);
  else void restore(conversationId).then(() => keep(conversationId));
  clearTimeout(timers.get(conversationId));
  timers.set(
    conversationId,
    setTimeout(() => void pushDraft(conversationId), SERVER_AFTER_MS),
  );
}

function keep(conversationId: Id): void {
  const draft = held.get(conversationId);
  if (!draft) return;
  const empty = draft.reply === '' && draft.note === '';
  void (empty && !onServer.has(conversationId)
    ? table('drafts').delete(conversationId)
    : table('drafts').put(conversationId, draft));
}

async function pushDraft(conversationId: Id): Promise<void> {
  const draft = held.get(conversationId);
  if (!draft?.dirty) return;
  const text = draft[draft.kind];
  if (text === '' && !onServer.has(conversationId)) {
    await settle(conversationId, draft, false);
    return;
  }
  try {
    await answer(
      api.PUT('/api/v1/conversations/{conversation_id}/draft', {
        params: { path: { conversation_id: conversationId } },
        body: { kind: draft.kind, text },
      }),
    );
  } catch (error) {
    // It stays dirty here and is sent after the next key or when the line is back; a refusal (404) will not change.
    if (!isRetryable(error)) await settle(conversationId, draft, false);
    return;
  }
  if (text === '') onServer.delete(conversationId);
  else onServer.add(conversationId);
  await settle(conversationId, draft, text !== '');
}

async function settle(conversationId: Id, pushed: LocalDraft, wanted: boolean): Promise<void> {
  if (held.get(conversationId) !== pushed) return; // Somebody typed on: the next push settles it.
  const draft = { ...pushed, dirty: false };
  held.set(conversationId, draft);
  if (wanted || draft.reply !== '' || draft.note !== '') await table('drafts').put(conversationId, draft);
  else await table('drafts').delete(conversationId);
}

/** After a reconnect or a reload: the server gets what it missed. */
export async function pushDirtyDrafts(): Promise<void> {
  for (const row of (await table('drafts').all()) as LocalDraft[]) adopt(row);
  for (const [id, draft] of held) if (draft.dirty) await pushDraft(id);
}

export function forgetDrafts(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  held.clear();
  restored.clear();
  onServer.clear();
}
