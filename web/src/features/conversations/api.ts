import { request } from '@/shared/api/client';
import type { Channel, Conversation, Id, Message, Page, Tag, TagColor, Time, User } from '@/shared/api/types';

const post = (id: Id, verb: string, body?: unknown) =>
  request<Conversation>('POST', `/conversations/${id}/${verb}`, { body: body ?? {} });

export const take = (id: Id, from: Id | null) => post(id, 'take', { from });
export const assign = (id: Id, userId: Id | null) => post(id, 'assign', { user_id: userId });
export const resolve = (id: Id) => post(id, 'resolve');
export const reopen = (id: Id) => post(id, 'reopen');
export const snooze = (id: Id, until: Time | null) => post(id, 'snooze', { until });
export const putTags = (id: Id, tagIds: Id[]) =>
  request<Conversation>('PUT', `/conversations/${id}/tags`, { body: { tag_ids: tagIds } });

export const putRead = (id: Id, seq: number, lower = false) =>
  request<{ read_seq: number; unread: number }>('PUT', `/conversations/${id}/read`, { body: lower ? { seq, lower } : { seq } });

export const resendMessage = (message: Message, key: string) =>
  request<Message>('POST', `/conversations/${message.conversation_id}/messages/${message.id}/resend`, { idempotencyKey: key });
export const discardMessage = (message: Message) =>
  request<Message>('POST', `/conversations/${message.conversation_id}/messages/${message.id}/discard`);

/** Users, channels and tags are few: all pages are read at once. */
async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await request<Page<T>>('GET', path, { query: { cursor, limit: 100 } });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

export const readUsers = () => all<User>('/users');
export const readChannels = () => all<Channel>('/channels');
export const readTags = () => all<Tag>('/tags');
export const createTag = (name: string, color: TagColor) => request<Tag>('POST', '/tags', { body: { name, color } });
