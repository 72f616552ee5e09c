import { expect, test } from 'vitest';
import { hasClip, keepClip, takeClip } from './clips';
import { barsOf, loudness, troubleOf } from './recorder';

test('bars keep the loudest of their share, and the end of a short clip is quiet', () => {
  expect(barsOf([0.1, 0.9, 0.2, 0.3], 2)).toEqual([0.9, 0.3]);
  expect(barsOf([0.5], 3)).toEqual([0.5, 0, 0]);
});

test('silence is nothing, speech fills the scale and shouting does not leave it', () => {
  expect(loudness(new Float32Array(64))).toBe(0);
  expect(loudness(new Float32Array(64).fill(0.1))).toBeCloseTo(0.4);
  expect(loudness(new Float32Array(64).fill(1))).toBe(1);
});

test('a refused microphone is told from a missing and from a busy one', () => {
  const thrown = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'InvalidStateError'].map(
    (name) => new DOMException('', name),
  );
  expect(thrown.map(troubleOf)).toEqual(['refused', 'missing', 'busy', 'failed']);
  expect(troubleOf(new Error('x'))).toBe('failed');
});

test('what was said waits in its conversation and is taken once', () => {
  const clip = { blob: new Blob(['x']), duration: 1, levels: [0.5] };
  keepClip('c1', clip);
  expect([hasClip('c1'), hasClip('c2')]).toEqual([true, false]);
  expect(takeClip('c1')).toBe(clip);
  expect(takeClip('c1')).toBeNull();
});
