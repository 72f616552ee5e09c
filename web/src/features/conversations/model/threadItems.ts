/** Turns messages into the lines of a thread: day lines, groups, the unread line, reactions on what they mean. Pure. */

import { readReaction } from '@/shared/api/payloads';
import type { Id, Message } from '@/shared/api/types';
import { dayKey } from '@/shared/format/time';
import type { OutboxItem } from '@/shared/offline/outbox';
import type { ThreadState } from '@/shared/realtime/store';

export interface Reaction {
  emoji: string;
  by: Message['author'][];
}

export type ThreadItem =
  | { kind: 'start'; key: string; more: boolean }
  | { kind: 'day'; key: string; at: string }
  | { kind: 'earlier'; key: string; conversationId: Id }
  | { kind: 'unread'; key: string; count: number }
  | { kind: 'message'; key: string; message: Message; first: boolean; reactions: Reaction[] }
  | { kind: 'album'; key: string; messages: Message[]; first: boolean; reactions: Reaction[] }
  | { kind: 'pending'; key: string; item: OutboxItem; first: boolean };

export interface Segment {
  conversationId: Id;
  thread: Pick<ThreadState, 'order' | 'byId' | 'clientIds'>;
}

interface Options {
  /** Oldest first; the last one is the conversation that is open. */
  segments: Segment[];
  outbox: OutboxItem[];
  /** What I had read when I opened it, where the thread ended then, and how many of the contact's last messages were new to me. */
  opened: { readSeq: number; lastSeq: number; count: number } | null;
  more: boolean;
}

const GROUP_MS = 5 * 60_000;
const timeOf = (message: Message) => message.created_at;

export function threadItems({ segments, outbox, opened, more }: Options): ThreadItem[] {
  const items: ThreadItem[] = [{ kind: 'start', key: 'start', more }];
  let before: Message | null = null;
  for (const [index, { conversationId, thread }] of segments.entries()) {
    const current = index === segments.length - 1;
    const { shown, reactions } = visibleMessages(thread);
    if (index > 0) {
      items.push({ kind: 'earlier', key: `earlier-${conversationId}`, conversationId });
      before = null;
    }
    // What a colleague has answered is not new, though I have never read it: the count knows, the mark does not.
    const unread = current && opened ? shown.filter((m) => isUnread(m, opened)).slice(-opened.count) : [];
    for (const message of shown) {
      if (!before || dayKey(timeOf(before)) !== dayKey(timeOf(message))) {
        items.push({ kind: 'day', key: `day-${conversationId}-${dayKey(timeOf(message))}`, at: timeOf(message) });
        before = null;
      }
      if (message === unread[0]) {
        items.push({ kind: 'unread', key: 'unread', count: unread.length });
        before = null;
      }
      const first = !before || !sameGroup(before, message);
      const given = reactions.get(message.seq) ?? [];
      const last = items[items.length - 1];
      if (
        before &&
        !first &&
        inAlbum(before) &&
        inAlbum(message) &&
        !message.reply_to &&
        joinAlbum(items, last, message, given)
      ) {
        before = message;
        continue;
      }
      items.push({ kind: 'message', key: message.client_id ?? message.id, message, first, reactions: given });
      before = message;
    }
  }
  const taken = segments[segments.length - 1]?.thread.clientIds ?? {};
  const last = items[items.length - 1];
  const lastMessage = last && messagesOf(last).at(-1);
  let first = lastMessage?.direction !== 'outbound';
  for (const item of outbox) {
    if (taken[item.clientId]) continue;
    items.push({ kind: 'pending', key: item.clientId, item, first });
    first = false;
  }
  return items;
}

const isUnread = (message: Message, opened: { readSeq: number; lastSeq: number }) =>
  message.direction === 'inbound' && message.seq > opened.readSeq && message.seq <= opened.lastSeq;

/** The messages that a line shows. */
export const messagesOf = (item: ThreadItem): Message[] =>
  item.kind === 'message' ? [item.message] : item.kind === 'album' ? item.messages : [];

/** A picture or film that is here or still on its way: what failed, was never kept or was taken back stands alone. */
const inAlbum = ({ type, attachments, status, revoked_at }: Message): boolean =>
  (type === 'image' || type === 'video') &&
  attachments.length === 1 &&
  (attachments[0]?.state === 'stored' || attachments[0]?.state === 'pending') &&
  status !== 'failed' &&
  status !== 'unknown' &&
  !revoked_at;

/** Puts the message beside the pictures of the line above it. False when that line is none of them. */
function joinAlbum(items: ThreadItem[], last: ThreadItem | undefined, message: Message, given: Reaction[]): boolean {
  if (last?.kind === 'album') {
    last.messages.push(message);
    last.reactions = mergeReactions([...last.reactions, ...given]);
    return true;
  }
  if (last?.kind !== 'message') return false;
  items[items.length - 1] = {
    kind: 'album',
    key: last.key,
    messages: [last.message, message],
    first: last.first,
    reactions: mergeReactions([...last.reactions, ...given]),
  };
  return true;
}

function mergeReactions(all: Reaction[]): Reaction[] {
  const byEmoji = new Map<string, Reaction>();
  for (const { emoji, by } of all) byEmoji.set(emoji, { emoji, by: [...(byEmoji.get(emoji)?.by ?? []), ...by] });
  return [...byEmoji.values()];
}

/** Dismissed ones are gone; a reaction moves onto its message when that one is here. */
function visibleMessages(thread: Segment['thread']): { shown: Message[]; reactions: Map<number, Reaction[]> } {
  const all = thread.order.flatMap((id) => thread.byId[id] ?? []).filter((message) => !message.dismissed);
  const bySeq = new Map(all.map((message) => [message.seq, message]));
  const latest = new Map<string, { seq: number; emoji: string | null; author: Message['author'] }>();
  const placed = new Set<Id>();
  for (const message of all) {
    if (message.type !== 'reaction') continue;
    const { emoji, toSeq } = readReaction(message.payload);
    const target = toSeq ?? message.reply_to?.seq ?? null;
    if (target === null || !bySeq.has(target)) continue;
    placed.add(message.id);
    // One reaction per person and message: a later one replaces it, an empty one takes it back. To the customer's phone
    // the firm is one person, whoever of us pressed.
    const whose = message.direction === 'inbound' ? 'contact' : 'firm';
    // One that did not get through replaced nothing.
    if (message.status !== 'failed') latest.set(`${target} ${whose}`, { seq: target, emoji, author: message.author });
  }
  const reactions = new Map<number, Reaction[]>();
  for (const { seq, emoji, author } of latest.values()) {
    if (emoji) reactions.set(seq, mergeReactions([...(reactions.get(seq) ?? []), { emoji, by: [author] }]));
  }
  return { shown: all.filter((message) => !placed.has(message.id)), reactions };
}

function sameGroup(a: Message, b: Message): boolean {
  if (a.type === 'activity' || b.type === 'activity' || a.type === 'system' || b.type === 'system') return false;
  return (
    a.direction === b.direction &&
    (a.type === 'note') === (b.type === 'note') &&
    a.author.id === b.author.id &&
    a.status !== 'failed' &&
    Date.parse(timeOf(b)) - Date.parse(timeOf(a)) < GROUP_MS
  );
}
