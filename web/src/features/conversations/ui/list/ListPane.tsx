import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationStatus, Id, View } from '@/shared/api/types';
import { loadList, loadMoreOfList } from '@/shared/realtime/loaders';
import { listKey } from '@/shared/realtime/rows';
import { useLive } from '@/shared/realtime/store';
import { IconInbox } from '@/shared/ui/icons';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { useIsPhone } from '@/shared/ui/useMedia';
import { useHeldOrder } from '../../model/heldOrder';
import { useNav } from '../../model/nav';
import { ConversationRow } from './ConversationRow';
import classes from './ListPane.module.css';

interface Props {
  view: View;
  status: ConversationStatus;
  selectedId: Id | undefined;
  header: ReactNode;
  onOpen: (id: Id) => void;
}

const ROW = 72;
const PHONE_ROW = 76;
const LOAD_AHEAD = 20;
const NO_IDS: Id[] = [];
/** Beyond this the reader is inside the list: what is on top must not push it. */
const SCROLLED_PX = 40;

export function ListPane({ view, status, selectedId, header, onOpen }: Props) {
  const { t } = useTranslation('conversations');
  const key = listKey(view, status);
  const list = useLive((state) => state.lists[key]);
  const epoch = useLive((state) => state.epoch);
  const rows = useLive((state) => state.conversations);
  const thaws = useNav((state) => state.thaws);
  const [hovered, setHovered] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [released, setReleased] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const phone = useIsPhone();
  const rowHeight = phone ? PHONE_ROW : ROW;
  const Pane = phone ? 'main' : 'section';

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new epoch means that everything must be loaded again
  useEffect(() => {
    if (!useLive.getState().lists[key]) void loadList(key);
  }, [key, epoch]);

  const live = list?.ids ?? NO_IDS;
  const { ids, news } = useHeldOrder(live, rows, hovered || scrolled, `${key} ${epoch} ${list?.phase} ${released}`, thaws);

  useEffect(() => useNav.setState({ order: ids }), [ids]);

  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 6,
  });
  const visible = virtualizer.getVirtualItems();
  const end = visible[visible.length - 1]?.index ?? 0;
  const wantsMore = list?.phase === 'ready' && list.nextCursor !== null && end >= ids.length - LOAD_AHEAD;
  useEffect(() => {
    if (wantsMore) void loadMoreOfList(key);
  }, [wantsMore, key]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another list starts at its top
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setScrolled(false);
  }, [key]);

  const selectedAt = useMemo(() => (selectedId ? ids.indexOf(selectedId) : -1), [ids, selectedId]);
  // Only when another row is chosen: not each time the chosen one moves.
  const followed = useRef<Id | undefined>(undefined);
  useEffect(() => {
    if (selectedAt < 0 || followed.current === selectedId) return;
    followed.current = selectedId;
    virtualizer.scrollToIndex(selectedAt, { align: 'auto' });
  }, [selectedAt, selectedId, virtualizer]);

  function onKeyDown(event: KeyboardEvent) {
    const steps: Record<string, number> = { ArrowDown: selectedAt + 1, ArrowUp: selectedAt - 1, Home: 0, End: ids.length - 1 };
    const to = steps[event.key];
    const id = to === undefined ? undefined : ids[Math.max(0, to)];
    if (!id) return;
    event.preventDefault();
    onOpen(id);
  }

  const showNews = () => {
    setReleased((count) => count + 1);
    setHovered(false);
    scroller.current?.scrollTo({ top: 0, behavior: 'smooth' });
  };

  return (
    <Pane className={classes.pane} aria-label={t('list.label')}>
      {header}
      <div className={classes.body}>
        {news > 0 && (
          <button type="button" className={classes.news} onClick={showNews}>
            {t('list.news', { count: news })}
          </button>
        )}
        <div
          ref={scroller}
          className={classes.scroller}
          role="listbox"
          tabIndex={0}
          aria-label={t(`view.${view}`)}
          aria-busy={list?.phase === 'loading'}
          aria-activedescendant={
            selectedAt >= 0 && visible.some((item) => item.index === selectedAt) ? `row-${selectedId}` : undefined
          }
          onKeyDown={onKeyDown}
          onScroll={(event) => setScrolled(event.currentTarget.scrollTop > SCROLLED_PX)}
          onPointerEnter={(event) => setHovered(event.pointerType === 'mouse')}
          onPointerLeave={() => setHovered(false)}
        >
          <div role="presentation" className={classes.window} style={{ blockSize: virtualizer.getTotalSize() }}>
            {visible.map((item) => {
              const id = ids[item.index];
              if (!id) return null;
              return (
                <ConversationRow
                  key={item.key}
                  id={id}
                  index={item.index}
                  count={list?.nextCursor === null ? ids.length : -1}
                  selected={id === selectedId}
                  height={item.size}
                  offset={item.start}
                  onOpen={onOpen}
                />
              );
            })}
          </div>
        </div>
        <ListState
          phase={list?.phase ?? 'loading'}
          empty={ids.length === 0}
          view={view}
          status={status}
          onRetry={() => void loadList(key)}
        />
      </div>
    </Pane>
  );
}

interface StateProps {
  phase: 'loading' | 'ready' | 'failed';
  empty: boolean;
  view: View;
  status: ConversationStatus;
  onRetry: () => void;
}

function ListState({ phase, empty, view, status, onRetry }: StateProps) {
  const { t } = useTranslation('conversations');
  if (phase === 'failed') {
    return (
      <div className={empty ? classes.cover : classes.foot}>
        <ErrorBar onRetry={onRetry}>{t('list.failed')}</ErrorBar>
      </div>
    );
  }
  if (!empty) return null;
  if (phase === 'loading') return <SlowSkeleton />;
  return (
    <div className={classes.cover}>
      <SkeletonRows count={3} faded />
      <Empty
        icon={<IconInbox size={24} stroke={1.4} aria-hidden="true" />}
        title={status === 'open' ? t(`list.empty.${view}`) : t(`list.empty.${status}`)}
        text={status === 'open' ? t(`list.emptyText.${view}`) : t(`list.emptyText.${status}`)}
      />
    </div>
  );
}

function SlowSkeleton() {
  return useSlow() ? (
    <div className={classes.cover}>
      <SkeletonRows count={9} />
    </div>
  ) : null;
}
