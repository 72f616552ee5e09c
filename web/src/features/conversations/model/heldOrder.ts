/**
 * Keeps the list still while somebody points at it or has scrolled: rows go on changing in place, but none moves.
 * What came meanwhile is counted and let in at once by a click, or when the pointer leaves.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Conversation, Id } from '@/shared/api/types';
import { compareRows } from '@/shared/realtime/rows';

export interface Held {
  ids: Id[];
  /** Newest time at the moment of holding: what is newer has news. */
  since: number;
}

type Rows = Record<Id, Conversation>;
const timeOf = (row: Conversation | undefined) => Date.parse(row?.last_message_at ?? row?.created_at ?? '') || 0;

/** The held rows in their places, with pages that were loaded at the end meanwhile. */
export function shownWhileHeld(held: Held, live: Id[], rows: Rows): { ids: Id[]; news: number } {
  const known = new Set(held.ids);
  const last = rows[held.ids[held.ids.length - 1] ?? ''];
  const appended = live.filter((id) => {
    const row = rows[id];
    return !known.has(id) && row !== undefined && (last === undefined || compareRows(last, row) < 0);
  });
  const after = new Set(appended);
  const news = live.filter((id) => (!known.has(id) && !after.has(id)) || (known.has(id) && timeOf(rows[id]) > held.since)).length;
  return { ids: [...held.ids.filter((id) => rows[id]), ...appended], news };
}

export function useHeldOrder(live: Id[], rows: Rows, hold: boolean, listKey: string, thaws: number) {
  const [held, setHeld] = useState<Held | null>(null);
  const latest = useRef(live);
  latest.current = live;
  const rowsNow = useRef(rows);
  rowsNow.current = rows;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list or an own action starts from the live order
  useEffect(() => {
    if (!hold) {
      setHeld(null);
      return;
    }
    const ids = latest.current;
    setHeld({ ids, since: Math.max(0, ...ids.map((id) => timeOf(rowsNow.current[id]))) });
  }, [hold, listKey, thaws]);

  return useMemo(() => (held ? shownWhileHeld(held, live, rows) : { ids: live, news: 0 }), [held, live, rows]);
}
