import { beforeEach, describe, expect, test } from 'vitest';
import type { CannedReply, InteractiveRule } from '@/shared/api/types';
import { askedAt, gapsIn, replaced } from './canned';
import { offered, recentReplies, rememberReply, textFor } from './cannedOffer';
import { cardOf, newCard } from './card';
import { controlsOf, emptyDraft, type InteractiveDraft, problemsOf, rowsOf } from './interactive';
import { degrees, NO_PLACE, pairOf, placeOf } from './place';

const RULE: InteractiveRule = {
  kinds: ['buttons', 'list', 'cta_url', 'location_request'],
  body_max: 1024,
  list_body_max: 4096,
  header_max: 60,
  footer_max: 60,
  buttons_max: 3,
  button_title_max: 20,
  button_id_max: 256,
  opener_max: 20,
  list_rows_max: 10,
  list_sections_max: 10,
  section_title_max: 24,
  row_title_max: 24,
  row_description_max: 72,
  row_id_max: 200,
  label_max: 20,
  url_max: 2000,
};

describe('a message with something to press', () => {
  const problems = (kind: InteractiveDraft['kind'], change: Partial<InteractiveDraft>) =>
    problemsOf({ ...emptyDraft(kind, 'Hangi gün?'), ...change }, RULE).map(({ path, code }) => `${path} ${code}`);

  test('needs a text and words on each button, not the same twice', () => {
    expect(problems('buttons', { text: '  ' })).toEqual(['text required', 'buttons.0 required']);
    const twice = ['Cuma', ' Cuma'].map((title, at) => ({ id: String(at), title }));
    expect(problems('buttons', { buttons: twice })).toEqual(['buttons.1 repeated']);
    expect(problems('buttons', { buttons: [{ id: 'a', title: 'x'.repeat(21) }] })).toEqual(['buttons.0 tooLong']);
  });

  test('a list may say four times as much above its options', () => {
    const long = {
      text: 'a'.repeat(1025),
      opener: 'Seç',
      sections: [{ id: 's', title: '', rows: [{ id: 'a', title: 'Cuma', description: '' }] }],
    };
    expect(problems('list', long)).toEqual([]);
    expect(problems('buttons', { ...long, buttons: [{ id: 'a', title: 'Cuma' }] })).toEqual(['text tooLong']);
  });

  test('a link is whole and safe', () => {
    const link = (url: string) => problems('cta_url', { label: 'Aç', url });
    expect(link('https://mavera.example/randevu?a=1')).toEqual([]);
    expect(link('http://mavera.example')).toEqual(['url notHttps']);
    expect(link('https://bos luk.example')).toEqual(['url notHttps']);
    expect(link('')).toEqual(['url required']);
  });

  test('what is not written is not sent', () => {
    const draft = { ...emptyDraft('list', 'x'), opener: ' Seçenekler ', footer: '  ', header: 'Randevu' };
    const rows = [
      { id: 'a', title: 'Cuma ', description: '' },
      { id: 'b', title: 'Pazar', description: ' öğlen ' },
    ];
    expect(controlsOf({ ...draft, sections: [{ id: 's', title: 'Bölüm', rows }] })).toEqual({
      kind: 'list',
      opener: 'Seçenekler',
      header: 'Randevu',
      sections: [
        {
          rows: [
            { id: 'a', title: 'Cuma' },
            { id: 'b', title: 'Pazar', description: 'öğlen' },
          ],
        },
      ],
    });
    expect(controlsOf({ ...draft, kind: 'location_request' })).toEqual({ kind: 'location_request' });
  });
});

describe('a list of several sections', () => {
  const row = (id: string, title: string) => ({ id, title, description: '' });
  const list = (...titles: string[]): InteractiveDraft => ({
    ...emptyDraft('list', 'Ne zaman?'),
    opener: 'Günler',
    sections: titles.map((title, at) => ({ id: String(at), title, rows: [row(`${at}a`, 'Sabah'), row(`${at}b`, 'Akşam')] })),
  });
  const problems = (draft: InteractiveDraft) => problemsOf(draft, RULE).map(({ path, code }) => `${path} ${code}`);

  test('names each of them, and only then', () => {
    expect(problems(list(''))).toEqual([]);
    expect(problems(list('Cuma', ' '))).toEqual(['sections.1.title required']);
    expect(problems(list('Cuma', 'x'.repeat(25)))).toEqual(['sections.1.title tooLong']);
  });

  test('may say the same in two sections, not twice in one', () => {
    expect(problems(list('Cuma', 'Pazar'))).toEqual([]);
    const twice = { ...list('Cuma'), sections: [{ id: 's', title: '', rows: [row('a', 'Sabah'), row('b', 'Sabah ')] }] };
    expect(problems(twice)).toEqual(['sections.0.rows.1 repeated']);
  });

  test('goes out with its titles, and counts its rows together', () => {
    const draft = list('Cuma ', 'Pazar');
    expect(rowsOf(draft)).toBe(4);
    expect(controlsOf(draft)).toMatchObject({
      sections: [{ title: 'Cuma' }, { title: 'Pazar', rows: [{ id: '1a' }, { id: '1b' }] }],
    });
  });
});

describe('a place', () => {
  test('is read with a point or a comma, and only within the globe', () => {
    expect(['41.0082', '41,0082', '-0.5', '90.5', 'kuzey', ''].map((text) => degrees(text, 90))).toEqual([
      41.0082,
      41.0082,
      -0.5,
      null,
      null,
      null,
    ]);
  });

  test('copied from a map fills both fields', () => {
    expect(pairOf('41.0082, 28.9784')).toEqual({ latitude: '41.0082', longitude: '28.9784' });
    expect(pairOf('(41.0082 28.9784)')).toEqual({ latitude: '41.0082', longitude: '28.9784' });
    expect(pairOf('41,0082')).toBeNull();
    expect(pairOf(`${' '.repeat(20_000)}x`)).toBeNull();
  });

  test('goes out without empty names', () => {
    const draft = { ...NO_PLACE, latitude: '41', longitude: '28,9', name: ' Klinik ' };
    expect(placeOf(draft)).toEqual({ latitude: 41, longitude: 28.9, name: 'Klinik' });
    expect(placeOf({ ...draft, longitude: '200' })).toBeNull();
  });
});

test('a card has a name and a way to reach it, each as its field asks', () => {
  const draft = { ...newCard(), name: 'Dr. Sarp Eren', phones: ['+90 555 010 44 18', ' '] };
  expect(cardOf(draft)).toEqual({ name: 'Dr. Sarp Eren', phones: ['+90 555 010 44 18'] });
  expect(cardOf({ ...draft, phones: [''] })).toBeNull();
  expect(cardOf({ ...draft, phones: [''], email: 'sarp@klinik.example' })).toMatchObject({ emails: ['sarp@klinik.example'] });
  expect(cardOf({ ...draft, phones: ['elli beş'] })).toBeNull();
  expect(cardOf({ ...draft, email: 'sarp' })).toBeNull();
});

describe('canned replies', () => {
  const reply = (id: string, shortcut: string, title: string, uses = 0): CannedReply => ({
    id,
    shortcut,
    title,
    folder: null,
    texts: { tr: `${title} metni`, en: `${title} text` },
    attachment_ids: [],
    attachments: [],
    uses,
  });
  const replies = [
    reply('a', 'fiyat', 'Fiyat bilgisi', 3),
    reply('b', 'ışık', 'Işık tedavisi', 9),
    reply('c', 'adres', 'Adres', 5),
  ];
  const ids = (query: string, recent: string[] = []) => offered(replies, query, recent).map((held) => held.id);

  beforeEach(() => localStorage.clear());

  test('are asked for by a slash that begins a word, up to the caret', () => {
    expect(askedAt('Merhaba /fi', 11)).toEqual({ from: 8, to: 11, query: 'fi' });
    expect(askedAt('/', 1)).toEqual({ from: 0, to: 1, query: '' });
    expect(askedAt('/fiyat ', 7)).toBeNull();
    expect(askedAt('24/11', 5)).toBeNull();
    expect(askedAt('https://x', 9)).toBeNull();
    expect(askedAt('/fi sonra', 3)).toEqual({ from: 0, to: 3, query: 'fi' });
  });

  test('fold Turkish letters, and a shortcut that begins so comes first', () => {
    for (const query of ['ışık', 'IŞIK', 'isik', 'Işik']) expect(ids(query)).toEqual(['b']);
    expect(ids('a')[0]).toBe('c');
  });

  test('what I used last is first, then what the firm uses most', () => {
    expect(ids('')).toEqual(['b', 'c', 'a']);
    rememberReply('c');
    rememberReply('a');
    rememberReply('c');
    expect(recentReplies()).toEqual(['c', 'a']);
    expect(ids('', recentReplies())).toEqual(['c', 'a', 'b']);
  });

  test('speak the contact’s language, else Turkish', () => {
    const [first] = replies as [CannedReply];
    expect(textFor(first, 'en-GB')).toBe('Fiyat bilgisi text');
    expect(textFor(first, 'de')).toBe('Fiyat bilgisi metni');
    expect(textFor(first, null)).toBe('Fiyat bilgisi metni');
  });

  test('take the place of what asked for them; what is still open is found', () => {
    const asked = askedAt('Selam /fi', 9);
    const text = 'Merhaba {{contact.first_name}}, {{ firm.name }} olarak {{x}} {{contact.fields.hekim}} {{contact.fields.}}';
    expect(replaced('Selam /fi yarın', asked ?? { from: 0, to: 0 }, 'Fiyat 100')).toEqual({
      text: 'Selam Fiyat 100 yarın',
      caret: 15,
    });
    expect(gapsIn(text).map((gap) => text.slice(gap.from, gap.to))).toEqual([
      '{{contact.first_name}}',
      '{{ firm.name }}',
      '{{contact.fields.hekim}}',
    ]);
  });
});
