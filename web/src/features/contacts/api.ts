import { answer, api } from '@/shared/api/client';
import type { Id } from '@/shared/api/types';

export const contactKey = (id: Id) => ['contact', id] as const;

const at = (id: Id) => ({ params: { path: { contact_id: id } } });
export const readContact = (id: Id) => answer(api.GET('/api/v1/contacts/{contact_id}', at(id)));
export const renameContact = (id: Id, name: string) =>
  answer(api.PATCH('/api/v1/contacts/{contact_id}', { ...at(id), body: { name } }));

export type MediaSort = 'media' | 'files' | 'links';
export const readContactMedia = (id: Id, kind: MediaSort, cursor: string | null) =>
  answer(
    api.GET('/api/v1/contacts/{contact_id}/media', {
      params: { path: { contact_id: id }, query: { kind, cursor, limit: 48 } },
    }),
  );
