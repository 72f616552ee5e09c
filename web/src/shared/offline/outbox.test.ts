import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { message } from '@/shared/testing/rows';
import { closeUserDb, openUserDb, table } from './db';
import { closeOutbox, discardItem, enqueue, type OutboxItem, resendItem, resumeOutbox, useOutbox, wakeOutbox } from './outbox';

interface Call {
  key: string;
  body: { type: string; text: string };
}

/** Stands where the server stands: answers what `answer` says, and remembers what it was asked. */
function server(answer: (call: Call, attempt: number) => Response | Error) {
  const calls: Call[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const call = { key: request.headers.get('Idempotency-Key') ?? '', body: (await request.json()) as Call['body'] };
    calls.push(call);
    const made = answer(call, calls.length);
    if (made instanceof Error) throw made;
    return made;
  });
  return calls;
}

const created = ({ key, body }: Call) =>
  new Response(JSON.stringify(message({ id: key, client_id: key, direction: 'outbound', text: body.text })), { status: 201 });
const refused = (code: string, status: number) =>
  new Response(JSON.stringify({ error: { code, message: 'no', params: {}, fields: [], request_id: 'r' } }), { status });
const text = (words: string) => ({ conversationId: 'c1', type: 'text' as const, text: words, media: null });
const items = () => useOutbox.getState().items;
const empty = () => vi.waitFor(() => expect(items()).toEqual([]), { timeout: 4000 });

let user = 0;
beforeEach(() => {
  user += 1;
  openUserDb(`user-${user}`);
});

afterEach(async () => {
  closeOutbox();
  await closeUserDb();
  vi.unstubAllGlobals();
});

describe('the outbox', () => {
  test('sends in the order of writing, one after the other', async () => {
    const calls = server((call) => created(call));
    for (const words of ['bir', 'iki', 'üç']) void enqueue(text(words));
    await empty();
    expect(calls.map((call) => call.body.text)).toEqual(['bir', 'iki', 'üç']);
  });

  test('repeats after a lost line with the same key, and the next one waits', async () => {
    const calls = server((call, attempt) => (attempt < 3 ? new TypeError('Failed to fetch') : created(call)));
    void enqueue(text('bir'));
    void enqueue(text('iki'));
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await vi.waitFor(() => {
      wakeOutbox();
      expect(items()).toEqual([]);
    });
    expect(calls.map((call) => call.body.text)).toEqual(['bir', 'bir', 'bir', 'iki']);
    expect(new Set(calls.slice(0, 3).map((call) => call.key)).size).toBe(1);
  });

  test('a refusal is shown with its code and does not stop the rest', async () => {
    server((call) => (call.body.text === 'bir' ? refused('window_closed', 409) : created(call)));
    void enqueue(text('bir'));
    void enqueue(text('iki'));
    await vi.waitFor(() => expect(items().map((item) => [item.text, item.state])).toEqual([['bir', 'failed']]));
    expect(items()[0]?.error?.code).toBe('window_closed');
  });

  test('sending a refused one again takes a new key', async () => {
    const calls = server((call, attempt) => (attempt === 1 ? refused('window_closed', 409) : created(call)));
    const first = await enqueue(text('bir'));
    await vi.waitFor(() => expect(items()[0]?.state).toBe('failed'));
    await resendItem(first.clientId);
    await empty();
    expect(calls[0]?.key).not.toBe(calls[1]?.key);
  });

  test('what a closed tab left is sent by the next one, with the key it had', async () => {
    server(() => new TypeError('Failed to fetch'));
    const item = await enqueue(text('bir'));
    closeOutbox();
    const calls = server((call) => created(call));
    await resumeOutbox();
    await empty();
    expect(calls.map((call) => call.key)).toEqual([item.clientId]);
    expect(await table('outbox').all()).toEqual([]);
  });

  test('an ended session keeps the message for after the sign-in', async () => {
    const calls = server(() => refused('session_required', 401));
    await enqueue(text('bir'));
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await vi.waitFor(async () =>
      expect((await table('outbox').all()) as OutboxItem[]).toMatchObject([{ text: 'bir', state: 'waiting' }]),
    );
  });

  test('a discarded message is gone from the browser too', async () => {
    server(() => refused('window_closed', 409));
    const item = await enqueue(text('bir'));
    await vi.waitFor(() => expect(items()[0]?.state).toBe('failed'));
    await discardItem(item.clientId);
    expect(items()).toEqual([]);
    expect(await table('outbox').all()).toEqual([]);
  });
});
