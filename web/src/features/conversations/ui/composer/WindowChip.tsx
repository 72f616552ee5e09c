import { useTranslation } from 'react-i18next';
import type { Channel, Conversation } from '@/shared/api/types';
import { useDuration } from '@/shared/format/duration';
import { useNow } from '@/shared/format/now';
import { fullTime } from '@/shared/format/time';
import { Chip } from '@/shared/ui/Chip';
import { IconLock } from '@/shared/ui/icons';
import { windowState } from '../../model/window';
import classes from './WindowChip.module.css';

const SOON_MS = 2 * 3_600_000;

interface Props {
  row: Conversation;
  channel: Channel | undefined;
  /** Without a ground, for a line of meta text. */
  plain?: boolean;
}

/** How long free text may still be sent. */
export function WindowChip({ row, channel, plain = false }: Props) {
  const { t } = useTranslation('conversations');
  const duration = useDuration();
  const state = windowState(row, channel, useNow());
  if (state.kind === 'none') return null;
  if (state.kind === 'closed') {
    if (plain) return <span className={classes.plain}>{t('window.closed')}</span>;
    return (
      <Chip tone="amber" icon={<IconLock size={13} stroke={1.8} aria-hidden="true" />}>
        {t('window.closed')}
      </Chip>
    );
  }
  const soon = state.leftMs < SOON_MS;
  const text = (
    <>
      <Ring share={state.share} soon={soon} />
      <span className="visually-hidden">{t('window.left')} </span>
      {duration(state.leftMs)}
    </>
  );
  const title = row.window ? t('window.closesAt', { time: fullTime(row.window.closes_at) }) : undefined;
  if (plain) {
    return (
      <span className={classes.plain} title={title}>
        {text}
      </span>
    );
  }
  return (
    <span title={title} className={classes.chip}>
      <Chip tone={soon ? 'amber' : 'neutral'}>{text}</Chip>
    </span>
  );
}

function Ring({ share, soon }: { share: number; soon: boolean }) {
  const around = 2 * Math.PI * 5;
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" className={classes.ring}>
      <circle cx="7" cy="7" r="5" fill="none" stroke="var(--line2)" strokeWidth="2.4" />
      <circle
        cx="7"
        cy="7"
        r="5"
        fill="none"
        stroke={soon ? 'var(--amb-mark)' : 'var(--acc)'}
        strokeWidth="2.4"
        strokeDasharray={`${around * share} ${around}`}
        transform="rotate(-90 7 7)"
      />
    </svg>
  );
}
