import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render } from '@testing-library/react';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Channel, Conversation } from '@/shared/api/types';
import { startI18n } from '@/shared/i18n/i18n';
import { handleKey, registerKey } from '@/shared/keys/registry';
import { forgetDrafts } from '@/shared/offline/drafts';
import { conversation } from '@/shared/testing/rows';
import conversations from '../../i18n/tr.json';
import { Composer } from './Composer';

const CHANNEL = {
  id: 'ch1',
  kind: 'whatsapp_cloud',
  name: 'Mavera',
  address: null,
  status: 'connected',
  capabilities: { service_window_s: 86_400, text_max: 4096, caption_max: 1024, media: {}, attachments_max: 10 },
} as unknown as Channel;

let ran: string[] = [];
let stops: (() => void)[] = [];

beforeAll(() => {
  const strings = async () => ({ default: { conversations } });
  return startI18n({ tr: strings, en: strings });
});

beforeEach(() => {
  ran = [];
  stops = ['e', 'a', 's', 'j'].map((keys) => registerKey({ keys, run: () => ran.push(keys) }));
  document.addEventListener('keydown', handleKey);
});

afterEach(() => {
  press('Escape');
  document.removeEventListener('keydown', handleKey);
  for (const stop of stops) stop();
  cleanup();
  forgetDrafts();
});

const press = (key: string) =>
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));

function show(row: Conversation | undefined): () => HTMLTextAreaElement | null {
  const queries = new QueryClient();
  queries.setQueryData(['channels'], [CHANNEL]);
  const { container } = render(
    <QueryClientProvider client={queries}>
      <Composer id="c1" row={row} detailReady={false} />
    </QueryClientProvider>,
  );
  return () => container.querySelector('textarea');
}

const open = conversation({ window: { opened_at: '2026-11-24T10:00:00Z', closes_at: '2999-01-01T00:00:00Z' } as never });
const closed = conversation({ window: null });

test.each([
  ['n', 'a conversation that is open for answers', open],
  ['r', 'a conversation that is open for answers', open],
  ['n', 'a conversation whose window has closed', closed],
  ['n', 'a conversation that is still being loaded', undefined],
  ['r', 'a conversation that is still being loaded', undefined],
])('%s in %s takes the very next key as a letter', (key, _, row) => {
  const field = show(row);
  press(key);
  expect(document.activeElement).toBe(field());
  expect(field()?.closest('section')?.dataset.kind).toBe(key === 'n' ? 'note' : 'reply');
  for (const letter of 'eajs') press(letter);
  expect(ran).toEqual([]);
});

test('an answer that cannot be sent is not taken for commands', () => {
  const field = show(closed);
  press('r');
  expect(field()).toBeNull();
  for (const letter of 'eajs') press(letter);
  expect(ran).toEqual([]);
});
