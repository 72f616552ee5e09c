import { beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from '@/shared/api/types';
import type { Template, TemplateVariable } from '../api';
import { refusalOf } from './headerFile';
import { matches, ordered, recentTemplates, rememberTemplate } from './search';
import { fillIn, greeting, namesIn, problemOf, shown, valueProblem } from './template';

const variable = (key: string, index: number | null = null): TemplateVariable => ({
  key,
  where: key.split('.')[0] as TemplateVariable['where'],
  index,
  example: null,
});

function made(change: Partial<Template> = {}): Template {
  return {
    id: change.name ?? 'one',
    channel_id: 'channel',
    account_key: '1',
    name: 'randevu_onay',
    language: 'tr',
    category: 'UTILITY',
    status: 'APPROVED',
    quality: null,
    rejected_reason: null,
    rejected_message: null,
    parameter_format: 'POSITIONAL',
    components: [{ type: 'BODY', text: 'Merhaba {{1}}, ışıklı tabela hazır.' }],
    variables: [variable('body.1')],
    header_format: null,
    sendable: true,
    blocked: null,
    updated_at: '2026-11-24T10:00:00Z',
    ...change,
  };
}

describe('filling a template in', () => {
  test('what has no value yet stays as a variable, in each place by its own key', () => {
    expect(fillIn('Merhaba {{1}}, {{ 2 }}', 'body', { 'body.1': 'Ayşe', 'header.2': 'x' })).toBe('Merhaba Ayşe, {{ 2 }}');
    expect(namesIn('{{2}} ve {{ad}} ve {{2}}')).toEqual(['2', 'ad']);
  });

  test('the bubble has header, words, footer and what each button does', () => {
    const components = [
      { type: 'HEADER', format: 'TEXT', text: 'Sayın {{1}}' },
      { type: 'BODY', text: 'Gövde {{ad}}' },
      { type: 'FOOTER', text: 'Mavera' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Evet' },
          { type: 'URL', text: 'Aç', url: 'https://mavera.example/{{1}}' },
          { type: 'COPY_CODE', example: 'X' },
        ],
      },
    ];
    expect(shown(components, { 'header.1': 'Ayşe', 'button.1': 'r/7', 'button.2': 'KOD5' })).toEqual({
      header: { format: 'TEXT', text: 'Sayın Ayşe' },
      body: 'Gövde {{ad}}',
      footer: 'Mavera',
      buttons: [
        { type: 'QUICK_REPLY', title: 'Evet', detail: null },
        { type: 'URL', title: 'Aç', detail: 'https://mavera.example/r/7' },
        { type: 'COPY_CODE', title: '', detail: 'KOD5' },
      ],
    });
  });

  test('a hole, a line break, five spaces and an impossible place are found before sending', () => {
    expect(valueProblem(variable('body.1'), '  ')).toBe('required');
    expect(valueProblem(variable('header.address'), '')).toBeNull();
    expect(valueProblem(variable('body.1'), 'a\nb')).toBe('lineBreak');
    expect(valueProblem(variable('body.1'), 'a     b')).toBe('lineBreak');
    expect(valueProblem(variable('body.1'), 'a    b')).toBeNull();
    expect(valueProblem(variable('header.latitude'), '91')).toBe('degrees');
    expect(valueProblem(variable('header.longitude'), '91')).toBeNull();
    expect(valueProblem(variable('header.latitude'), 'kuzey')).toBe('degrees');
  });

  test('somebody new is greeted by the first name; a number is no name', () => {
    const both = made({ variables: [variable('body.1'), variable('body.2')] });
    expect(greeting(both, ' Zeynep Aras ')).toEqual({ 'body.1': 'Zeynep' });
    expect(greeting(both, '+90 555 010 44 18')).toEqual({});
    expect(greeting(both, undefined)).toEqual({});
  });

  test('a code to copy has fifteen characters at most, other values more', () => {
    const code = made({ components: [{ type: 'BUTTONS', buttons: [{ type: 'COPY_CODE', example: 'X' }] }] });
    expect(problemOf(code, variable('button.0', 0), 'X'.repeat(16))).toBe('tooLong');
    expect(problemOf(code, variable('button.0', 0), 'X'.repeat(15))).toBeNull();
    expect(problemOf(made(), variable('body.1'), 'X'.repeat(16))).toBeNull();
  });
});

describe('finding a template', () => {
  beforeEach(() => localStorage.clear());

  test('ışık, IŞIK and Işik find the same, in names, texts and buttons', () => {
    for (const query of ['ışık', 'IŞIK', 'Işik', 'randevu onay', 'ONAY hazır']) expect(matches(made(), query), query).toBe(true);
    expect(matches(made(), 'kargo')).toBe(false);
  });

  test('what can be sent comes first, then the contact’s language, then what was sent last', () => {
    rememberTemplate('b');
    rememberTemplate('c');
    const all = [
      made({ name: 'a', sendable: false }),
      made({ name: 'b' }),
      made({ name: 'c' }),
      made({ name: 'd' }),
      made({ name: 'e', language: 'en_US' }),
    ];
    const names = (language: string | null) => ordered(all, { recent: recentTemplates(), language }).map((one) => one.name);
    expect(names(null)).toEqual(['c', 'b', 'd', 'e', 'a']);
    expect(names('en')).toEqual(['e', 'c', 'b', 'd', 'a']);
  });
});

describe('the file of a header', () => {
  const media = { image: { mimes: ['image/jpeg', 'image/png'], max_bytes: 10 } };
  const channel = { capabilities: { media } } as unknown as Channel;

  test('is refused by its type, its size, or when it is empty; an unknown limit is the server’s matter', () => {
    expect(refusalOf({ type: 'image/png', size: 10 }, 'image', channel)).toBeNull();
    expect(refusalOf({ type: 'image/gif', size: 1 }, 'image', channel)).toEqual({ reason: 'type' });
    expect(refusalOf({ type: 'image/png', size: 11 }, 'image', channel)).toEqual({ reason: 'size', maxBytes: 10 });
    expect(refusalOf({ type: 'image/png', size: 0 }, 'image', channel)).toEqual({ reason: 'empty' });
    expect(refusalOf({ type: 'video/mp4', size: 99 }, 'video', channel)).toBeNull();
  });
});
