/** What a phone shows of a thread: edits and deletions sit on the message they mean, and quiet lines have no bubble. */
import type { Message } from './types';

export type Bag = Record<string, unknown>;
export const bag = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {});
export const list = (value: unknown): Bag[] => (Array.isArray(value) ? value.map(bag) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export interface Shown extends Message {
  edited: boolean;
  revoked: boolean;
}

const QUIET = new Set(['reaction', 'edit', 'revoke', 'request_welcome']);
const CAPTIONED = ['image', 'video', 'document'];

/** `thread` ascending by seq: of two edits the later one counts. */
export function shownOf(thread: Message[]): Shown[] {
  const edits = new Map<string, Bag>();
  const revoked = new Set<string>();
  for (const message of thread) {
    const content = bag(message.content);
    if (message.type === 'edit') edits.set(text(content.original_message_id), bag(content.message));
    if (message.type === 'revoke') revoked.add(text(content.original_message_id));
  }
  return thread
    .filter((message) => !QUIET.has(message.type))
    .map((message) => {
      const edit = edits.get(message.id);
      const content = edit ? { ...bag(message.content), ...bag(edit[message.type]) } : message.content;
      return { ...message, content, edited: edit !== undefined, revoked: revoked.has(message.id) };
    });
}

/** The words of a message, for quotes; empty when it has none. */
export function wordsOf(message: Message): string {
  const content = bag(message.content);
  return (
    text(content.body) ||
    text(content.caption) ||
    text(content.text) ||
    text(bag(content.body).text) ||
    text(bag(content.shown).body) ||
    text(bag(content.button_reply).title) ||
    text(bag(content.list_reply).title) ||
    text(bag(content.nfm_reply).body)
  );
}

/** What the composer takes up to change a message: its text or its caption. Null when it cannot be changed. */
export function editable(message: Shown): string | null {
  if (message.direction !== 'customer' || message.revoked) return null;
  const content = bag(message.content);
  if (message.type === 'text') return text(content.body);
  return CAPTIONED.includes(message.type) ? text(content.caption) : null;
}

/** The message that changes another one's words. */
export function editOf(message: Message, words: string): object {
  const part = message.type === 'text' ? { body: words } : { caption: words };
  return {
    type: 'edit',
    edit: { original_message_id: message.id, message: { type: message.type, [message.type]: part } },
  };
}

export interface Choice {
  id: string;
  title: string;
  description: string;
  answer: object;
}

/** The buttons of a message, each with the answer that pressing it sends. */
export function buttonsOf(content: Bag): Choice[] {
  return list(bag(content.action).buttons).map((one) => {
    const reply = { id: text(bag(one.reply).id), title: text(bag(one.reply).title) };
    return {
      ...reply,
      description: '',
      answer: { type: 'interactive', interactive: { type: 'button_reply', button_reply: reply } },
    };
  });
}

/** The sections of a list, each with its rows. */
export function sectionsOf(content: Bag): { title: string; rows: Choice[] }[] {
  return list(bag(content.action).sections).map((section) => ({
    title: text(section.title),
    rows: list(section.rows).map((row) => {
      const description = text(row.description);
      const reply = { id: text(row.id), title: text(row.title), ...(description ? { description } : {}) };
      return {
        ...reply,
        description,
        answer: { type: 'interactive', interactive: { type: 'list_reply', list_reply: reply } },
      };
    }),
  }));
}

/** The answer to a form: its fields as the JSON text that Meta sends. */
export function formAnswer(token: string, fields: [string, string][]): object {
  const given = Object.fromEntries(fields.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value]));
  const response_json = JSON.stringify({ ...given, flow_token: token });
  return { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: { name: 'flow', body: 'Sent', response_json } } };
}
