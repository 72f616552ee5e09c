import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { answer, api } from '@/shared/api/client';
import type { Counts } from '@/shared/api/types';
import { onBatches } from './socket';
import { useLive } from './store';

const KEY = ['counts'];
const AT_MOST_EVERY_MS = 2000;

/** How many open conversations each view holds. The server counts; a change asks again, at most every two seconds. */
export function useCounts(): Counts | undefined {
  const { data } = useQuery({ queryKey: KEY, queryFn: () => answer(api.GET('/api/v1/conversations/counts')) });
  return data;
}

/** Once, in the shell. */
export function useFreshCounts(): void {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onBatches((batches) => {
      if (timer || !batches.some((batch) => batch.conversations.length || batch.removed.length)) return;
      timer = setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: KEY });
      }, AT_MOST_EVERY_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queries]);
}

/** Open conversations, mine or nobody's, in which something waits to be read by me. */
export function useUnreadConversations(): number {
  return useLive(({ conversations, me }) => {
    let count = 0;
    for (const id in conversations) {
      const row = conversations[id];
      if (row && row.unread > 0 && row.status === 'open' && (row.assignee === null || row.assignee.id === me)) count += 1;
    }
    return count;
  });
}
