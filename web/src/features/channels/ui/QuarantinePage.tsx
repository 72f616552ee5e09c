import { type InfiniteData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Page as PageOf, QuarantineRow } from '@/shared/api/types';
import { fullTime } from '@/shared/format/time';
import { Button } from '@/shared/ui/Button';
import { ChannelMark } from '@/shared/ui/ChannelMark';
import { Chip } from '@/shared/ui/Chip';
import { IconCheck, IconChevronRight, IconCircleCheck, IconRefresh } from '@/shared/ui/icons';
import { Page, PageHeader, rowsClass } from '@/shared/ui/Page';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import { readQuarantine, readQuarantineReasons, replay, replayReason } from '../api';
import '../texts';
import classes from './QuarantinePage.module.css';

const KEY = ['quarantine'];
const LISTS = [...KEY, 'list'];
const REASONS_KEY = [...KEY, 'reasons'];

/** What a provider sent and we could not place: kept raw, and put through again when its cause is gone. */
export function QuarantinePage() {
  const { t } = useTranslation('channels');
  const [reason, setReason] = useState<string | null>(null);
  const rows = useInfiniteQuery({
    queryKey: [...LISTS, reason],
    queryFn: ({ pageParam }) => readQuarantine(pageParam, reason),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = rows.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader title={t('quarantine.title')} lead={t('quarantine.lead')} />
      <Reasons chosen={reason} onChoose={setReason} />
      {rows.isPending && <SkeletonRows count={5} />}
      {rows.isError && <ErrorBar onRetry={() => void rows.refetch()}>{sentenceOf(rows.error)}</ErrorBar>}
      {rows.isSuccess && items.length === 0 && (
        <Empty
          icon={<IconCircleCheck size={26} stroke={1.4} aria-hidden="true" />}
          title={t('quarantine.empty')}
          text={t('quarantine.emptyText')}
        />
      )}
      {items.length > 0 && (
        <ul className={rowsClass}>
          {items.map((row) => (
            <Entry key={row.id} row={row} />
          ))}
        </ul>
      )}
      {rows.hasNextPage && (
        <Button className={classes.more} busy={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>
          {t('quarantine.more')}
        </Button>
      )}
    </Page>
  );
}

/** What waits, by its reason: a click shows only that, and lets all of it go through at once. */
function Reasons({ chosen, onChoose }: { chosen: string | null; onChoose: (reason: string | null) => void }) {
  const { t } = useTranslation('channels');
  const queries = useQueryClient();
  const reasons = useQuery({ queryKey: REASONS_KEY, queryFn: readQuarantineReasons });
  const again = useMutation({
    mutationFn: replayReason,
    onSuccess: (replayed) => {
      toast(t('quarantine.replayedAll', { count: replayed }));
      return queries.invalidateQueries({ queryKey: KEY });
    },
    onError: (error) => toast(sentenceOf(error), { tone: 'error' }),
  });
  const items = reasons.data?.items ?? [];
  const waiting = items.find((one) => one.reason === chosen)?.waiting ?? 0;
  if (items.length === 0 && chosen === null) return null;
  return (
    <div className={classes.reasons}>
      <fieldset className={classes.filter}>
        <legend>{t('quarantine.filter')}</legend>
        <button type="button" className={classes.choice} aria-pressed={chosen === null} onClick={() => onChoose(null)}>
          {t('quarantine.all')}
        </button>
        {items.map((one) => (
          <button
            key={one.reason}
            type="button"
            className={classes.choice}
            aria-pressed={chosen === one.reason}
            onClick={() => onChoose(one.reason)}
          >
            {one.message} <span className={classes.count}>{one.waiting}</span>
          </button>
        ))}
      </fieldset>
      {chosen !== null && waiting > 0 && (
        <Button
          size="small"
          busy={again.isPending}
          icon={<IconRefresh size={14} stroke={1.6} aria-hidden="true" />}
          onClick={() => again.mutate({ reason: chosen, waiting })}
        >
          {t('quarantine.replayAll', { count: waiting })}
        </Button>
      )}
    </div>
  );
}

/** Indented when it is JSON; as it came when it is not, or was cut. */
function readable(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}

function Entry({ row }: { row: QuarantineRow }) {
  const { t } = useTranslation('channels');
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const again = useMutation({
    mutationFn: () => replay(row.id),
    onSuccess: (done) => {
      queries.setQueriesData<InfiniteData<PageOf<QuarantineRow>>>(
        { queryKey: LISTS },
        (data) =>
          data && {
            ...data,
            pages: data.pages.map((page) => ({ ...page, items: page.items.map((held) => (held.id === done.id ? done : held)) })),
          },
      );
      return queries.invalidateQueries({ queryKey: REASONS_KEY });
    },
  });
  return (
    <li className={classes.entry}>
      <div className={classes.line}>
        <button type="button" className={classes.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
          <IconChevronRight size={16} stroke={1.6} aria-hidden="true" />
          <ChannelMark kind={row.channel_kind} size={20} />
          <span className={classes.reason}>
            {row.message}
            <code dir="ltr">{row.reason}</code>
          </span>
          <time dateTime={row.created_at}>{fullTime(row.created_at)}</time>
        </button>
        {row.replayed_at ? (
          <Chip tone="green" icon={<IconCheck size={13} stroke={1.8} aria-hidden="true" />}>
            {t('quarantine.replayed')}
          </Chip>
        ) : (
          <Button
            size="small"
            busy={again.isPending}
            icon={<IconRefresh size={14} stroke={1.6} aria-hidden="true" />}
            onClick={() => again.mutate()}
          >
            {t('quarantine.replay')}
          </Button>
        )}
      </div>
      {open && (
        <pre className={classes.raw} dir="ltr" tabIndex={0}>
          {readable(row.raw)}
        </pre>
      )}
    </li>
  );
}
