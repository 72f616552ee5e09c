import { beforeEach, describe, expect, test } from 'vitest';
import type { Batch, Conversation, Message } from '@/shared/api/types';
import { conversation, message } from '@/shared/testing/rows';
import {
  applyBatches,
  patchConversation,
  putListPage,
  putMessages,
  putRead,
  putThreadPage,
  resetLive,
  settlePatch,
  useLive,
} from './store';

const ME = { id: 'me', name: 'Elif' };
const at = (minute: number) => `2026-11-24T10:${String(minute).padStart(2, '0')}:00Z`;
const row = (id: string, minute: number, change: Partial<Conversation> = {}) =>
  conversation({ id, last_message_at: at(minute), assignee: ME, ...change });
const batch = (change: Partial<Batch>): Batch => ({
  type: 'batch',
  cursor: 'x',
  conversations: [],
  messages: [],
  removed: [],
  reads: [],
  templates: [],
  ...change,
});
const mine = () => useLive.getState().lists['mine:open']?.ids;

beforeEach(() => resetLive(ME.id));

describe('lists', () => {
  test('a row that gets a newer message moves to the top', () => {
    putListPage('mine:open', { items: [row('a', 30), row('b', 20), row('c', 10)], next_cursor: null }, true);
    applyBatches([batch({ conversations: [row('c', 40, { version: 2 })] })]);
    expect(mine()).toEqual(['c', 'a', 'b']);
  });

  test('many rows of one frame end up in order', () => {
    putListPage('mine:open', { items: [row('a', 30), row('b', 20), row('c', 10)], next_cursor: null }, true);
    applyBatches([
      batch({ conversations: [row('b', 41, { version: 2 }), row('c', 42, { version: 2 }), row('a', 40, { version: 2 })] }),
    ]);
    expect(mine()).toEqual(['c', 'b', 'a']);
  });

  test('a row with a version not above the one held is ignored', () => {
    putListPage('mine:open', { items: [row('a', 30, { version: 5, preview: 'new' })], next_cursor: null }, true);
    applyBatches([batch({ conversations: [row('a', 50, { version: 5, preview: 'old' })] })]);
    expect(useLive.getState().conversations.a?.preview).toBe('new');
  });

  test('a row leaves the list when it is resolved, given away or hidden', () => {
    putListPage('mine:open', { items: [row('a', 30), row('b', 20), row('c', 10)], next_cursor: null }, true);
    applyBatches([
      batch({
        conversations: [row('a', 30, { version: 2, status: 'resolved' }), row('b', 20, { version: 2, assignee: null })],
        removed: ['c'],
      }),
    ]);
    expect(mine()).toEqual([]);
    expect(useLive.getState().conversations.c).toBeUndefined();
  });

  test('batches of one moment count one after the other: who left and came back is there, as read as last said', () => {
    putListPage('mine:open', { items: [row('a', 30, { version: 1 })], next_cursor: null }, true);
    applyBatches([
      batch({ removed: ['a'] }),
      batch({ conversations: [row('a', 40, { version: 3, unread: 2 })] }),
      batch({ reads: [{ conversation_id: 'a', read_seq: 9, unread: 0 }] }),
    ]);
    expect(mine()).toEqual(['a']);
    expect(useLive.getState().conversations.a).toMatchObject({ version: 3, unread: 0, read_seq: 9 });
  });

  test('while pages are missing, a row below the loaded end waits for its page', () => {
    putListPage('mine:open', { items: [row('a', 30), row('b', 20)], next_cursor: 'more' }, true);
    applyBatches([batch({ conversations: [row('z', 5), row('y', 25)] })]);
    expect(mine()).toEqual(['a', 'y', 'b']);
    putListPage('mine:open', { items: [row('z', 5)], next_cursor: null }, false);
    expect(mine()).toEqual(['a', 'y', 'b', 'z']);
  });

  test('a row that the stream brought while the first page was on its way is kept', () => {
    applyBatches([batch({ conversations: [row('new', 50)] })]);
    putListPage('mine:open', { items: [row('a', 30)], next_cursor: null }, true);
    expect(mine()).toEqual(['new', 'a']);
  });

  test('times with and without fractions sort by their value', () => {
    putListPage(
      'mine:open',
      {
        items: [
          row('a', 0, { last_message_at: '2026-11-24T10:00:00.500000Z' }),
          row('b', 0, { last_message_at: '2026-11-24T10:00:00Z' }),
        ],
        next_cursor: null,
      },
      true,
    );
    expect(mine()).toEqual(['a', 'b']);
  });
});

describe('patches', () => {
  beforeEach(() => putListPage('mine:open', { items: [row('a', 30), row('b', 20)], next_cursor: null }, true));

  test('a change shows at once and goes away when the server refuses', () => {
    const handle = patchConversation('a', { status: 'resolved' });
    expect(mine()).toEqual(['b']);
    settlePatch('a', handle);
    expect(mine()).toEqual(['a', 'b']);
  });

  test('news from the stream does not undo a change that is not answered yet', () => {
    const handle = patchConversation('a', { status: 'resolved' });
    applyBatches([batch({ conversations: [row('a', 45, { version: 2, preview: 'Bir şey daha' })] })]);
    expect(mine()).toEqual(['b']);
    settlePatch('a', handle);
    expect(mine()).toEqual(['a', 'b']);
    expect(useLive.getState().conversations.a?.preview).toBe('Bir şey daha');
  });

  test('the answered row takes the place of the patch', () => {
    const handle = patchConversation('a', { status: 'resolved' });
    settlePatch('a', handle, row('a', 30, { version: 2, status: 'resolved' }));
    expect(mine()).toEqual(['b']);
  });

  test('my last-read line follows the answer without a new version', () => {
    applyBatches([batch({ conversations: [row('a', 31, { version: 2, unread: 3 })] })]);
    putRead('a', { read_seq: 9, unread: 0 });
    expect(useLive.getState().conversations.a).toMatchObject({ unread: 0, read_seq: 9 });
  });
});

describe('threads', () => {
  const order = () => useLive.getState().threads.c1?.order;
  const page = (items: Message[], next_cursor: string | null = null) => putThreadPage('c1', { items, next_cursor });

  test('pages and stream merge by seq, whatever comes first', () => {
    page([message({ id: 'm3', seq: 3 }), message({ id: 'm4', seq: 4 })], 'older');
    putMessages([message({ id: 'm6', seq: 6 }), message({ id: 'm5', seq: 5 })]);
    page([message({ id: 'm1', seq: 1 }), message({ id: 'm2', seq: 2 })]);
    expect(order()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  });

  test('a status never goes back to an older version', () => {
    page([message({ id: 'm1', status: 'read', version: 4 })]);
    putMessages([message({ id: 'm1', status: 'sent', version: 2 })]);
    expect(useLive.getState().threads.c1?.byId.m1?.status).toBe('read');
  });

  test('a message of a thread that is not open is not kept', () => {
    putMessages([message({ conversation_id: 'other' })]);
    expect(useLive.getState().threads.other).toBeUndefined();
  });
});
