import { request } from '@/shared/api/client';
import type { Id, Page, QuarantineRow } from '@/shared/api/types';

export const readQuarantine = (cursor: string | null) =>
  request<Page<QuarantineRow>>('GET', '/quarantine', { query: { cursor, limit: 50 } });
export const replay = (id: Id) => request<QuarantineRow>('POST', `/quarantine/${id}/replay`);
