import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '@/shared/format/now';
import { clearSearches, keepSearch, recentSearches } from '@/shared/session/searches';
import { useSession } from '@/shared/session/session';
import { Button } from '@/shared/ui/Button';
import { IconClock, IconSearch } from '@/shared/ui/icons';
import { Page, PageHeader, rowsClass } from '@/shared/ui/Page';
import { SearchField } from '@/shared/ui/SearchField';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { search, suggest } from '../api';
import { type Asked, longEnough, narrowed, SCOPES } from '../model/asked';
import '../texts';
import { Filters } from './Filters';
import { ContactRow, MessageRow } from './Hits';
import classes from './SearchPage.module.css';

const PAUSE_MS = 200;

interface Props {
  asked: Asked;
  onAsk: (asked: Asked) => void;
}

/** Everything that was said and is known of people, over all conversations that one sees. */
export function SearchPage({ asked, onAsk }: Props) {
  const { t } = useTranslation('search');
  const user = useSession((state) => state.session?.user.id) ?? '';
  const [text, setText] = useState(asked.q);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const latest = useRef(asked);
  latest.current = asked;
  const ask = useRef(onAsk);
  ask.current = onAsk;
  useEffect(() => field.current?.focus(), []);
  // A way back, or a recent search, writes into the box. What the box has asked itself comes back later than the next letter.
  const sent = useRef<string[]>([]);
  useEffect(() => {
    const at = sent.current.lastIndexOf(asked.q);
    if (at >= 0) sent.current.splice(0, at + 1);
    else setText((held) => (held.trim() === asked.q ? held : asked.q));
  }, [asked.q]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const q = text.trim();
      if (q === (sent.current.at(-1) ?? latest.current.q)) return;
      sent.current.push(q);
      ask.current({ ...latest.current, q });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);

  const wanted = longEnough(asked.q);
  const found = useInfiniteQuery({
    queryKey: ['search', asked],
    queryFn: ({ pageParam, signal }) => search(asked, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: wanted,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
  const numbered = useQuery({
    queryKey: ['suggest', asked.q],
    queryFn: ({ signal }) => suggest(asked.q, signal),
    enabled: wanted && /^#?\d{1,9}$/.test(asked.q),
    staleTime: 5_000,
  });
  const first = wanted ? found.data?.pages[0] : undefined;
  const items = wanted ? (found.data?.pages.flatMap((page) => page.items) ?? []) : [];
  const talks = wanted ? (numbered.data?.conversations ?? []) : [];
  const counts = first?.counts;
  const total = counts ? counts.messages + counts.notes + counts.contacts : 0;
  const now = useNow();
  const opened = () => keepSearch(user, asked.q);

  /** Arrows go through the results as through a list, from the box and back to it. */
  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const target = event.target as HTMLElement;
    if (event.key === 'Enter' && target === field.current) {
      event.preventDefault();
      links()[0]?.click();
      return;
    }
    if (step === 0 || (target !== field.current && !list.current?.contains(target))) return;
    event.preventDefault();
    const all = links();
    const next = all.indexOf(target as HTMLAnchorElement) + step;
    if (next < 0) field.current?.focus();
    else all[next]?.focus();
  }
  const links = () => [...(list.current?.querySelectorAll<HTMLAnchorElement>('a[data-testid="search-hit"]') ?? [])];

  return (
    <Page width="text">
      <PageHeader title={t('title')} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys of the box and the links within */}
      <div onKeyDown={onKeyDown}>
        <SearchField
          ref={field}
          label={t('placeholder')}
          value={text}
          maxLength={200}
          autoComplete="off"
          data-testid="search-input"
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={classes.scopes} role="group" aria-label={t('scopes')}>
          {SCOPES.map((scope) => (
            <button
              key={scope}
              type="button"
              className={classes.scope}
              aria-pressed={(asked.in ?? 'all') === scope}
              data-testid={`scope-${scope}`}
              onClick={() => onAsk({ ...asked, in: scope === 'all' ? undefined : scope })}
            >
              {t(`scope.${scope}`)}
              {counts && scope !== 'all' && <Count count={counts[scope]} most={first.counted_to} />}
            </button>
          ))}
        </div>
        <Filters asked={asked} onChange={(change) => onAsk({ ...asked, ...change })} />
        <p role="status" className={classes.status} data-testid="search-status">
          {text.trim() !== '' && !longEnough(text) && t('short')}
          {wanted && found.isPending && <span className="visually-hidden">{t('searching')}</span>}
          {counts && total > 0 && (
            <span className="visually-hidden">{first.cut ? t('foundMore', { count: total }) : t('found', { count: total })}</span>
          )}
          {first?.cut && t('cut')}
        </p>
        {wanted && found.isError && <ErrorBar onRetry={() => void found.refetch()}>{sentenceOf(found.error)}</ErrorBar>}
        {wanted && found.isPending && <Waiting />}
        <div ref={list} aria-busy={found.isFetching || undefined}>
          {items.length + talks.length > 0 && (
            <ul className={rowsClass} aria-label={t('results')} data-testid="search-results">
              {talks.map((hit) => (
                <li key={`#${hit.conversation?.id}`}>
                  <ContactRow hit={hit} now={now} onOpen={opened} />
                </li>
              ))}
              {items.map((hit) =>
                hit.kind === 'contact' ? (
                  <li key={hit.contact.id}>
                    <ContactRow hit={hit} now={now} onOpen={opened} />
                  </li>
                ) : (
                  <li key={hit.id}>
                    <MessageRow hit={hit} now={now} onOpen={opened} />
                  </li>
                ),
              )}
            </ul>
          )}
        </div>
        {wanted && found.hasNextPage && (
          <Button className={classes.more} busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('more')}
          </Button>
        )}
        {first && !found.isPlaceholderData && !found.hasNextPage && items.length + talks.length === 0 && !numbered.isFetching && (
          <Empty
            icon={<IconSearch size={28} stroke={1.3} aria-hidden="true" />}
            title={t('none', { query: asked.q })}
            text={narrowed(asked) ? t('noneFiltered') : t('noneText')}
          />
        )}
        {!wanted && text.trim() === '' && <Beginning user={user} onPick={(query) => onAsk({ ...asked, q: query })} />}
      </div>
    </Page>
  );
}

const Count = ({ count, most }: { count: number; most: number }) => (
  <span className={classes.count}>{count >= most ? `${most}+` : count}</span>
);

const Waiting = () => (useSlow() ? <SkeletonRows count={6} /> : null);

/** Before anything is looked for: what that would be good for, and what was looked for last. */
function Beginning({ user, onPick }: { user: string; onPick: (query: string) => void }) {
  const { t } = useTranslation('search');
  const [recent, setRecent] = useState(() => recentSearches(user));
  if (recent.length === 0)
    return <Empty icon={<IconSearch size={28} stroke={1.3} aria-hidden="true" />} title={t('start')} text={t('startText')} />;
  return (
    <section aria-label={t('recent')} className={classes.recent}>
      <div className={classes.recentTop}>
        <h2>{t('recent')}</h2>
        <Button
          look="ghost"
          size="small"
          onClick={() => {
            clearSearches(user);
            setRecent([]);
          }}
        >
          {t('forget')}
        </Button>
      </div>
      <ul className={rowsClass}>
        {recent.map((query) => (
          <li key={query}>
            <button type="button" className={classes.recentRow} data-testid="recent-search" onClick={() => onPick(query)}>
              <IconClock size={16} stroke={1.6} aria-hidden="true" />
              <bdi>{query}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
