import { useInfiniteQuery } from '@tanstack/react-query';
import { type KeyboardEvent, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { IconButton } from '@/shared/ui/IconButton';
import { IconCalendar, IconChevronDown, IconChevronUp, IconSearch, IconX } from '@/shared/ui/icons';
import { lazyPart } from '@/shared/ui/lazyPart';
import '../../threadTexts';
import { searchMessages } from '../../api';
import { closeFind, useFind } from '../../model/find';
import type { Place } from '../../model/landing';
import classes from './FindBar.module.css';
import type { Target } from './jump';

const DayDialog = lazyPart(() => import('./DayDialog'));
const PAUSE_MS = 250;

interface Props {
  id: Id;
  onJump: (target: Target) => void;
  onDay: (place: Place) => void;
}

/** Words and days of everything that was said with this person. */
export default function FindBar({ id, onJump, onDay }: Props) {
  const { t } = useTranslation('thread');
  const { t: shared } = useTranslation('shared');
  const [text, setText] = useState('');
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const [picking, setPicking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    return closeFind;
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => {
      setQuery(text.trim());
      setAt(0);
      useFind.setState({ query: folded(text) });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);

  const found = useInfiniteQuery({
    queryKey: ['find', id, query],
    queryFn: ({ pageParam }) => searchMessages(id, query, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: query !== '',
    staleTime: 10_000,
  });
  const hits = found.data?.pages.flatMap((page) => page.items) ?? [];
  const total = found.data?.pages[0]?.total ?? 0;
  const hit = hits[at];
  const hitId = hit?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each hit is gone to once
  useEffect(() => {
    if (hit) onJump({ conversationId: hit.conversation_id, id: hit.id, seq: hit.seq });
  }, [hitId]);

  function go(step: 1 | -1) {
    const next = at + step;
    if (next >= hits.length && found.hasNextPage) void found.fetchNextPage().then(() => setAt(next));
    else setAt(hits.length === 0 ? 0 : (next + hits.length) % hits.length);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') {
      event.stopPropagation();
      closeFind();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      go(event.key === 'ArrowUp' ? 1 : -1);
    }
  }

  return (
    <search className={classes.bar} aria-label={t('find.label')} data-testid="find-bar">
      <IconSearch size={16} stroke={1.6} aria-hidden="true" />
      <input
        ref={input}
        value={text}
        maxLength={200}
        placeholder={t('find.placeholder')}
        aria-label={t('find.placeholder')}
        data-testid="find-input"
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <span className={classes.count} role="status" data-testid="find-count">
        {query !== '' &&
          (found.isError
            ? t('find.failed')
            : found.isSuccess
              ? total > 0
                ? t('find.at', { at: at + 1, count: total })
                : t('find.none')
              : '')}
      </span>
      <IconButton label={t('find.next')} disabled={total < 2} onClick={() => go(1)}>
        <IconChevronUp size={18} stroke={1.6} aria-hidden="true" />
      </IconButton>
      <IconButton label={t('find.previous')} disabled={total < 2} onClick={() => go(-1)}>
        <IconChevronDown size={18} stroke={1.6} aria-hidden="true" />
      </IconButton>
      <IconButton label={t('find.day')} onClick={() => setPicking(true)}>
        <IconCalendar size={18} stroke={1.6} aria-hidden="true" />
      </IconButton>
      <IconButton label={shared('close')} onClick={closeFind}>
        <IconX size={18} stroke={1.6} aria-hidden="true" />
      </IconButton>
      {picking && (
        <Suspense fallback={null}>
          <DayDialog
            onClose={() => setPicking(false)}
            onPick={(date) => {
              setPicking(false);
              onDay({ conversationId: id, date });
            }}
          />
        </Suspense>
      )}
    </search>
  );
}
