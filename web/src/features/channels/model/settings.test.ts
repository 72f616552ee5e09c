import { expect, test } from 'vitest';
import type { Channel } from '@/shared/api/types';
import { changeOf, draftOf, letsGo, problemsOf } from './settings';

const channel = (media_policy: Channel['media_policy'], team_id: string | null = 'team') =>
  ({ id: 'one', name: 'Şube', team_id, media_policy }) as Channel;
const kept = channel({ kind: 'store', days: null });
const days = channel({ kind: 'store_days', days: 30 });

test('only what differs is sent', () => {
  expect(changeOf(kept, draftOf(kept))).toEqual({});
  expect(changeOf(days, draftOf(days))).toEqual({});
  expect(changeOf(kept, { ...draftOf(kept), name: ' Yeni ', teamId: '' })).toEqual({ name: 'Yeni', team_id: null });
  expect(changeOf(days, { ...draftOf(days), days: '31' })).toEqual({ media_policy: { kind: 'store_days', days: 31 } });
  expect(changeOf(days, { ...draftOf(days), policy: 'do_not_store' })).toEqual({
    media_policy: { kind: 'do_not_store' },
  });
});

test('a name cannot be empty, and days are whole ones of ten years', () => {
  expect(problemsOf({ ...draftOf(days), name: ' ' })).toEqual(['name']);
  for (const wrong of ['', '0', '3651', '1.5', '-3']) expect(problemsOf({ ...draftOf(days), days: wrong })).toEqual(['days']);
  expect(problemsOf({ ...draftOf(kept), days: '' })).toEqual([]);
});

test('a shorter time lets files go, a longer one does not', () => {
  expect(letsGo(days, { ...draftOf(days), days: '29' })).toBe(true);
  expect(letsGo(days, { ...draftOf(days), days: '31' })).toBe(false);
  expect(letsGo(kept, { ...draftOf(kept), policy: 'store_days' })).toBe(true);
  expect(letsGo(days, { ...draftOf(days), policy: 'do_not_store' })).toBe(false);
});
