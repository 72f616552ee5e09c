/** Loads lists, conversations and threads into the store. Each is asked for once at a time. */
import { answer, api } from '@/shared/api/client';
import type { ConversationStatus, Id, View } from '@/shared/api/types';
import type { ListKey } from './rows';
import { streamBegun } from './socket';
import { forgetThreads, putDetail, putListPage, putThreadPage, setListPhase, setThread, useLive } from './store';

const LIST_PAGE = 60;
const THREAD_PAGE = 50;
/** Threads kept in memory; whoever opens a hundred a day would else hold them all. */
const THREADS_KEPT = 30;
const running = new Map<string, Promise<void>>();
let recent: Id[] = [];

/** Somebody looks at this thread: it is the last one to be forgotten. */
export function touchThread(id: Id): void {
  recent = [id, ...recent.filter((held) => held !== id)].slice(0, THREADS_KEPT);
  if (Object.keys(useLive.getState().threads).length > THREADS_KEPT) forgetThreads(recent);
}

function once(name: string, work: () => Promise<void>): Promise<void> {
  const held = running.get(name);
  if (held) return held;
  const started = work().finally(() => {
    if (running.get(name) === started) running.delete(name);
  });
  running.set(name, started);
  return started;
}

/** An answer that arrives after everything was reset belongs to the old world. */
const stillCurrent = (epoch: number) => useLive.getState().epoch === epoch;

export function loadList(key: ListKey): Promise<void> {
  return once(`list ${key} ${useLive.getState().epoch}`, async () => {
    const { epoch } = useLive.getState();
    setListPhase(key, 'loading');
    await streamBegun();
    await fetchList(key, null, epoch);
  });
}

export function loadMoreOfList(key: ListKey): Promise<void> {
  const { lists, epoch } = useLive.getState();
  const cursor = lists[key]?.nextCursor;
  if (!cursor || lists[key]?.phase !== 'ready') return Promise.resolve();
  return once(`more ${key} ${epoch}`, () => fetchList(key, cursor, epoch));
}

async function fetchList(key: ListKey, cursor: string | null, epoch: number): Promise<void> {
  const [view, status] = key.split(':') as [View, ConversationStatus];
  try {
    const page = await answer(
      api.GET('/api/v1/conversations', { params: { query: { view, status, cursor, limit: LIST_PAGE } } }),
    );
    if (stillCurrent(epoch)) putListPage(key, page, cursor === null);
  } catch {
    // Shown where the list would be, with a button that asks again.
    if (stillCurrent(epoch)) setListPhase(key, 'failed');
  }
}

/** The conversation's row, draft and predecessor. Throws ApiError 404 when it is hidden or gone. */
export async function loadDetail(id: Id): Promise<void> {
  const { epoch } = useLive.getState();
  const detail = await answer(api.GET('/api/v1/conversations/{conversation_id}', { params: { path: { conversation_id: id } } }));
  if (stillCurrent(epoch)) putDetail(detail);
}

export function loadThread(id: Id): Promise<void> {
  touchThread(id);
  return once(`thread ${id} ${useLive.getState().epoch}`, async () => {
    const { epoch } = useLive.getState();
    if (!useLive.getState().threads[id]) setThread(id, { phase: 'loading' });
    await streamBegun();
    await fetchThread(id, null, epoch);
  });
}

export function loadOlder(id: Id): Promise<void> {
  const { threads, epoch } = useLive.getState();
  const cursor = threads[id]?.nextCursor;
  if (!cursor) return Promise.resolve();
  return once(`older ${id} ${epoch}`, async () => {
    setThread(id, { loadingOlder: true });
    await fetchThread(id, cursor, epoch);
  });
}

async function fetchThread(id: Id, cursor: string | null, epoch: number): Promise<void> {
  try {
    const page = await answer(
      api.GET('/api/v1/conversations/{conversation_id}/messages', {
        params: { path: { conversation_id: id }, query: { cursor, limit: THREAD_PAGE } },
      }),
    );
    if (stillCurrent(epoch)) putThreadPage(id, page);
  } catch {
    // The first page's failure is shown in its place; an older page is asked for again by the next scroll.
    if (stillCurrent(epoch)) setThread(id, cursor ? { loadingOlder: false } : { phase: 'failed' });
  }
}
