import { request } from '@/shared/api/client';
import type { Contact, Id } from '@/shared/api/types';

export const contactKey = (id: Id) => ['contact', id] as const;
export const readContact = (id: Id) => request<Contact>('GET', `/contacts/${id}`);
export const renameContact = (id: Id, name: string) => request<Contact>('PATCH', `/contacts/${id}`, { body: { name } });
