import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { answer, api } from '@/shared/api/client';
import { allOf } from '@/shared/api/pages';
import type { Id } from '@/shared/api/types';
import { onBatches, onResync } from '@/shared/realtime/socket';
import { readTemplate, readTemplates } from '../api';

/** All lists of templates; a change makes each of them stale. */
export const TEMPLATES_KEY = ['templates'];
const TEMPLATE_KEY = ['template'];
/** A list that nobody looked at for this long is read again when it is shown: the stream may not have run meanwhile. */
const FRESH_MS = 15_000;

/** What is shown of templates is read again when the stream says that one has changed. */
function useFollowing(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const again = () => {
      void queries.invalidateQueries({ queryKey: TEMPLATES_KEY });
      void queries.invalidateQueries({ queryKey: TEMPLATE_KEY });
    };
    const leave = [onBatches((batches) => batches.some((batch) => batch.templates.length > 0) && again()), onResync(again)];
    return () => {
      for (const end of leave) end();
    };
  }, [queries]);
}

/** A channel's templates; `null` all of the firm's. */
export function useTemplates(channelId: Id | null | undefined) {
  useFollowing();
  return useQuery({
    queryKey: [...TEMPLATES_KEY, channelId ?? null],
    queryFn: () => readTemplates(channelId ?? null),
    enabled: channelId !== undefined,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: true,
  });
}

const readChannels = () => allOf((query) => answer(api.GET('/api/v1/channels', { params: { query } })));

/** The same entry of the cache as everywhere else. */
export const useChannels = () => useQuery({ queryKey: ['channels'], queryFn: readChannels });

export function useTemplate(id: Id | undefined) {
  useFollowing();
  return useQuery({
    queryKey: [...TEMPLATE_KEY, id],
    queryFn: () => readTemplate(id ?? ''),
    enabled: id !== undefined,
    staleTime: 0,
    refetchOnWindowFocus: true,
  });
}
