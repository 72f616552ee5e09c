import { describe, expect, test } from 'vitest';
import { readPhone } from './phone';

describe('a number as it is typed', () => {
  test('every Turkish way of writing it is the same number', () => {
    for (const text of [
      '0555 010 44 18',
      '5550104418',
      '+90 555 010 44 18',
      '90 (555) 010-44-18',
      '0090 555 0104418',
      '\u2066+90 555 010 44 18\u2069',
    ])
      expect(readPhone(text), text).toEqual({ state: 'ready', e164: '+905550104418' });
  });

  test('another country is written with its code', () => {
    expect(readPhone('+49 151 23456789')).toEqual({ state: 'ready', e164: '+4915123456789' });
    expect(readPhone('4915123456789')).toEqual({ state: 'plus' });
    expect(readPhone('0049 151 23456789')).toEqual({ state: 'ready', e164: '+4915123456789' });
  });

  test('what is missing or too much is counted', () => {
    expect(readPhone('0555 010')).toEqual({ state: 'short', missing: 4 });
    expect(readPhone('05550104418 9')).toEqual({ state: 'long', extra: 1 });
    expect(readPhone('+49 151')).toEqual({ state: 'short', missing: 3 });
    expect(readPhone('+4915123456789012')).toEqual({ state: 'long', extra: 1 });
  });

  test('letters and landlines are named, an empty field is not blamed', () => {
    expect(readPhone('0555 abc')).toEqual({ state: 'letters' });
    expect(readPhone('0212 555 01 01')).toEqual({ state: 'landline' });
    expect(readPhone('  ')).toEqual({ state: 'empty' });
    expect(readPhone('+')).toEqual({ state: 'empty' });
  });
});
