import { describe, expect, test } from 'vitest';
import type { Capabilities, Message } from '@/shared/api/types';
import type { ThreadState } from '@/shared/realtime/store';
import { conversation, message } from '@/shared/testing/rows';
import { judgeFile } from './attachments';
import { shownWhileHeld } from './heldOrder';
import { nextAfter } from './nav';
import { waitTone } from './preview';
import { snoozeChoices } from './snooze';
import { threadItems } from './threadItems';
import { windowState } from './window';

const MINUTE = 60_000;

describe('a held list', () => {
  const rows = Object.fromEntries(
    [
      ['a', 30],
      ['b', 20],
      ['c', 10],
      ['n', 40],
      ['z', 5],
    ].map(([id, minute]) => [
      id,
      conversation({ id: String(id), last_message_at: `2026-11-24T10:${minute}:00Z`.replace(':5:', ':05:') }),
    ]),
  );
  const held = { ids: ['a', 'b', 'c'], since: Date.parse('2026-11-24T10:30:00Z') };

  test('keeps every row in its place and counts what came', () => {
    expect(shownWhileHeld(held, ['n', 'a', 'b', 'c'], rows)).toEqual({ ids: ['a', 'b', 'c'], news: 1 });
  });

  test('a row that got a newer message stays and counts', () => {
    const moved = { ...rows, c: conversation({ id: 'c', last_message_at: '2026-11-24T10:45:00Z' }) };
    expect(shownWhileHeld(held, ['c', 'a', 'b'], moved)).toEqual({ ids: ['a', 'b', 'c'], news: 1 });
  });

  test('pages loaded at the end are shown and are no news', () => {
    expect(shownWhileHeld(held, ['a', 'b', 'c', 'z'], rows)).toEqual({ ids: ['a', 'b', 'c', 'z'], news: 0 });
  });
});

test('after resolving comes the next below that waits, else the first that does', () => {
  const rows = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((id) => [
      id,
      conversation({ id, waiting_since: id === 'a' || id === 'd' ? '2026-11-24T10:00:00Z' : null }),
    ]),
  );
  expect(nextAfter('b', ['a', 'b', 'c', 'd'], rows)).toBe('d');
  expect(nextAfter('d', ['a', 'b', 'c', 'd'], rows)).toBe('a');
  expect(nextAfter('a', ['a', 'b', 'c'], { ...rows, d: undefined as never })).toBe('b');
  expect(nextAfter('a', ['a'], rows)).toBeUndefined();
});

test('waiting warms after five minutes and is red after fifteen', () => {
  expect([4, 5, 14, 15].map((minutes) => waitTone(minutes * MINUTE))).toEqual(['calm', 'warm', 'warm', 'hot']);
});

describe('snooze choices', () => {
  const keys = (at: string) => snoozeChoices(Date.parse(at), 'Europe/Istanbul').map((choice) => choice.key);
  const until = (at: string, key: string) =>
    snoozeChoices(Date.parse(at), 'Europe/Istanbul')
      .find((choice) => choice.key === key)
      ?.until?.toISOString();

  test('are on the firm’s clock', () => {
    expect(until('2026-11-24T22:30:00Z', 'tomorrow')).toBe('2026-11-26T06:00:00.000Z');
    expect(until('2026-11-24T08:00:00Z', 'thisEvening')).toBe('2026-11-24T14:00:00.000Z');
  });

  test('leave out what has passed or would say the same twice', () => {
    expect(keys('2026-11-24T14:30:00Z')).not.toContain('thisEvening');
    expect(keys('2026-11-29T08:00:00Z')).not.toContain('monday'); // Sunday: tomorrow is Monday
    expect(until('2026-11-30T08:00:00Z', 'monday')).toBe('2026-12-07T06:00:00.000Z');
  });
});

describe('the service window', () => {
  const channel = (service_window_s: number | null) => ({ capabilities: { service_window_s } as Capabilities });
  const now = Date.parse('2026-11-24T10:00:00Z');

  test('does not exist on a channel without one', () => {
    expect(windowState(conversation(), channel(null), now).kind).toBe('none');
  });

  test('is closed before the contact ever wrote, and after its end', () => {
    expect(windowState(conversation(), channel(86_400), now)).toEqual({ kind: 'closed', closedAt: null });
    const over = conversation({ window: { opened_by: 'inbound', closes_at: '2026-11-24T09:59:59Z' } });
    expect(windowState(over, channel(86_400), now).kind).toBe('closed');
  });

  test('is not judged closed while the channel is still unknown', () => {
    expect(windowState(conversation(), undefined, now).kind).toBe('none');
  });
});

describe('a file', () => {
  const anySides = { side_px: null, still_max_bytes: null };
  const capabilities: Capabilities = {
    text_max: 4096,
    caption_max: 1024,
    service_window_s: null,
    kinds: ['text', 'image', 'audio', 'document'],
    reactions: false,
    reaction_age_s: null,
    quotes: false,
    voice: false,
    interactive: null,
    contacts_max: 0,
    templates: false,
    edit: false,
    delete: false,
    media: {
      image: { mimes: ['image/jpeg', 'image/png'], max_bytes: 5_000_000, ...anySides },
      audio: { mimes: ['audio/ogg; codecs=opus'], max_bytes: 16_000_000, ...anySides },
      document: { mimes: ['application/pdf', 'image/png'], max_bytes: 100_000_000, ...anySides },
    },
  };

  test('goes as the kind that shows it best', () => {
    expect(judgeFile({ type: 'image/png', size: 10 }, capabilities)).toEqual({ ok: true, kind: 'image' });
    expect(judgeFile({ type: 'audio/ogg', size: 10 }, capabilities)).toEqual({ ok: true, kind: 'audio' });
  });

  test('too large for a picture may still go as a document', () => {
    expect(judgeFile({ type: 'image/png', size: 6_000_000 }, capabilities)).toEqual({ ok: true, kind: 'document' });
    expect(judgeFile({ type: 'image/jpeg', size: 6_000_000 }, capabilities)).toEqual({
      ok: false,
      reason: 'tooLarge',
      maxBytes: 5_000_000,
    });
  });

  test('of a type the channel does not take, or without content, is refused before sending', () => {
    expect(judgeFile({ type: 'application/x-msdownload', size: 10 }, capabilities)).toEqual({ ok: false, reason: 'notAccepted' });
    expect(judgeFile({ type: 'image/png', size: 0 }, capabilities)).toEqual({ ok: false, reason: 'empty' });
  });
});

describe('lines of a thread', () => {
  const at = (minute: number, day = 24) => `2026-11-${day}T10:${String(minute).padStart(2, '0')}:00Z`;
  const thread = (messages: Message[]): ThreadState => ({
    order: messages.map((held) => held.id),
    byId: Object.fromEntries(messages.map((held) => [held.id, held])),
    clientIds: Object.fromEntries(messages.flatMap((held) => (held.client_id ? [[held.client_id, held.id]] : []))),
    nextCursor: null,
    phase: 'ready',
    loadingOlder: false,
  });
  const m = (seq: number, minute: number, change: Partial<Message> = {}) =>
    message({ id: `m${seq}`, seq, created_at: at(minute), ...change });
  const lines = (messages: Message[], more: Partial<Parameters<typeof threadItems>[0]> = {}) =>
    threadItems({
      segments: [{ conversationId: 'c1', thread: thread(messages) }],
      outbox: [],
      opened: null,
      more: false,
      ...more,
    });
  const kinds = (items: ReturnType<typeof lines>) => items.map((item) => item.kind);

  test('messages within five minutes of one author form a group', () => {
    const items = lines([m(1, 0), m(2, 4), m(3, 10)]);
    expect(items.flatMap((item) => (item.kind === 'message' ? [item.first] : []))).toEqual([true, false, true]);
  });

  test('each day gets a line', () => {
    expect(kinds(lines([m(1, 0, { created_at: at(0, 23) }), m(2, 0)]))).toEqual(['start', 'day', 'message', 'day', 'message']);
  });

  test('the unread line stands before the first inbound message that was new at opening, and counts only inbound', () => {
    const items = lines([m(1, 0), m(2, 1), m(3, 2, { direction: 'outbound' }), m(4, 3), m(5, 4)], {
      opened: { readSeq: 1, lastSeq: 4, count: 2 },
    });
    expect(kinds(items)).toEqual(['start', 'day', 'message', 'unread', 'message', 'message', 'message', 'message']);
    expect(items.find((item) => item.kind === 'unread')).toMatchObject({ count: 2 });
  });

  test('what was answered before I opened it for the first time is not new', () => {
    const items = lines([m(1, 0), m(2, 1, { direction: 'outbound' }), m(3, 2)], {
      opened: { readSeq: 0, lastSeq: 3, count: 1 },
    });
    expect(kinds(items)).toEqual(['start', 'day', 'message', 'message', 'unread', 'message']);
    expect(items.find((item) => item.kind === 'unread')).toMatchObject({ count: 1 });
  });

  test('a reaction moves onto its message; a later one replaces it, an empty one takes it back', () => {
    const reaction = (seq: number, emoji: string | null) => m(seq, 5, { type: 'reaction', payload: { emoji, to_seq: 1 } });
    const first = lines([m(1, 0), reaction(2, '🙏'), reaction(3, '👍')]);
    expect(kinds(first)).toEqual(['start', 'day', 'message']);
    expect(first.find((item) => item.kind === 'message')).toMatchObject({ reactions: [{ emoji: '👍' }] });
    const taken = lines([m(1, 0), reaction(2, '🙏'), reaction(3, null)]);
    expect(taken.find((item) => item.kind === 'message')).toMatchObject({ reactions: [] });
  });

  test('a reaction whose message is not loaded is a line of its own', () => {
    expect(kinds(lines([m(7, 0, { type: 'reaction', payload: { emoji: '🙏', to_seq: 1 } })]))).toEqual([
      'start',
      'day',
      'message',
    ]);
  });

  test('a sent message keeps the key of its optimistic bubble, and is shown once', () => {
    const item = {
      clientId: 'k1',
      conversationId: 'c1',
      type: 'text' as const,
      text: 'Selam',
      media: null,
      createdAt: at(9),
      state: 'waiting' as const,
      error: null,
    };
    const waiting = lines([m(1, 0)], { outbox: [item] });
    const answered = lines([m(1, 0), m(2, 9, { direction: 'outbound', client_id: 'k1' })], { outbox: [item] });
    expect(waiting.at(-1)?.key).toBe('k1');
    expect(answered.filter((line) => line.key === 'k1')).toHaveLength(1);
    expect(kinds(answered)).not.toContain('pending');
  });

  test('a dismissed message is not shown', () => {
    expect(kinds(lines([m(1, 0, { dismissed: true })]))).toEqual(['start']);
  });

  test('an earlier conversation stands above, behind a dated divider', () => {
    const items = threadItems({
      segments: [
        { conversationId: 'old', thread: thread([m(1, 0, { id: 'o1', conversation_id: 'old' })]) },
        { conversationId: 'c1', thread: thread([m(1, 5)]) },
      ],
      outbox: [],
      opened: null,
      more: false,
    });
    expect(kinds(items)).toEqual(['start', 'day', 'message', 'earlier', 'day', 'message']);
  });
});
