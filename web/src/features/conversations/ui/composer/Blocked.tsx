import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel, Conversation } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { clock, near, shortDate } from '@/shared/format/time';
import { Button } from '@/shared/ui/Button';
import { IconAlertTriangle, IconHourglass, IconLock } from '@/shared/ui/icons';
import '../../composeTexts';
import type { WindowState } from '../../model/window';
import classes from './Composer.module.css';

interface Props {
  row: Conversation;
  channel: Channel | undefined;
  window: WindowState;
  onNote: () => void;
  /** Templates may go out although the window is closed. */
  templates: ReactNode;
}

/** Why nothing can be sent now, what would change that, and what can be done meanwhile. */
export default function Blocked({ row, channel, window, onNote, templates }: Props) {
  const { t } = useTranslation('compose');
  const now = useNow(60_000);
  const broken = channel?.status === 'reconnect_needed';
  const closedAt = window.kind === 'closed' ? window.closedAt : null;
  const day = closedAt ? (near(closedAt, now) ?? 'date') : null;
  return (
    <div className={classes.blocked} data-testid="composer-blocked">
      <p>
        {broken ? (
          <IconAlertTriangle size={17} stroke={1.6} aria-hidden="true" />
        ) : (
          <IconHourglass size={17} stroke={1.6} aria-hidden="true" />
        )}
        <span>
          <strong>
            {broken
              ? t('blocked.channel', { name: row.channel.name })
              : closedAt && day && day !== 'tomorrow'
                ? t(`blocked.${day}`, { time: clock(closedAt), date: shortDate(closedAt) })
                : t('blocked.never')}
          </strong>
          <br />
          {broken ? t('blocked.channelHelp') : templates ? t('blocked.template') : t('blocked.help')}
        </span>
      </p>
      <Button size="small" icon={<IconLock size={14} stroke={1.7} aria-hidden="true" />} onClick={onNote}>
        {t('blocked.writeNote')}
      </Button>
      {templates && <div className={classes.templates}>{templates}</div>}
    </div>
  );
}
