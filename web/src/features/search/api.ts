/** Search over REST. */
import { answer, api } from '@/shared/api/client';
import { allOf } from '@/shared/api/pages';
import type { components } from '@/shared/api/schema';
import { type Asked, rangeOf } from './model/asked';

type Schemas = components['schemas'];
export type MessageHit = Schemas['MessageHit'];
export type ContactHit = Schemas['ContactHit'];
export type SearchPage = Schemas['SearchPage'];
export type Ranges = Schemas['SearchRange'][];

const LIMIT = 30;

export const search = (asked: Asked, cursor: string | null, signal: AbortSignal): Promise<SearchPage> =>
  answer(
    api.GET('/api/v1/search', {
      signal,
      params: {
        query: {
          q: asked.q,
          in: asked.in ?? 'all',
          channel_id: asked.channel,
          assignee_id: asked.assignee,
          type: asked.type,
          sort: asked.sort ?? 'newest',
          ...rangeOf(asked),
          limit: LIMIT,
          cursor: cursor ?? undefined,
        },
      },
    }),
  );

export const suggest = (q: string, signal: AbortSignal) =>
  answer(api.GET('/api/v1/search/suggest', { signal, params: { query: { q } } }));

export const readChannels = () => allOf((query) => answer(api.GET('/api/v1/channels', { params: { query } })));
export const readUsers = () => allOf((query) => answer(api.GET('/api/v1/users', { params: { query } })));
