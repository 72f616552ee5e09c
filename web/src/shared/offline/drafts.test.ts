import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closeUserDb, openUserDb, table } from './db';
import { forgetDrafts, openDraft, pushDirtyDrafts, saveDraft } from './drafts';

let user = 0;
let puts: { url: string; body: unknown }[] = [];

beforeEach(() => {
  user += 1;
  openUserDb(`drafts-${user}`);
  puts = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    puts.push({ url: request.url, body: await request.json() });
    return new Response(null, { status: 204 });
  });
});

afterEach(async () => {
  forgetDrafts();
  await closeUserDb();
  vi.unstubAllGlobals();
});

const isKept = () => vi.waitFor(async () => expect(await table('drafts').get('c1')).toBeDefined());

test('the server gets a draft after a second of rest, once', async () => {
  saveDraft('c1', { kind: 'reply', reply: 'Mer' });
  saveDraft('c1', { kind: 'reply', reply: 'Merhaba' });
  await vi.waitFor(() => expect(puts).toHaveLength(1), { timeout: 3000 });
  expect(puts[0]?.body).toEqual({ kind: 'reply', text: 'Merhaba' });
});

test('an empty editor that never held anything tells the server nothing', async () => {
  saveDraft('c1', { kind: 'reply', reply: '' });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(puts).toEqual([]);
});

test('a draft outlives the tab', async () => {
  saveDraft('c1', { kind: 'note', note: 'Hassas hasta' });
  await isKept();
  forgetDrafts();
  expect(await openDraft('c1', null)).toMatchObject({ kind: 'note', note: 'Hassas hasta', dirty: true });
});

test('words that the server does not have yet win over its older ones', async () => {
  saveDraft('c1', { kind: 'reply', reply: 'yeni' });
  const draft = await openDraft('c1', { kind: 'reply', text: 'eski', updated_at: '2026-11-24T09:00:00Z' });
  expect(draft.reply).toBe('yeni');
});

test('the newer draft of another device is taken over', async () => {
  const draft = await openDraft('c1', { kind: 'reply', text: 'telefondan', updated_at: '2030-01-01T00:00:00Z' });
  expect(draft.reply).toBe('telefondan');
});

test('what could not be pushed is pushed when the line is back', async () => {
  saveDraft('c1', { kind: 'reply', reply: 'bekleyen' });
  await pushDirtyDrafts();
  expect(puts.map((put) => put.body)).toEqual([{ kind: 'reply', text: 'bekleyen' }]);
});

test('words typed before the old ones were read go on after them', async () => {
  saveDraft('c1', { kind: 'reply', reply: 'Yarım kalan' });
  saveDraft('c1', { kind: 'reply', note: 'Hassas' });
  await isKept();
  forgetDrafts();
  saveDraft('c1', { kind: 'reply', reply: 'cümle' });
  expect(await openDraft('c1', null)).toMatchObject({ reply: 'Yarım kalan cümle', note: 'Hassas' });
});
