/** One continuous thread of a person: the open conversation with the earlier ones loaded above it, as far as one scrolls. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Id } from '@/shared/api/types';
import { loadDetail, loadOlder, loadThread } from '@/shared/realtime/loaders';
import { useLive } from '@/shared/realtime/store';
import type { Segment } from './threadItems';

export function useSegments(id: Id): { segments: Segment[]; more: boolean; loadMore: () => void } {
  // Oldest first.
  const [earlier, setEarlier] = useState<Id[]>([]);
  const threads = useLive((state) => state.threads);
  const details = useLive((state) => state.details);
  const busy = useRef(false);
  const failed = useRef(false);

  const chain = useMemo(() => [...earlier, id], [earlier, id]);
  const held = chain.map((conversationId) => threads[conversationId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `held` has a new identity at each render, its entries do not
  const segments = useMemo(
    () => chain.flatMap((conversationId, index) => (held[index] ? [{ conversationId, thread: held[index] }] : [])),
    [chain, ...held.slice(-6), held.length],
  );

  const topId = chain[0] ?? id;
  const top = threads[topId];
  const previous = details[topId]?.previousId ?? null;
  const more = top?.phase === 'ready' && (top.nextCursor !== null || previous !== null);

  const loadMore = useCallback(() => {
    if (busy.current || failed.current || !top || top.phase !== 'ready') return;
    busy.current = true;
    const work = top.nextCursor
      ? loadOlder(topId)
      : previous
        ? loadEarlier(previous).then(() => setEarlier((ids) => (ids.includes(previous) ? ids : [previous, ...ids])))
        : Promise.resolve();
    work
      .catch(() => {
        // Not to be asked for at every scrolled pixel; the next opening tries again.
        failed.current = true;
      })
      .finally(() => {
        busy.current = false;
      });
  }, [top, topId, previous]);

  useEffect(() => {
    failed.current = false;
  }, []);

  return { segments, more, loadMore };
}

async function loadEarlier(id: Id): Promise<void> {
  await loadDetail(id);
  if (useLive.getState().threads[id]?.phase !== 'ready') await loadThread(id);
}
