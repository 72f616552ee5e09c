import { useQuery } from '@tanstack/react-query';
import { answer, api } from '@/shared/api/client';
import type { Channel, Id } from '@/shared/api/types';
import { readTemplate, readTemplates } from '../api';
import { stateOf } from './states';

/** All lists of templates; a change makes each of them stale. */
export const TEMPLATES_KEY = ['templates'];
/** The stream does not tell of templates: a judgement is seen by looking again. */
const LOOK_AGAIN_MS = 20_000;
const JUDGED_SOON_MS = 4000;

/** A channel's templates; `null` all of the firm's. Fresh when the window is looked at again, and while it is looked at. */
export const useTemplates = (channelId: Id | null | undefined, live = false) =>
  useQuery({
    queryKey: [...TEMPLATES_KEY, channelId ?? null],
    queryFn: () => readTemplates(channelId ?? null),
    enabled: channelId !== undefined,
    staleTime: 15_000,
    refetchOnWindowFocus: true,
    refetchInterval: live ? LOOK_AGAIN_MS : false,
  });

async function readChannels(): Promise<Channel[]> {
  const items: Channel[] = [];
  let cursor: string | null = null;
  do {
    const query = { cursor, limit: 100 };
    const page: { items: Channel[]; next_cursor: string | null } = await answer(
      api.GET('/api/v1/channels', { params: { query } }),
    );
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

/** The same entry of the cache as everywhere else. */
export const useChannels = () => useQuery({ queryKey: ['channels'], queryFn: readChannels });

/** One template; while it is judged it is looked at more often. */
export const useTemplate = (id: Id | undefined) =>
  useQuery({
    queryKey: ['template', id],
    queryFn: () => readTemplate(id ?? ''),
    enabled: id !== undefined,
    staleTime: 0,
    refetchOnWindowFocus: true,
    refetchInterval: (query) => (stateOf(query.state.data?.status ?? '') === 'pending' ? JUDGED_SOON_MS : LOOK_AGAIN_MS),
  });
