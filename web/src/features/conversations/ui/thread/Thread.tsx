import { useVirtualizer } from '@tanstack/react-virtual';
import { Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { setFollowing } from '@/shared/media/following';
import { asMedium, setThreadMedia } from '@/shared/media/lightbox';
import { useOutbox } from '@/shared/offline/outbox';
import { loadThread } from '@/shared/realtime/loaders';
import { useLive } from '@/shared/realtime/store';
import { IconArrowDown } from '@/shared/ui/icons';
import { lazyPart } from '@/shared/ui/lazyPart';
import { ErrorBar, SkeletonThread, useSlow } from '@/shared/ui/states';
import { arrived, useArrival } from '../../model/arrival';
import { useFind } from '../../model/find';
import { useLanding } from '../../model/landing';
import { useCanQuote, useCanReact } from '../../model/queries';
import { useReadMarker } from '../../model/readMarker';
import { useSegments } from '../../model/segments';
import { messagesOf, type ThreadItem, threadItems } from '../../model/threadItems';
import { Announcer, preloadContent } from './content/Content';
import { JumpContext } from './jump';
import classes from './Thread.module.css';
import { ThreadExtras } from './ThreadExtras';
import { ThreadLine } from './ThreadLine';
import { useJump } from './useJump';
import { useLineKeys } from './useLineKeys';
import { useLongPress } from './useLongPress';

const NEAR_END_PX = 80;
const LOAD_AHEAD = 12;
const SETTLE_MS = 300;
const GUESS: Record<ThreadItem['kind'], number> = {
  start: 40,
  day: 44,
  earlier: 56,
  unread: 36,
  message: 52,
  album: 250,
  pending: 52,
};
const FindBar = lazyPart(() => import('./FindBar'));

export function Thread({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const { id } = row;
  const phase = useLive((state) => state.threads[id]?.phase ?? 'loading');
  const { segments, more, loadMore } = useSegments(id);
  const allItems = useOutbox((state) => state.items);
  const outbox = useMemo(() => allItems.filter((item) => item.conversationId === id), [allItems, id]);
  // What was unread when the thread was opened: the line stays while one reads.
  const [opened] = useState(() => (row.unread > 0 ? { readSeq: row.read_seq, lastSeq: row.last_seq, count: row.unread } : null));
  const { landing, failed: landingFailed, land, leave, read } = useLanding(id);
  const items = useMemo(
    () =>
      landing
        ? threadItems({ segments: [landing], outbox: [], opened: null, more: landing.older !== null })
        : threadItems({ segments, outbox, opened, more }),
    [landing, segments, outbox, opened, more],
  );
  const [atEnd, setAtEnd] = useState(true);
  // Older pages wait for the first placing: it aims at an index, which they would shift.
  const [settled, setSettled] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const ready = phase === 'ready';

  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => GUESS[items[index]?.kind ?? 'message'],
    getItemKey: (index) => items[index]?.key ?? index,
    anchorTo: 'end',
    followOnAppend: landing === null,
    scrollEndThreshold: NEAR_END_PX,
    overscan: 8,
    paddingStart: 12,
    paddingEnd: 16,
  });

  // Once, when the first page is there: to what is new, else to the end.
  const placed = useRef(false);
  useLayoutEffect(() => {
    if (!ready || placed.current) return;
    placed.current = true;
    const unread = items.findIndex((item) => item.kind === 'unread');
    if (unread > 0) virtualizer.scrollToIndex(unread, { align: 'start' });
    else virtualizer.scrollToEnd();
  }, [ready, items, virtualizer]);
  // What fits has no place to keep: when earlier messages come above it, its end is where one was.
  const fits = useRef(false);
  useLayoutEffect(() => {
    if (items.length > 0 && fits.current && !landing) virtualizer.scrollToEnd();
  }, [items, landing, virtualizer]);
  useEffect(() => {
    const el = scroller.current;
    fits.current = settled && !!el && el.scrollHeight <= el.clientHeight + 1;
  });
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [ready]);

  const toEnd = useCallback(
    (behavior: 'auto' | 'smooth' = 'auto') => {
      leave();
      // After the place that one was at has made room for the end.
      requestAnimationFrame(() => virtualizer.scrollToEnd({ behavior }));
    },
    [leave, virtualizer],
  );

  // An own message is always followed, wherever one had scrolled to.
  const pendingCount = outbox.length;
  const lastPending = useRef(pendingCount);
  useEffect(() => {
    if (pendingCount > lastPending.current) toEnd();
    lastPending.current = pendingCount;
  }, [pendingCount, toEnd]);

  // The composer grows and shrinks: who was at the end stays there.
  const stick = useRef(atEnd);
  stick.current = atEnd;
  useEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const observer = new ResizeObserver(() => {
      if (placed.current && stick.current) virtualizer.scrollToEnd();
    });
    observer.observe(el);
    return () => observer.disconnect();
  }, [virtualizer]);

  const visible = virtualizer.getVirtualItems();
  const firstIndex = visible[0]?.index ?? 0;
  const lastIndex = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!settled) return;
    if (!landing) {
      if (more && firstIndex < LOAD_AHEAD) loadMore();
      return;
    }
    if (landing.older && firstIndex < LOAD_AHEAD) void read('older');
    if (landing.newer && lastIndex > items.length - LOAD_AHEAD) void read('newer');
  }, [settled, landing, read, more, firstIndex, lastIndex, items.length, loadMore]);

  const held = useLive((state) => state.threads[id]);
  const lastSeq = held?.byId[held.order[held.order.length - 1] ?? '']?.seq ?? 0;
  useReadMarker(row, lastSeq, ready && atEnd && landing === null);

  const itemsNow = useRef(items);
  itemsNow.current = items;
  const scrollTo = useCallback((at: number) => virtualizer.scrollToIndex(at, { align: 'center' }), [virtualizer]);
  const reveal = useCallback((at: number) => virtualizer.scrollToIndex(at, { align: 'auto' }), [virtualizer]);
  const { jump, jumpToDay, flashed } = useJump(itemsNow, scrollTo, land);
  const arrival = useArrival(({ at }) => (at?.conversationId === id ? at : null));
  useEffect(() => {
    if (!ready || !arrival) return;
    arrived();
    void jump(arrival);
  }, [ready, arrival, jump]);
  useThreadMedia(itemsNow);
  const onKeyDown = useLineKeys({
    items: itemsNow,
    conversationId: id,
    canReact: useCanReact(row.channel.id),
    canQuote: useCanQuote(row.channel.id),
    scrollTo: reveal,
    toEnd,
  });
  const press = useLongPress(itemsNow);
  const finding = useFind((state) => state.openIn === id);

  const unseen = atEnd && !landing ? 0 : row.unread;

  const away = !atEnd || landing !== null;

  return (
    <div className={classes.area}>
      {finding && (
        <Suspense fallback={null}>
          <FindBar id={id} onJump={jump} onDay={(place) => void jumpToDay({ ...place, date: place.date ?? '' })} />
        </Suspense>
      )}
      <div
        ref={scroller}
        className={classes.scroller}
        role="log"
        aria-live="off"
        aria-label={t('thread.messages')}
        tabIndex={0}
        data-at-end={!away || undefined}
        onKeyDown={onKeyDown}
        {...press}
        onScroll={({ currentTarget: el }) => setAtEnd(el.scrollHeight - el.scrollTop - el.clientHeight < NEAR_END_PX)}
      >
        {phase === 'loading' && <SlowThread />}
        {phase === 'failed' && items.length <= 1 && <ErrorBar onRetry={() => void loadThread(id)}>{t('thread.failed')}</ErrorBar>}
        {ready && (
          <JumpContext value={jump}>
            <div className={classes.window} style={{ blockSize: virtualizer.getTotalSize() }}>
              {visible.map((place) => {
                const item = items[place.index];
                if (!item) return null;
                return (
                  <div
                    key={place.key}
                    ref={virtualizer.measureElement}
                    data-index={place.index}
                    className={classes.line}
                    data-flash={flashed === item.key || undefined}
                    style={{ transform: `translateY(${place.start}px)` }}
                  >
                    <div className={classes.column}>
                      <ThreadLine item={item} contactName={row.contact.name} channelId={row.channel.id} />
                    </div>
                  </div>
                );
              })}
            </div>
            {landing && landing.newer === null && (
              <p className={classes.goesOn}>
                {t('thread.goesOn')}{' '}
                <button type="button" onClick={() => toEnd()}>
                  {t('thread.backToNewest')}
                </button>
              </p>
            )}
            {landing && landingFailed && <ErrorBar onRetry={() => void read('newer')}>{t('thread.failed')}</ErrorBar>}
          </JumpContext>
        )}
      </div>
      {away && ready && (
        <button
          type="button"
          className={classes.down}
          data-testid="to-newest"
          onClick={() => toEnd(landing ? 'auto' : 'smooth')}
          data-tip={landing ? t('thread.backToNewest') : t('thread.toEnd')}
        >
          <IconArrowDown size={18} stroke={1.7} aria-hidden="true" />
          <span className={unseen > 0 || landing ? undefined : 'visually-hidden'}>
            {unseen > 0 ? t('thread.unseen', { count: unseen }) : landing ? t('thread.backToNewest') : t('thread.toEnd')}
          </span>
        </button>
      )}
      <ThreadExtras row={row} />
      <Announcer conversationId={id} />
    </div>
  );
}

/** The lightbox and the player go through the thread's own pictures and voice notes. */
function useThreadMedia(items: { current: ThreadItem[] }): void {
  useEffect(() => {
    preloadContent();
    const messages = () => items.current.flatMap(messagesOf).filter((message) => !message.revoked_at);
    const stops = [
      setThreadMedia(() =>
        messages().flatMap((message) =>
          message.type === 'image' || message.type === 'video'
            ? message.attachments.filter((file) => file.state === 'stored').map((file) => asMedium(file, message.text))
            : [],
        ),
      ),
      setFollowing((after) => {
        const all = messages();
        const at = all.findIndex((message) => message.attachments[0]?.id === after);
        const next = all[at + 1];
        const file = next?.attachments[0];
        return at >= 0 && next?.type === 'audio' && file?.voice && file.state === 'stored' ? file : null;
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [items]);
}

function SlowThread() {
  return useSlow() ? <SkeletonThread /> : null;
}
