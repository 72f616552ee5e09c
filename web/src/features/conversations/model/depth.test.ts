import { describe, expect, test } from 'vitest';
import type { Attachment, Message } from '@/shared/api/types';
import { placesOf } from '@/shared/format/text';
import { bars } from '@/shared/media/player';
import { noThread, withMessages } from '@/shared/realtime/store';
import { message } from '@/shared/testing/rows';
import { meets } from './landing';
import { answerTo, takeQuoted, useReplies } from './messageMenu';
import { threadItems } from './threadItems';

const photo = (seq: number, change: Partial<Message> = {}): Message =>
  message({
    id: `m${seq}`,
    seq,
    type: 'image',
    text: null,
    created_at: `2026-11-24T10:0${seq}:00Z`,
    attachments: [
      {
        id: `f${seq}`,
        kind: 'image',
        mime: 'image/jpeg',
        size: 1,
        name: null,
        url: `/f${seq}`,
        state: 'stored',
        voice: false,
        width: null,
        height: null,
        duration_s: null,
        waveform: null,
        thumbnail_url: null,
        poster: null,
      },
    ],
    ...change,
  });

const linesOf = (rows: Message[]) =>
  threadItems({
    segments: [{ conversationId: 'c1', thread: withMessages(noThread, rows) }],
    outbox: [],
    opened: null,
    more: false,
  }).filter((item) => item.kind === 'message' || item.kind === 'album');

describe('an album', () => {
  test('holds what one person sent within five minutes', () => {
    const [album, ...rest] = linesOf([photo(1), photo(2), photo(3)]);
    expect(rest).toEqual([]);
    expect(album?.kind === 'album' && album.messages.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
  });

  const inState = (state: Attachment['state']) => photo(2).attachments.map((file) => ({ ...file, state }));

  test('keeps the place of a picture that is still on its way', () => {
    const [album, ...rest] = linesOf([photo(1), photo(2, { attachments: inState('pending') }), photo(3)]);
    expect(rest).toEqual([]);
    expect(album?.kind === 'album' && album.messages.length).toBe(3);
  });

  test('ends at words, at another sender, at a quote and at a picture that could not be fetched', () => {
    const kinds = (second: Message) => linesOf([photo(1), second]).map(({ kind }) => kind);
    const alone = ['message', 'message'];
    expect(kinds(message({ id: 'm2', seq: 2, created_at: '2026-11-24T10:02:00Z' }))).toEqual(alone);
    expect(kinds(photo(2, { direction: 'outbound', status: 'sent', author: { kind: 'user', id: 'u1', name: 'Elif' } }))).toEqual(
      alone,
    );
    expect(kinds(photo(2, { attachments: inState('failed') }))).toEqual(alone);
    expect(kinds(photo(2, { attachments: inState('not_stored') }))).toEqual(alone);
    expect(kinds(photo(2, { revoked_at: '2026-11-24T10:03:00Z' }))).toEqual(alone);
    expect(kinds(photo(2, { created_at: '2026-11-24T10:07:00Z' }))).toEqual(alone);
  });
});

test('one emoji of two people is one chip, and a newer reaction of the same side takes the place of the older', () => {
  const reaction = (seq: number, emoji: string | null, change: Partial<Message> = {}) =>
    message({ id: `r${seq}`, seq, type: 'reaction', payload: { emoji, to_seq: 1 }, ...change });
  const ours = { direction: 'outbound', status: 'sent', author: { kind: 'user', id: 'u1', name: 'Elif' } } as const;
  const reactions = (rows: Message[]) => {
    const [first] = linesOf([message(), ...rows]);
    return first?.kind === 'message' ? first.reactions.map(({ emoji, by }) => [emoji, by.length]) : [];
  };
  expect(reactions([reaction(2, '👍'), reaction(3, '👍', ours)])).toEqual([['👍', 2]]);
  expect(reactions([reaction(2, '👍'), reaction(3, '🙏')])).toEqual([['🙏', 1]]);
  expect(reactions([reaction(2, '👍', ours), reaction(3, null, ours)])).toEqual([]);
  const failed = { ...ours, status: 'failed' } as const;
  expect(reactions([reaction(2, '👍', ours), reaction(3, '🙏', failed)])).toEqual([['👍', 1]]);
});

test('a landing meets the live thread when no message lies between them', () => {
  const live = { ...withMessages(noThread, [message({ id: 'm9', seq: 9 })]), phase: 'ready' as const };
  const upTo = (seq: number, newer: string | null = 'cursor') => ({
    conversationId: 'c1',
    thread: withMessages(noThread, [message({ id: `m${seq}`, seq })]),
    older: null,
    newer,
  });
  expect(meets(upTo(7), live)).toBe(false);
  expect(meets(upTo(8), live)).toBe(true);
  expect(meets(upTo(3, null), live)).toBe(true);
  expect(meets(upTo(8), { ...live, phase: 'loading' })).toBe(false);
});

test('what is looked for is marked where it stands, however it is spelled', () => {
  const marked = (text: string) => placesOf(text, 'isik').map(([from, to]) => text.slice(from, to));
  expect(marked('Işık, IŞIK ve isik; kaşık')).toEqual(['Işık', 'IŞIK', 'isik']);
  expect(placesOf('hiç', '')).toEqual([]);
});

test('bars are the loudest of their part', () => {
  expect(bars([0, 100, 50, 20], 2)).toEqual([1, 0.5]);
  expect(bars([100, 0], 4)).toEqual([1, 1, 0, 0]);
});

test('a quote goes with one message and is gone from the bar', () => {
  answerTo('c1', message({ id: 'm1' }));
  expect(takeQuoted('c1')).toBe('m1');
  expect(useReplies.getState().to.c1).toBeUndefined();
  expect(takeQuoted('c1')).toBeNull();
});
