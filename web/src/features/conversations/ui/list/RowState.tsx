import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { useDuration } from '@/shared/format/duration';
import { useNow } from '@/shared/format/now';
import { aheadTime, listTime } from '@/shared/format/time';
import { IconAlarmSnooze, IconClock, IconHourglass } from '@/shared/ui/icons';
import { waitTone } from '../../model/preview';
import classes from './ConversationRow.module.css';

/** Third line, first word: snoozed until when, or how long the contact has been waiting, or that only a template may go out. */
export function RowState({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const now = useNow();
  const duration = useDuration();
  if (row.status === 'snoozed') {
    const until = row.snoozed_until;
    const text = until ? aheadTime(until, now) : t('list.untilMessage');
    return (
      <span className={classes.state}>
        <IconAlarmSnooze size={14} stroke={1.6} aria-hidden="true" />
        <span className="visually-hidden">{t('status.snoozed')}</span>
        {text}
      </span>
    );
  }
  if (row.status !== 'open') return null;
  if (row.waiting_since) {
    const ms = now - Date.parse(row.waiting_since);
    const text = duration(ms);
    return (
      <span
        className={classes.state}
        data-tone={waitTone(ms)}
        title={t('list.waitingSince', { time: listTime(row.waiting_since, now, t('yesterday')) })}
      >
        <IconClock size={14} stroke={1.6} aria-hidden="true" />
        <span className="visually-hidden">{t('list.waiting')}</span>
        {text}
      </span>
    );
  }
  if (row.window && Date.parse(row.window.closes_at) <= now) {
    return (
      <span className={classes.state}>
        <IconHourglass size={14} stroke={1.6} aria-hidden="true" />
        {t('window.closed')}
      </span>
    );
  }
  return null;
}
