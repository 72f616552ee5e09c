/** The firm's own fields of contacts over REST: shown by the contact panel, kept by their page. */
import { answer, api } from './client';
import type { ContactField, ContactFieldChange, ContactFieldDraft, Id } from './types';

export const FIELDS_KEY = ['contact-fields'] as const;

const at = (id: Id) => ({ params: { path: { field_id: id } } });

/** All of them in their order, archived ones last. */
export const readFields = async (): Promise<ContactField[]> => (await answer(api.GET('/api/v1/contact-fields'))).items;
export const createField = (body: ContactFieldDraft) => answer(api.POST('/api/v1/contact-fields', { body }));
export const changeField = (id: Id, body: ContactFieldChange) =>
  answer(api.PATCH('/api/v1/contact-fields/{field_id}', { ...at(id), body }));
export const archiveField = (id: Id) => answer(api.DELETE('/api/v1/contact-fields/{field_id}', at(id)));
export const orderFields = async (ids: Id[]): Promise<ContactField[]> =>
  (await answer(api.PUT('/api/v1/contact-fields/order', { body: { field_ids: ids } }))).items;
