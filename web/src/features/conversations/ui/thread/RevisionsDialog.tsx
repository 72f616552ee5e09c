import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { fullTime } from '@/shared/format/time';
import { Dialog } from '@/shared/ui/Dialog';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar, SkeletonRows } from '@/shared/ui/states';
import '../../threadTexts';
import { readRevisions } from '../../api';
import classes from './ForwardDialog.module.css';

/** What an edited message said before, oldest first. */
export default function RevisionsDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t } = useTranslation('thread');
  const found = useQuery({
    queryKey: ['revisions', message.id, message.version],
    queryFn: () => readRevisions(message),
  });
  return (
    <Dialog title={t('menu.revisions')} onClose={onClose}>
      <div className={classes.box}>
        {found.isError && <ErrorBar onRetry={() => void found.refetch()}>{sentenceOf(found.error)}</ErrorBar>}
        {found.isPending && <SkeletonRows count={2} />}
        <ol className={classes.list}>
          {found.data?.items.map((one) => (
            <li key={one.written_at} className={classes.revision}>
              <span>{fullTime(one.written_at)}</span>
              <p dir="auto">{one.text ?? t('media.missing')}</p>
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  );
}
