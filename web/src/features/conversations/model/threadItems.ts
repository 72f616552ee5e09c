/** Turns messages into the lines of a thread: day lines, groups, the unread line, reactions on what they mean. Pure. */

import { readReaction } from '@/shared/api/payloads';
import type { Id, Message } from '@/shared/api/types';
import { dayKey } from '@/shared/format/time';
import type { OutboxItem } from '@/shared/offline/outbox';
import type { ThreadState } from '@/shared/realtime/store';

export interface Reaction {
  emoji: string;
  author: string | null;
}

export type ThreadItem =
  | { kind: 'start'; key: string; more: boolean }
  | { kind: 'day'; key: string; at: string }
  | { kind: 'earlier'; key: string; conversationId: Id }
  | { kind: 'unread'; key: string; count: number }
  | { kind: 'message'; key: string; message: Message; first: boolean; reactions: Reaction[] }
  | { kind: 'pending'; key: string; item: OutboxItem; first: boolean };

export interface Segment {
  conversationId: Id;
  thread: ThreadState;
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
      items.push({
        kind: 'message',
        key: message.client_id ?? message.id,
        message,
        first,
        reactions: reactions.get(message.seq) ?? [],
      });
      before = message;
    }
  }
  const taken = segments[segments.length - 1]?.thread.clientIds ?? {};
  const last = items[items.length - 1];
  let first = !(last?.kind === 'message' && last.message.direction === 'outbound');
  for (const item of outbox) {
    if (taken[item.clientId]) continue;
    items.push({ kind: 'pending', key: item.clientId, item, first });
    first = false;
  }
  return items;
}

const isUnread = (message: Message, opened: { readSeq: number; lastSeq: number }) =>
  message.direction === 'inbound' && message.seq > opened.readSeq && message.seq <= opened.lastSeq;

/** Dismissed ones are gone; a reaction moves onto its message when that one is here. */
function visibleMessages(thread: ThreadState): { shown: Message[]; reactions: Map<number, Reaction[]> } {
  const all = thread.order.flatMap((id) => thread.byId[id] ?? []).filter((message) => !message.dismissed);
  const bySeq = new Map(all.map((message) => [message.seq, message]));
  const latest = new Map<string, { seq: number; emoji: string | null; author: string | null }>();
  const placed = new Set<Id>();
  for (const message of all) {
    if (message.type !== 'reaction') continue;
    const { emoji, toSeq } = readReaction(message.payload);
    const target = toSeq ?? message.reply_to?.seq ?? null;
    if (target === null || !bySeq.has(target)) continue;
    placed.add(message.id);
    // One reaction per person and message: a later one replaces it, an empty one takes it back.
    latest.set(`${target} ${message.author.kind} ${message.author.id}`, {
      seq: target,
      emoji,
      author: message.author.name,
    });
  }
  const reactions = new Map<number, Reaction[]>();
  for (const { seq, emoji, author } of latest.values()) {
    if (emoji) reactions.set(seq, [...(reactions.get(seq) ?? []), { emoji, author }]);
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
