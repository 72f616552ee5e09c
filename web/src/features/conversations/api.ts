import { answer, api } from '@/shared/api/client';
import type { Id, Message, Page, TagColor, Time } from '@/shared/api/types';

const at = (id: Id) => ({ params: { path: { conversation_id: id } } });

export const take = (id: Id, from: Id | null) =>
  answer(api.POST('/api/v1/conversations/{conversation_id}/take', { ...at(id), body: { from } }));
export const assign = (id: Id, userId: Id | null) =>
  answer(api.POST('/api/v1/conversations/{conversation_id}/assign', { ...at(id), body: { user_id: userId } }));
export const resolve = (id: Id) => answer(api.POST('/api/v1/conversations/{conversation_id}/resolve', at(id)));
export const reopen = (id: Id) => answer(api.POST('/api/v1/conversations/{conversation_id}/reopen', at(id)));
export const snooze = (id: Id, until: Time | null) =>
  answer(api.POST('/api/v1/conversations/{conversation_id}/snooze', { ...at(id), body: { until } }));
export const putTags = (id: Id, tagIds: Id[]) =>
  answer(api.PUT('/api/v1/conversations/{conversation_id}/tags', { ...at(id), body: { tag_ids: tagIds } }));
export const putRead = (id: Id, seq: number, lower = false) =>
  answer(api.PUT('/api/v1/conversations/{conversation_id}/read', { ...at(id), body: { seq, lower } }));

const message = ({ conversation_id, id }: Message) => ({ conversation_id, message_id: id });
export const resendMessage = (failed: Message, key: string) =>
  answer(
    api.POST('/api/v1/conversations/{conversation_id}/messages/{message_id}/resend', {
      params: { path: message(failed), header: { 'idempotency-key': key } },
    }),
  );
export const discardMessage = (failed: Message) =>
  answer(
    api.POST('/api/v1/conversations/{conversation_id}/messages/{message_id}/discard', { params: { path: message(failed) } }),
  );

/** Users, channels and tags are few: all pages are read at once. */
async function all<T>(read: (query: { cursor: string | null; limit: number }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ cursor, limit: 100 });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

export const readUsers = () => all((query) => answer(api.GET('/api/v1/users', { params: { query } })));
export const readChannels = () => all((query) => answer(api.GET('/api/v1/channels', { params: { query } })));
export const readTags = () => all((query) => answer(api.GET('/api/v1/tags', { params: { query } })));
export const createTag = (name: string, color: TagColor) => answer(api.POST('/api/v1/tags', { body: { name, color } }));
