import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/shared/api/client';
import type { Id } from '@/shared/api/types';
import { dropWord } from '@/shared/keys/registry';
import { useKeys } from '@/shared/keys/useKeys';
import { loadDetail, loadThread, touchThread } from '@/shared/realtime/loaders';
import { useLive } from '@/shared/realtime/store';
import { Button } from '@/shared/ui/Button';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonThread, useSlow } from '@/shared/ui/states';
import { useIsPhone } from '@/shared/ui/useMedia';
import { keptUnread } from '../../model/actions';
import { Composer } from '../composer/Composer';
import { nameOf } from '../list/ConversationRow';
import classes from './ConversationPane.module.css';
import { Thread } from './Thread';
import { ThreadHeader } from './ThreadHeader';

interface Props {
  id: Id;
  onBack: () => void;
  onResolved: () => void;
  onTogglePanel: () => void;
  panelOpen: boolean;
}

export function ConversationPane({ id, ...actions }: Props) {
  const { t } = useTranslation('conversations');
  const phone = useIsPhone();
  const row = useLive((state) => state.conversations[id]);
  const epoch = useLive((state) => state.epoch);
  const detail = useQuery({
    queryKey: ['conversation', id, epoch],
    queryFn: async () => {
      await loadDetail(id);
      return true;
    },
    // The stream keeps the row fresh; this fetch is for its draft and its predecessor.
    staleTime: 0,
    gcTime: 0,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new epoch means that everything must be loaded again
  useEffect(() => {
    keptUnread.delete(id);
    const held = useLive.getState().threads[id];
    if (held?.phase === 'ready') touchThread(id);
    else void loadThread(id);
  }, [id, epoch]);

  // 422: what stands in the address is no id at all.
  const gone = detail.error instanceof ApiError && [404, 422].includes(detail.error.status);
  const missing = gone || (!row && detail.isSuccess);
  const writable = !missing && (row !== undefined || !detail.isError);
  useKeys(NOTHING_TO_WRITE, !writable);
  // A phone shows nothing else that would lead out.
  const wayBack = phone && <Button onClick={actions.onBack}>{t('thread.back')}</Button>;
  if (missing) {
    return (
      <main className={classes.pane} data-testid="thread">
        {phone && <h1 className="visually-hidden">{t('list.title')}</h1>}
        <Empty title={t('thread.gone')} text={t('thread.goneText')} action={wayBack} />
      </main>
    );
  }
  const title = row && t('thread.with', { name: nameOf(row) || t('noName') });
  const Title = phone ? 'h1' : 'h2';
  return (
    <main className={classes.pane} data-testid="thread" aria-label={title}>
      {title && <Title className="visually-hidden">{title}</Title>}
      {row && <ThreadHeader row={row} {...actions} />}
      {row && <Thread key={`${id} ${epoch}`} row={row} />}
      {!row && (
        <div className={classes.coming}>
          {detail.isError ? (
            <>
              <ErrorBar onRetry={() => void detail.refetch()}>{sentenceOf(detail.error)}</ErrorBar>
              <div className={classes.back}>{wayBack}</div>
            </>
          ) : (
            <SlowThread />
          )}
        </div>
      )}
      {writable && <Composer key={id} id={id} row={row} detailReady={detail.isFetched} />}
    </main>
  );
}

/** Whoever answers without looking up must not tag and move instead. */
const NOTHING_TO_WRITE = [
  { keys: 'r', run: dropWord },
  { keys: 'n', run: dropWord },
];

function SlowThread() {
  return useSlow() ? <SkeletonThread /> : null;
}
