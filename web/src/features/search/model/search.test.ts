import { describe, expect, test } from 'vitest';
import { clearSearches, keepSearch, recentSearches } from '@/shared/session/searches';
import { askedIn, longEnough, narrowed, rangeOf } from './asked';
import { partsOf } from './marked';

describe('what was found is marked', () => {
  test('characters count, not halves of them', () => {
    expect(partsOf('👩‍👧 ışık', [{ start: 4, end: 8 }])).toEqual([
      { at: 0, text: '👩‍👧 ', found: false },
      { at: 4, text: 'ışık', found: true },
    ]);
  });
  test('nothing found is one part, an empty text none', () => {
    expect(partsOf('abc', [])).toEqual([{ at: 0, text: 'abc', found: false }]);
    expect(partsOf('', [])).toEqual([]);
  });
  test('neighbours stay apart', () => {
    const parts = partsOf('ab', [
      { start: 0, end: 1 },
      { start: 1, end: 2 },
    ]);
    expect(parts.map(({ text, found }) => [text, found])).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });
});

describe('the address', () => {
  test('what it does not know is left out', () => {
    expect(askedIn({ q: 123, in: 'nowhere', type: 'text', from: 'dün', to: '2026-11-24', sort: 'newest' })).toEqual({
      q: '123',
      type: 'text',
      to: '2026-11-24',
    });
  });
  test('a day ends with the next one', () => {
    const { from, to } = rangeOf({ q: '', from: '2026-11-24', to: '2026-11-24' });
    expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBe(86_400_000);
  });
  test('two letters are enough, signs are none', () => {
    expect([longEnough('a'), longEnough('a?'), longEnough('ab'), longEnough('  ı1 ')]).toEqual([false, false, true, true]);
    expect([narrowed({ q: 'a' }), narrowed({ q: 'a', from: '2026-11-24' })]).toEqual([false, true]);
  });
});

test('recent searches are a user’s own, the newest first, and go when told', () => {
  for (const query of ['bir', 'iki', 'Bir ']) keepSearch('u1', query);
  expect(recentSearches('u1')).toEqual(['Bir', 'iki']);
  expect(recentSearches('u2')).toEqual([]);
  for (let number = 0; number < 20; number += 1) keepSearch('u1', `söz ${number}`);
  expect(recentSearches('u1')).toHaveLength(8);
  clearSearches('u1');
  expect(recentSearches('u1')).toEqual([]);
});
