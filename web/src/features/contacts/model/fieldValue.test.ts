import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ContactField, ContactFieldType, FieldValue } from '@/shared/api/types';
import { setLocale, startI18n } from '@/shared/i18n/i18n';
import { draftOf, pageAddress, parseDraft, sameValue, valueText } from './fieldValue';

const words = { yes: 'Evet', no: 'Hayır' };
const field = (type: ContactFieldType): ContactField => ({
  id: 'f',
  key: 'k',
  label: 'Alan',
  type,
  personal: false,
  archived: false,
  options: [
    { id: 'a', label: 'Zirkonyum', archived: false },
    { id: 'b', label: 'Eski', archived: true },
  ],
});

describe('values of contact fields', () => {
  beforeAll(() => {
    const none = async () => ({ default: {} });
    return startI18n({ tr: none, en: none });
  });
  beforeEach(() => setLocale('tr'));

  test.each<[ContactFieldType, FieldValue, string]>([
    ['number', 60000.5, '60.000,5'],
    ['date', '1990-03-05', '05.03.1990'],
    ['boolean', true, 'Evet'],
    ['select', 'b', 'Eski'],
    ['multi_select', ['a', 'b'], 'Zirkonyum, Eski'],
    ['select', '***', '***'],
    ['date', '***', '***'],
    ['text', 'Dt. Ece', 'Dt. Ece'],
  ])('%s %j reads %s', (type, value, text) => {
    expect(valueText(field(type), value, words)).toBe(text);
  });

  test.each<[ContactFieldType, string, FieldValue | null | undefined]>([
    ['number', ' ₺60.000 ', 60000],
    ['number', '60000,5', 60000.5],
    ['number', '-12', -12],
    ['number', '1.5', undefined],
    ['number', '1.2.3', undefined],
    ['number', 'altmış', undefined],
    ['number', '99999999999999999', undefined],
    ['date', '5.3.1990', '1990-03-05'],
    ['date', '05/03/1990', '1990-03-05'],
    ['date', '1990-03-05', '1990-03-05'],
    ['date', '31.02.1990', undefined],
    ['date', '5.3.90', undefined],
    ['date', '29.02.2024', '2024-02-29'],
    ['url', 'klinik.example', 'https://klinik.example'],
    ['url', 'javascript:alert(1)', 'javascript:alert(1)'],
    ['text', '   ', null],
    ['text', 'x'.repeat(1001), undefined],
  ])('as %s, %j is %j', (type, draft, value) => {
    expect(parseDraft(type, draft)).toBe(value);
  });

  test('what is shown can be typed again', () => {
    for (const [type, value] of [
      ['number', 1234567.25],
      ['date', '2024-02-29'],
      ['text', 'Işık'],
    ] as const) {
      expect(parseDraft(type, draftOf(field(type), value, false))).toBe(value);
    }
  });

  test('English groups with commas and writes the day first', async () => {
    await setLocale('en');
    expect(valueText(field('number'), 60000.5, words)).toBe('60,000.5');
    expect(valueText(field('date'), '1990-03-05', words)).toBe('05/03/1990');
    expect(parseDraft('number', '60,000.5')).toBe(60000.5);
  });

  test('a mask is not where an editor begins, and only a page is a link', () => {
    expect(draftOf(field('phone'), '+90 555 *** ** 18', true)).toBe('');
    expect(pageAddress('https://klinik.example')).toBe('https://klinik.example');
    expect(pageAddress('javascript:alert(1)')).toBeNull();
  });

  test('no value is the same as null, and lists are compared by what is in them', () => {
    expect(sameValue(undefined, null)).toBe(true);
    expect(sameValue(['a'], ['a'])).toBe(true);
    expect(sameValue(['a'], ['b'])).toBe(false);
  });
});
