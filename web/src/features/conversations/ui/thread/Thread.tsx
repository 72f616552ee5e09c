import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { useOutbox } from '@/shared/offline/outbox';
import { loadOlder, loadThread } from '@/shared/realtime/loaders';
import { useLive } from '@/shared/realtime/store';
import { IconArrowDown } from '@/shared/ui/icons';
import { ErrorBar, SkeletonThread, useSlow } from '@/shared/ui/states';
import { useReadMarker } from '../../model/readMarker';
import { useSegments } from '../../model/segments';
import { type ThreadItem, threadItems } from '../../model/threadItems';
import { Announcer } from './Announcer';
import { JumpContext } from './jump';
import classes from './Thread.module.css';
import { ThreadLine } from './ThreadLine';

const NEAR_END_PX = 80;
const LOAD_AHEAD = 12;
const SETTLE_MS = 300;
const GUESS: Record<ThreadItem['kind'], number> = { start: 40, day: 44, earlier: 56, unread: 36, message: 52, pending: 52 };
/** A quote may point far back: this many pages are loaded to find it. */
const JUMP_PAGES = 20;

export function Thread({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const { id } = row;
  const phase = useLive((state) => state.threads[id]?.phase ?? 'loading');
  const { segments, more, loadMore } = useSegments(id);
  const allItems = useOutbox((state) => state.items);
  const outbox = useMemo(() => allItems.filter((item) => item.conversationId === id), [allItems, id]);
  // What was unread when the thread was opened: the line stays while one reads.
  const [opened] = useState(() => (row.unread > 0 ? { readSeq: row.read_seq, lastSeq: row.last_seq, count: row.unread } : null));
  const items = useMemo(() => threadItems({ segments, outbox, opened, more }), [segments, outbox, opened, more]);
  const [atEnd, setAtEnd] = useState(true);
  // Older pages wait for the first placing: it aims at an index, which they would shift.
  const [settled, setSettled] = useState(false);
  const [flashed, setFlashed] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const ready = phase === 'ready';

  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => GUESS[items[index]?.kind ?? 'message'],
    getItemKey: (index) => items[index]?.key ?? index,
    anchorTo: 'end',
    followOnAppend: true,
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
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [ready]);

  // An own message is always followed, wherever one had scrolled to.
  const pendingCount = outbox.length;
  const lastPending = useRef(pendingCount);
  useEffect(() => {
    if (pendingCount > lastPending.current) virtualizer.scrollToEnd();
    lastPending.current = pendingCount;
  }, [pendingCount, virtualizer]);

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
  useEffect(() => {
    if (settled && more && firstIndex < LOAD_AHEAD) loadMore();
  }, [settled, more, firstIndex, loadMore]);

  const held = useLive((state) => state.threads[id]);
  const lastSeq = held?.byId[held.order[held.order.length - 1] ?? '']?.seq ?? 0;
  useReadMarker(row, lastSeq, ready && atEnd);

  const itemsNow = useRef(items);
  itemsNow.current = items;
  const jump = useCallback(
    async (messageId: string) => {
      const find = () => itemsNow.current.findIndex((item) => item.kind === 'message' && item.message.id === messageId);
      for (let page = 0; find() < 0 && page < JUMP_PAGES && useLive.getState().threads[id]?.nextCursor; page += 1) {
        await loadOlder(id);
        await new Promise(requestAnimationFrame);
      }
      const at = find();
      if (at < 0) return;
      virtualizer.scrollToIndex(at, { align: 'center' });
      setFlashed(itemsNow.current[at]?.key ?? null);
      setTimeout(() => setFlashed(null), 1600);
    },
    [id, virtualizer],
  );

  const unseen = atEnd ? 0 : row.unread;

  return (
    <div className={classes.area}>
      <div
        ref={scroller}
        className={classes.scroller}
        role="log"
        aria-live="off"
        aria-label={t('thread.messages')}
        tabIndex={0}
        data-at-end={atEnd || undefined}
        onKeyDown={(event) => {
          // The browser's own way there ends where the end was before the lines on the way were measured.
          if (event.key !== 'End' || event.target !== event.currentTarget) return;
          event.preventDefault();
          virtualizer.scrollToEnd();
        }}
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
                      <ThreadLine item={item} contactName={row.contact.name} />
                    </div>
                  </div>
                );
              })}
            </div>
          </JumpContext>
        )}
      </div>
      {!atEnd && ready && (
        <button
          type="button"
          className={classes.down}
          onClick={() => virtualizer.scrollToEnd({ behavior: 'smooth' })}
          data-tip={t('thread.toEnd')}
        >
          <IconArrowDown size={18} stroke={1.7} aria-hidden="true" />
          <span className={unseen > 0 ? undefined : 'visually-hidden'}>
            {unseen > 0 ? t('thread.unseen', { count: unseen }) : t('thread.toEnd')}
          </span>
        </button>
      )}
      <Announcer conversationId={id} />
    </div>
  );
}

function SlowThread() {
  return useSlow() ? <SkeletonThread /> : null;
}
