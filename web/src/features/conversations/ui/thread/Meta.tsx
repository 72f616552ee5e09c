import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { clock, dayKey, fullTime, shortDate } from '@/shared/format/time';
import { Ticks } from '@/shared/ui/Ticks';
import classes from './Meta.module.css';

const LATE_MS = 5 * 60_000;

/** Time and ticks at the end of the last line; every step's own time on hover. */
export function Meta({ message, note }: { message: Message; note: boolean }) {
  const { t } = useTranslation('conversations');
  const { status, provider_at: providerAt, created_at: createdAt } = message;
  const at = message.direction === 'inbound' ? (providerAt ?? createdAt) : createdAt;
  const late = message.direction === 'inbound' && providerAt !== null && Date.parse(createdAt) - Date.parse(providerAt) > LATE_MS;
  // It stands below the line of the day on which it came.
  const otherDay = late && dayKey(at) !== dayKey(createdAt);
  const edited = message.edited_at && !message.revoked_at ? message.edited_at : null;
  const steps = [
    edited && t('mark.editedAt', { time: fullTime(edited) }),
    message.sent_at && t('meta.sent', { time: fullTime(message.sent_at) }),
    message.delivered_at && t('meta.delivered', { time: fullTime(message.delivered_at) }),
    message.read_at && t('meta.read', { time: fullTime(message.read_at) }),
  ].filter((step) => step !== null);
  const label = steps.length > 0 ? steps.join('\n') : late ? t('meta.late', { time: fullTime(createdAt) }) : fullTime(at);
  return (
    <span className={classes.meta} data-tip={label}>
      {note && message.author.name && <span dir="auto">{message.author.name.split(' ')[0]} ·</span>}
      {edited && <span>{t('mark.edited')}</span>}
      {late && <span>{t('meta.lateShort')}</span>}
      <time dateTime={at}>{otherDay ? `${shortDate(at)} ${clock(at)}` : clock(at)}</time>
      {status && status !== 'failed' && <Ticks status={status} />}
    </span>
  );
}
