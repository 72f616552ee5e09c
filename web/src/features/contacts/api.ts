import { answer, api } from '@/shared/api/client';
import type { FieldValue, Id } from '@/shared/api/types';

export const contactKey = (id: Id) => ['contact', id] as const;
/** Asked again with the contact. */
export const notesKey = (id: Id) => [...contactKey(id), 'notes'] as const;

const at = (id: Id) => ({ params: { path: { contact_id: id } } });
export const readContact = (id: Id) => answer(api.GET('/api/v1/contacts/{contact_id}', at(id)));
export const renameContact = (id: Id, name: string) =>
  answer(api.PATCH('/api/v1/contacts/{contact_id}', { ...at(id), body: { name } }));
/** `was`: what the screen showed, so that a colleague's change is not written over. */
export const fillField = (id: Id, key: string, value: FieldValue | null, was: FieldValue | null) =>
  answer(api.PATCH('/api/v1/contacts/{contact_id}', { ...at(id), body: { fields: { [key]: value }, was: { [key]: was } } }));

export type MediaSort = 'media' | 'files' | 'links';
export const readContactMedia = (id: Id, kind: MediaSort, cursor: string | null) =>
  answer(
    api.GET('/api/v1/contacts/{contact_id}/media', {
      params: { path: { contact_id: id }, query: { kind, cursor, limit: 48 } },
    }),
  );

const note = (id: Id, noteId: Id) => ({ params: { path: { contact_id: id, note_id: noteId } } });
export const readNotes = (id: Id, cursor: string | null) =>
  answer(api.GET('/api/v1/contacts/{contact_id}/notes', { params: { path: { contact_id: id }, query: { cursor, limit: 20 } } }));
export const addNote = (id: Id, text: string) =>
  answer(api.POST('/api/v1/contacts/{contact_id}/notes', { ...at(id), body: { text } }));
export const changeNote = (id: Id, noteId: Id, text: string) =>
  answer(api.PATCH('/api/v1/contacts/{contact_id}/notes/{note_id}', { ...note(id, noteId), body: { text } }));
export const deleteNote = (id: Id, noteId: Id) =>
  answer(api.DELETE('/api/v1/contacts/{contact_id}/notes/{note_id}', note(id, noteId)));
