/**
 * Messages that the server has not confirmed. Each keeps its client id, which is its Idempotency-Key, until an answer
 * came: repeating after a lost line is safe. Per conversation one after the other, so nothing overtakes.
 */
import { create } from 'zustand';
import { ApiError, answer, api, isRetryable } from '@/shared/api/client';
import type { OtherBody } from '@/shared/api/sending';
import type { Id, MediaKind, Message } from '@/shared/api/types';
import { putMessages } from '@/shared/realtime/store';
import { table } from './db';
import { forgetUpload, startUpload } from './uploads';

/** Stickers come in, but nobody sends one from a desk. */
export type SendableKind = Exclude<MediaKind, 'sticker'>;

export interface OutboxMedia {
  localId: string;
  kind: SendableKind;
  mime: string;
  name: string;
  size: number;
  blob: Blob;
  attachmentId: Id | null;
  /** A voice note, and its loudness (0 to 100) and seconds as they were while it was recorded. */
  voice?: { peaks: number[]; duration: number };
}

export interface OutboxItem {
  clientId: string;
  conversationId: Id;
  type: 'text' | 'note' | 'media' | OtherBody['type'];
  text: string;
  media: OutboxMedia | null;
  /** What is neither words nor a file: sent as it stands. */
  body?: OtherBody;
  /** As the message's own will be: what its bubble shows until then. */
  payload?: Message['payload'];
  /** The message that this one quotes. */
  replyTo?: Id | null;
  createdAt: string;
  state: 'waiting' | 'failed';
  error: { code: string; message: string; params: Record<string, unknown> } | null;
}

export type NewMessage = Pick<OutboxItem, 'conversationId' | 'type' | 'text' | 'media' | 'body' | 'payload' | 'replyTo'>;

interface OutboxState {
  items: OutboxItem[];
}

export const useOutbox = create<OutboxState>(() => ({ items: [] }));

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const draining = new Set<Id>();
let generation = 0;
let wake: () => void = () => undefined;
let woken: Promise<void> = newAlarm();

function newAlarm(): Promise<void> {
  return new Promise((resolve) => {
    wake = resolve;
  });
}

export const newClientId = (): string => crypto.randomUUID();

const itemsOf = (conversationId: Id) => useOutbox.getState().items.filter((item) => item.conversationId === conversationId);

export async function enqueue(message: NewMessage): Promise<OutboxItem> {
  const item: OutboxItem = {
    ...message,
    clientId: newClientId(),
    createdAt: new Date().toISOString(),
    state: 'waiting',
    error: null,
  };
  useOutbox.setState(({ items }) => ({ items: [...items, item] }));
  await table('outbox').put(item.clientId, item);
  void drain(item.conversationId);
  return item;
}

/** After a reload: what was left is sent again with the keys it had. */
export async function resumeOutbox(): Promise<void> {
  const started = generation;
  const rows = (await table('outbox').all()) as OutboxItem[];
  if (started !== generation) return;
  const known = new Set(useOutbox.getState().items.map((item) => item.clientId));
  const found = rows.filter((row) => !known.has(row.clientId));
  const items = [...found, ...useOutbox.getState().items].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  useOutbox.setState({ items });
  for (const id of new Set(items.map((item) => item.conversationId))) void drain(id);
}

/** The line is back: nobody waits for his next try. */
export function wakeOutbox(): void {
  wake();
  woken = newAlarm();
}

/** Tries again what was refused: as a new message, so with a new key. */
export async function resendItem(clientId: string): Promise<void> {
  const item = useOutbox.getState().items.find((held) => held.clientId === clientId);
  if (!item) return;
  const again: OutboxItem = {
    ...item,
    clientId: newClientId(),
    createdAt: new Date().toISOString(),
    state: 'waiting',
    error: null,
  };
  useOutbox.setState(({ items }) => ({ items: [...items.filter((held) => held !== item), again] }));
  await table('outbox').put(again.clientId, again);
  await table('outbox').delete(clientId);
  void drain(again.conversationId);
}

export async function discardItem(clientId: string): Promise<void> {
  const item = useOutbox.getState().items.find((held) => held.clientId === clientId);
  if (item?.media) forgetUpload(item.media.localId);
  useOutbox.setState(({ items }) => ({ items: items.filter((held) => held.clientId !== clientId) }));
  await table('outbox').delete(clientId);
}

export function closeOutbox(): void {
  generation += 1;
  draining.clear();
  useOutbox.setState({ items: [] });
}

async function drain(conversationId: Id): Promise<void> {
  if (draining.has(conversationId)) return;
  draining.add(conversationId);
  const started = generation;
  let delay = FIRST_RETRY_MS;
  for (;;) {
    const item = itemsOf(conversationId).find((held) => held.state === 'waiting');
    if (!item) break;
    try {
      const message = await send(item);
      if (started !== generation) return;
      putMessages([message]);
      await discardItem(item.clientId);
      delay = FIRST_RETRY_MS;
    } catch (error) {
      if (started !== generation) return;
      if (error instanceof ApiError && error.status === 401) break; // Goes on after sign-in, with the same key.
      if (isRetryable(error)) {
        const asked = error instanceof ApiError ? Number(error.params.retry_after_s ?? 0) * 1000 : 0;
        await Promise.race([woken, sleep(Math.max(asked, delay / 2 + Math.random() * (delay / 2)))]);
        if (started !== generation) return;
        delay = Math.min(LAST_RETRY_MS, delay * 2);
      } else {
        await markFailed(item, error);
      }
    }
  }
  draining.delete(conversationId);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function send(item: OutboxItem): Promise<Message> {
  return answer(
    api.POST('/api/v1/conversations/{conversation_id}/messages', {
      params: { path: { conversation_id: item.conversationId }, header: { 'idempotency-key': item.clientId } },
      body: {
        ...(item.body ?? (item.media ? await mediaBody(item, item.media) : wordsOf(item))),
        ...(item.replyTo ? { reply_to_id: item.replyTo } : {}),
      },
    }),
  );
}

const wordsOf = ({ type, text }: OutboxItem) => ({ type: type === 'note' ? 'note' : 'text', text }) as const;

async function mediaBody(item: OutboxItem, media: OutboxMedia) {
  let { attachmentId } = media;
  if (!attachmentId) {
    attachmentId = (await startUpload(media.localId, media.blob, media.name)).id;
    await change(item.clientId, { media: { ...media, attachmentId } });
  }
  return { type: media.kind, attachment_id: attachmentId, text: item.text || null, ...(media.voice && { voice: true }) };
}

async function markFailed(item: OutboxItem, error: unknown): Promise<void> {
  const reason =
    error instanceof ApiError
      ? { code: error.code, message: error.message, params: error.params }
      : { code: 'client', message: error instanceof Error ? error.message : String(error), params: {} };
  await change(item.clientId, { state: 'failed', error: reason });
}

async function change(clientId: string, patch: Partial<OutboxItem>): Promise<void> {
  useOutbox.setState(({ items }) => ({
    items: items.map((held) => (held.clientId === clientId ? { ...held, ...patch } : held)),
  }));
  const item = useOutbox.getState().items.find((held) => held.clientId === clientId);
  if (item) await table('outbox').put(clientId, item);
}
