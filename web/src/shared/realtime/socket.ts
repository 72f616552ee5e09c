/**
 * Holds the one socket to the server: connects, resumes by cursor, backs off with jitter, and hands rows to the
 * store at most once per frame. Knows nothing of screens; what must be loaded again is told to `onResync` listeners.
 */
import { create } from 'zustand';
import { reportUnauthorized } from '@/shared/api/client';
import type { Batch, Frame } from '@/shared/api/types';
import { applyBatches } from './store';

export type ConnectionPhase = 'connecting' | 'live' | 'lost';

export const useConnection = create<{ phase: ConnectionPhase; retryAt: number | null }>(() => ({
  phase: 'connecting',
  retryAt: null,
}));

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** The server ticks every 20 s; a socket that is silent for longer is dead, whatever the browser thinks. */
const SILENCE_MS = 45_000;
const SESSION_ENDED = 4401;
const ORIGIN_REFUSED = 4403;

const resyncListeners = new Set<() => void>();
const batchListeners = new Set<(batches: Batch[]) => void>();

let socket: WebSocket | null = null;
let cursor: string | null = null;
let wanted = false;
let attempts = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let silenceTimer: ReturnType<typeof setTimeout> | undefined;
let waiting: Batch[] = [];
let flushPlanned = false;
let announceFirst: () => void = () => undefined;
let first: Promise<void> = Promise.resolve();

/** Called when the stream cannot go on from where we were: everything shown must be loaded again. */
export function onResync(listener: () => void): () => void {
  resyncListeners.add(listener);
  return () => resyncListeners.delete(listener);
}

export function onBatches(listener: (batches: Batch[]) => void): () => void {
  batchListeners.add(listener);
  return () => batchListeners.delete(listener);
}

/** Resolves when the stream has begun, so that nothing falls between a first load and it; at the latest after `limitMs`. */
export function streamBegun(limitMs = 1500): Promise<void> {
  return Promise.race([first, new Promise<void>((resolve) => setTimeout(resolve, limitMs))]);
}

export function startSocket(): void {
  if (wanted) return;
  wanted = true;
  attempts = 0;
  first = new Promise((resolve) => {
    announceFirst = resolve;
  });
  window.addEventListener('online', reconnectNow);
  window.addEventListener('offline', dropSocket);
  document.addEventListener('visibilitychange', reconnectWhenSeen);
  connect();
}

export function stopSocket(): void {
  wanted = false;
  cursor = null;
  waiting = [];
  clearTimeout(retryTimer);
  clearTimeout(silenceTimer);
  window.removeEventListener('online', reconnectNow);
  window.removeEventListener('offline', dropSocket);
  document.removeEventListener('visibilitychange', reconnectWhenSeen);
  socket?.close(1000);
  socket = null;
  useConnection.setState({ phase: 'connecting', retryAt: null });
}

export function reconnectNow(): void {
  if (!wanted || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
  clearTimeout(retryTimer);
  connect();
}

function reconnectWhenSeen(): void {
  if (document.visibilityState === 'visible') reconnectNow();
}

function connect(): void {
  const url = new URL('/api/v1/stream', location.href);
  if (cursor) url.searchParams.set('cursor', cursor);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const opened = new WebSocket(url);
  socket = opened;
  opened.onmessage = (event) => {
    if (opened === socket) receive(JSON.parse(String(event.data)) as Frame);
  };
  opened.onclose = (event) => {
    if (opened === socket) closed(event.code);
  };
  listenForSilence();
}

function dropSocket(): void {
  const dropped = socket;
  socket = null;
  dropped?.close();
  if (dropped) closed(1006);
}

function listenForSilence(): void {
  clearTimeout(silenceTimer);
  silenceTimer = setTimeout(dropSocket, SILENCE_MS);
}

function closed(code: number): void {
  clearTimeout(silenceTimer);
  socket = null;
  if (!wanted) return;
  if (code === SESSION_ENDED) {
    reportUnauthorized();
    return;
  }
  const slowest = code === ORIGIN_REFUSED ? LAST_RETRY_MS : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts);
  const delay = slowest / 2 + Math.random() * (slowest / 2);
  attempts += 1;
  useConnection.setState({ phase: 'lost', retryAt: Date.now() + delay });
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, delay);
}

function receive(frame: Frame): void {
  listenForSilence();
  switch (frame.type) {
    case 'hello': {
      const resumed = cursor !== null;
      cursor = frame.cursor;
      becameLive();
      // A stream that begins anew after data was loaded has a hole before it.
      if (!resumed && announced) for (const listener of resyncListeners) listener();
      announce();
      return;
    }
    case 'resync':
      cursor = frame.cursor;
      waiting = [];
      becameLive();
      announce();
      for (const listener of resyncListeners) listener();
      return;
    case 'batch':
      cursor = frame.cursor;
      waiting.push(frame);
      planFlush();
      return;
    case 'tick':
      cursor = frame.cursor;
      return;
    default:
      frame satisfies never;
  }
}

let announced = false;
function announce(): void {
  announced = true;
  announceFirst();
}

/** The first load gave up waiting for the stream; a late `hello` then means: load again. */
export function loadedWithoutStream(): void {
  announced = true;
}

function becameLive(): void {
  attempts = 0;
  useConnection.setState({ phase: 'live', retryAt: null });
}

function planFlush(): void {
  if (flushPlanned) return;
  flushPlanned = true;
  // A hidden tab gets no animation frames, but its title must go on counting.
  if (document.visibilityState === 'visible') requestAnimationFrame(flush);
  else setTimeout(flush, 250);
}

function flush(): void {
  flushPlanned = false;
  const batches = waiting;
  waiting = [];
  if (batches.length === 0) return;
  applyBatches(batches);
  for (const listener of batchListeners) listener(batches);
}
