import { expect, test } from 'vitest';
import type { CannedReply } from '@/shared/api/types';
import { type CannedFile, changeOf, draftOf, grouped, moved, problemsOf } from './draft';

const reply = (change: Partial<CannedReply>): CannedReply => ({
  id: 'a',
  shortcut: 'fiyat',
  title: 'Fiyat',
  folder: null,
  texts: { tr: 'Fiyat muayenede belli olur.' },
  attachment_ids: [],
  attachments: [],
  uses: 0,
  ...change,
});

const codes = (change: Partial<ReturnType<typeof draftOf>>, others: CannedReply[] = []) =>
  [...problemsOf({ ...draftOf(reply({})), ...change }, others)].map(([path, { code }]) => `${path} ${code}`);

test('a reply has a title, a shortcut of its own and no empty language', () => {
  expect(codes({})).toEqual([]);
  expect(codes({ title: ' ', shortcut: '' })).toEqual(['title required', 'shortcut required']);
  expect(codes({ shortcut: 'iki kelime' })).toEqual(['shortcut shortcut']);
  expect(codes({ shortcut: 'IŞIK' }, [reply({ shortcut: 'ışık' })])).toEqual(['shortcut taken']);
  expect(codes({ texts: { tr: 'Merhaba', en: '' } })).toEqual(['en required']);
});

test('only fields that are filled in may stand in a text', () => {
  expect(codes({ texts: { tr: 'Merhaba {{ contact.first_name }}, ben {{agent.name}}' } })).toEqual([]);
  expect(codes({ texts: { tr: 'Merhaba {{isim}}' } })).toEqual(['tr variable']);
});

test('what is saved has no blanks at its edges, and an empty folder is none', () => {
  expect(changeOf({ ...draftOf(reply({})), title: ' Fiyat ', folder: ' ' })).toMatchObject({ title: 'Fiyat', folder: null });
});

test('replies stand by folder in Turkish order and are found by any spelling', () => {
  const all = [reply({}), reply({ id: 'b', folder: 'Zeytin' }), reply({ id: 'c', folder: 'Çene', title: 'Işık tedavisi' })];
  expect(grouped(all, '').map(([folder]) => folder)).toEqual(['Çene', 'Zeytin', null]);
  expect(grouped(all, 'IŞIK').map(([, held]) => held.map(({ id }) => id))).toEqual([['c']]);
});

test('files are saved in the order they stand in, and move by one place', () => {
  const files = ['a', 'b', 'c'].map((id) => ({ id }) as CannedFile);
  const order = (moved: CannedFile[]) => moved.map(({ id }) => id).join('');
  expect(order(moved(files, 'c', -1))).toBe('acb');
  expect(order(moved(files, 'a', 1))).toBe('bac');
  expect(order(moved(files, 'a', -1))).toBe('abc');
  expect(order(moved(files, 'c', 1))).toBe('abc');
  expect(changeOf({ ...draftOf(reply({})), files: moved(files, 'c', -1) }).attachment_ids).toEqual(['a', 'c', 'b']);
});

test('a field of the firm is a variable by its key, and while nobody knows the keys none is wrong', () => {
  const draft = { ...draftOf(null), title: 'A', shortcut: 'a', texts: { tr: 'Hekiminiz {{contact.fields.hekim}}' } };
  expect(problemsOf(draft, [], ['hekim']).size).toBe(0);
  expect(problemsOf(draft, [], null).size).toBe(0);
  expect(problemsOf(draft, [], ['butce']).get('tr')).toEqual({ code: 'variable', name: '{{contact.fields.hekim}}' });
});
