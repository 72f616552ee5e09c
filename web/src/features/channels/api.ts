import { answer, api } from '@/shared/api/client';
import type { Id } from '@/shared/api/types';

export const readQuarantine = (cursor: string | null) =>
  answer(api.GET('/api/v1/quarantine', { params: { query: { cursor, limit: 50 } } }));
export const replay = (id: Id) =>
  answer(api.POST('/api/v1/quarantine/{quarantine_id}/replay', { params: { path: { quarantine_id: id } } }));
