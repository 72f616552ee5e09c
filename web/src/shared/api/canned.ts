/** Canned replies over REST: read by the composer, kept by their page. */
import { answer, api } from './client';
import { allOf } from './pages';
import type { CannedReply, CannedReplyChange, Id } from './types';

export const CANNED_KEY = ['canned-replies'] as const;

const at = (id: Id) => ({ params: { path: { canned_reply_id: id } } });

/** All of them: a firm has tens or hundreds, and they are searched while somebody types. */
export const readCannedReplies = (): Promise<CannedReply[]> =>
  allOf((query) => answer(api.GET('/api/v1/canned-replies', { params: { query } })));

/** The text for this conversation and copies of the files; counts the use. */
export const renderCannedReply = (id: Id, conversationId: Id) =>
  answer(api.POST('/api/v1/canned-replies/{canned_reply_id}/render', { ...at(id), body: { conversation_id: conversationId } }));

export const createCannedReply = (body: CannedReplyChange) => answer(api.POST('/api/v1/canned-replies', { body }));
export const changeCannedReply = (id: Id, body: CannedReplyChange) =>
  answer(api.PUT('/api/v1/canned-replies/{canned_reply_id}', { ...at(id), body }));
export const deleteCannedReply = (id: Id) => answer(api.DELETE('/api/v1/canned-replies/{canned_reply_id}', at(id)));
