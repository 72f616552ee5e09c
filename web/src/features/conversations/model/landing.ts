/**
 * A place far from a thread's end that somebody jumped to: a quote, a hit, a day. It is loaded around that place and read on
 * in both directions; where it meets what the live thread holds it becomes part of it.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Id, Message } from '@/shared/api/types';
import { onBatches } from '@/shared/realtime/socket';
import { noThread, putThreadPage, type ThreadState, useLive, withMessages } from '@/shared/realtime/store';
import { type MessagesPage, readMessages } from '../api';

export interface Place {
  conversationId: Id;
  /** One of the two says where. */
  seq?: number;
  date?: string;
}

export interface Landing {
  conversationId: Id;
  thread: ThreadState;
  older: string | null;
  newer: string | null;
}

const PAGE = 50;

const begun = (page: MessagesPage, fallback: Id): Landing => ({
  conversationId: page.items[0]?.conversation_id ?? fallback,
  thread: withMessages(noThread, page.items),
  older: page.next_cursor,
  newer: page.newer_cursor,
});

const seqAt = ({ order, byId }: ThreadState, at: 0 | -1): number => byId[order.at(at) ?? '']?.seq ?? 0;

/** True when the live thread goes on where the landing ends, so that together they have no gap. */
export function meets(landing: Landing, live: ThreadState | undefined): boolean {
  if (live?.phase !== 'ready' || live.order.length === 0) return false;
  return landing.newer === null || seqAt(landing.thread, -1) >= seqAt(live, 0) - 1;
}

export function useLanding(openId: Id) {
  const [landing, setLanding] = useState<Landing | null>(null);
  const [failed, setFailed] = useState(false);
  const busy = useRef(false);
  const current = useRef(landing);
  current.current = landing;

  const leave = useCallback(() => setLanding(null), []);

  /** The messages of a place that was not loaded, or null when it cannot be reached. */
  const land = useCallback(
    async ({ conversationId, seq, date }: Place): Promise<Message[]> => {
      const page = await readMessages(conversationId, { around_seq: seq, date, limit: PAGE });
      setFailed(false);
      settle(begun(page, conversationId), openId, setLanding);
      return page.items;
    },
    [openId],
  );

  const read = useCallback(
    async (direction: 'older' | 'newer') => {
      const held = current.current;
      const cursor = held?.[direction];
      if (!held || !cursor || busy.current) return;
      busy.current = true;
      try {
        const page = await readMessages(held.conversationId, { cursor, limit: PAGE });
        if (current.current?.conversationId !== held.conversationId) return;
        const next = {
          ...current.current,
          thread: withMessages(current.current.thread, page.items),
          [direction]: direction === 'older' ? page.next_cursor : page.newer_cursor,
        };
        setFailed(false);
        settle(next, openId, setLanding);
      } catch {
        // Shown at the end where it happened, with a button that asks again.
        setFailed(true);
      } finally {
        busy.current = false;
      }
    },
    [openId],
  );

  // Ticks, edits and reactions reach what is shown here too; what is new at the end does not belong here yet.
  useEffect(
    () =>
      onBatches((batches) => {
        const held = current.current;
        if (!held) return;
        const last = seqAt(held.thread, -1);
        const rows = batches
          .flatMap((batch) => batch.messages)
          .filter((row) => row.conversation_id === held.conversationId && (row.seq <= last || held.newer === null));
        if (rows.length > 0) setLanding({ ...held, thread: withMessages(held.thread, rows) });
      }),
    [],
  );

  return { landing, failed, land, leave, read };
}

function settle(next: Landing, openId: Id, show: (landing: Landing | null) => void): void {
  const live = useLive.getState().threads[openId];
  if (next.conversationId === openId && live && meets(next, live)) {
    const lower = seqAt(next.thread, 0) < seqAt(live, 0);
    const items = next.thread.order.flatMap((id) => next.thread.byId[id] ?? []);
    putThreadPage(openId, { items, next_cursor: lower ? next.older : live.nextCursor });
    show(null);
    return;
  }
  show(next);
}
