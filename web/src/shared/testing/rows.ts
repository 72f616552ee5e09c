/** Rows for tests, as the server sends them; a test says only what it is about. */
import type { Conversation, Message } from '@/shared/api/types';

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: 'c1',
    number: 1,
    status: 'open',
    preview: 'Merhaba',
    preview_type: 'text',
    preview_direction: 'inbound',
    preview_status: null,
    unread: 0,
    read_seq: 0,
    last_seq: 0,
    last_message_at: '2026-11-24T10:00:00Z',
    waiting_since: null,
    snoozed_until: null,
    resolved_at: null,
    created_at: '2026-11-24T09:00:00Z',
    version: 1,
    contact: { id: 'p1', name: 'Gülşah Yıldırım', phone: null },
    channel: { id: 'ch1', kind: 'whatsapp_cloud', name: 'Mavera' },
    assignee: null,
    team: null,
    tags: [],
    window: null,
    ...change,
  };
}

export function message(change: Partial<Message> = {}): Message {
  return {
    id: 'm1',
    conversation_id: 'c1',
    seq: 1,
    direction: 'inbound',
    type: 'text',
    text: 'Merhaba',
    status: null,
    error: null,
    author: { kind: 'contact', id: 'p1', name: 'Gülşah' },
    attachments: [],
    payload: null,
    reply_to: null,
    client_id: null,
    provider_at: null,
    created_at: '2026-11-24T10:00:00Z',
    sent_at: null,
    delivered_at: null,
    read_at: null,
    dismissed: false,
    context: null,
    edited_at: null,
    revoked_at: null,
    version: 1,
    ...change,
  };
}
