/** Pure rules of the live store: what belongs to a list, in which order, and which of two versions of a row wins. */
import type { Conversation, ConversationStatus, Id, Message, View } from '@/shared/api/types';

export type ListKey = `${View}:${ConversationStatus}`;

export const listKey = (view: View, status: ConversationStatus): ListKey => `${view}:${status}`;

export function belongs(row: Conversation, key: ListKey, me: Id | null): boolean {
  const [view, status] = key.split(':');
  if (row.status !== status) return false;
  if (view === 'mine') return row.assignee !== null && row.assignee.id === me;
  if (view === 'unassigned') return row.assignee === null;
  return true;
}

/** Newest message first, as the server pages them; ties by id, so that equal times never swap. */
export function compareRows(a: Conversation, b: Conversation): number {
  const left = sortTime(a);
  const right = sortTime(b);
  if (left !== right) return left < right ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** Times of one server have one format, but not one number of decimals: compared as numbers, not as text. */
const times = new Map<string, number>();
function sortTime(row: Conversation): number {
  const text = row.last_message_at ?? row.created_at;
  let at = times.get(text);
  if (at === undefined) {
    if (times.size > 50_000) times.clear();
    at = Date.parse(text);
    times.set(text, at);
  }
  return at;
}

export const isNewer = (held: { version: number } | undefined, row: { version: number }): boolean =>
  held === undefined || row.version > held.version;

/** Puts `id` where its row sorts into `ids`, which is sorted and does not hold it. */
export function insertSorted(ids: Id[], id: Id, rows: Record<Id, Conversation>): Id[] {
  const row = rows[id];
  if (!row) return ids;
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[ids[middle] ?? ''];
    if (other && compareRows(other, row) < 0) low = middle + 1;
    else high = middle;
  }
  return [...ids.slice(0, low), id, ...ids.slice(low)];
}

/** The order of a thread: by `seq`, which the server gives without gaps. */
export function mergeOrder(order: Id[], byId: Record<Id, Message>, added: Id[]): Id[] {
  if (added.length === 0) return order;
  const last = byId[order[order.length - 1] ?? '']?.seq ?? -1;
  const all = [...order, ...added];
  if (added.every((id) => (byId[id]?.seq ?? 0) > last) && added.length === 1) return all;
  return all.sort((a, b) => (byId[a]?.seq ?? 0) - (byId[b]?.seq ?? 0));
}
