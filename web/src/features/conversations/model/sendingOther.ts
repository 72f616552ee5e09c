/** What goes out besides words and files: each with what its bubble shows until the server has it. */
import type { Card, Controls, Place, TemplateBody } from '@/shared/api/sending';
import type { Id } from '@/shared/api/types';
import { enqueue } from '@/shared/offline/outbox';
import { takeQuoted } from './messageMenu';

export const sendPlace = (conversationId: Id, place: Place): void =>
  void enqueue({
    conversationId,
    type: 'location',
    text: '',
    media: null,
    body: { type: 'location', ...place },
    payload: { ...place },
    replyTo: takeQuoted(conversationId),
  });

export const sendCards = (conversationId: Id, cards: Card[]): void =>
  void enqueue({
    conversationId,
    type: 'contacts',
    text: '',
    media: null,
    body: { type: 'contacts', contacts: cards },
    payload: cards as never,
    replyTo: takeQuoted(conversationId),
  });

export const sendControls = (conversationId: Id, text: string, controls: Controls): void =>
  void enqueue({
    conversationId,
    type: 'interactive',
    text,
    media: null,
    body: { type: 'interactive', text, payload: controls },
    payload: controls as never,
    replyTo: takeQuoted(conversationId),
  });

/** `text` and `payload` are what the bubble shows until the server has rendered it. */
export const sendTemplate = (conversationId: Id, body: TemplateBody, text: string, payload: object): void =>
  void enqueue({
    conversationId,
    type: 'template',
    text,
    media: null,
    body,
    payload: payload as never,
    replyTo: takeQuoted(conversationId),
  });
