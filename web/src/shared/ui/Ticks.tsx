import { useTranslation } from 'react-i18next';
import type { DeliveryStatus } from '@/shared/api/types';
import { IconAlertCircle, IconCheck, IconChecks, IconClock, IconClockExclamation } from './icons';
import classes from './Ticks.module.css';

const ICONS = {
  queued: IconClock,
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
  unknown: IconClockExclamation,
} satisfies Record<DeliveryStatus, typeof IconClock>;

/** How far an own message has come: clock, one tick, two, two blue. */
export function Ticks({ status, size = 15 }: { status: DeliveryStatus; size?: number }) {
  const { t } = useTranslation('shared');
  const Icon = ICONS[status];
  return (
    <span className={classes.ticks} data-status={status} role="img" aria-label={t(`delivery.${status}`)}>
      <Icon size={size} stroke={1.7} />
    </span>
  );
}
