import { answer, api } from '@/shared/api/client';
import { allOf } from '@/shared/api/pages';
import type { paths } from '@/shared/api/schema';
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

export const readUsers = () => allOf((query) => answer(api.GET('/api/v1/users', { params: { query } })));
export const readChannels = () => allOf((query) => answer(api.GET('/api/v1/channels', { params: { query } })));
export const readTags = () => allOf((query) => answer(api.GET('/api/v1/tags', { params: { query } })));
export const createTag = (name: string, color: TagColor) => answer(api.POST('/api/v1/tags', { body: { name, color } }));

type MessagesQuery = NonNullable<paths['/api/v1/conversations/{conversation_id}/messages']['get']['parameters']['query']>;
export type MessagesPage = Page<Message> & { newer_cursor: string | null };

/** A page of one conversation: by cursor, around a seq, or around a day of the firm's zone. */
export const readMessages = (id: Id, query: MessagesQuery): Promise<MessagesPage> =>
  answer(api.GET('/api/v1/conversations/{conversation_id}/messages', { params: { path: { conversation_id: id }, query } }));

export const searchMessages = (id: Id, q: string, cursor: string | null) =>
  answer(
    api.GET('/api/v1/conversations/{conversation_id}/messages/search', {
      params: { path: { conversation_id: id }, query: { q, cursor, limit: 100 } },
    }),
  );

export const react = (to: Message, emoji: string | null, key: string) =>
  answer(
    api.POST('/api/v1/conversations/{conversation_id}/messages', {
      params: { path: { conversation_id: to.conversation_id }, header: { 'idempotency-key': key } },
      body: { type: 'reaction', to_id: to.id, emoji },
    }),
  );

export const forward = (one: Message, conversationIds: Id[], key: string) =>
  answer(
    api.POST('/api/v1/conversations/{conversation_id}/messages/{message_id}/forward', {
      params: { path: message(one), header: { 'idempotency-key': key } },
      body: { conversation_ids: conversationIds },
    }),
  );

export const settle = (unknown: Message, outcome: 'sent' | 'failed') =>
  answer(
    api.POST('/api/v1/conversations/{conversation_id}/messages/{message_id}/settle', {
      params: { path: message(unknown) },
      body: { outcome },
    }),
  );

/** Asks the provider for a file once more; it is on its way again then. */
export const fetchAgain = (attachmentId: Id) =>
  answer(api.POST('/api/v1/media/{attachment_id}/retry', { params: { path: { attachment_id: attachmentId } } }));

export const readRevisions = (edited: Message) =>
  answer(
    api.GET('/api/v1/conversations/{conversation_id}/messages/{message_id}/revisions', { params: { path: message(edited) } }),
  );

export const readOpenConversations = () =>
  answer(api.GET('/api/v1/conversations', { params: { query: { view: 'all', status: 'open', limit: 100 } } }));
