import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useOutbox } from '@/shared/offline/outbox';
import { reconnectNow, useConnection } from '@/shared/realtime/socket';
import { IconWifiOff } from '@/shared/ui/icons';
import classes from './Shell.module.css';

/** A restart of the server is over before anybody need read about it. */
const PATIENCE_MS = 1500;

export function ConnectionBar() {
  const { t } = useTranslation('app');
  const lost = useConnection((state) => state.phase === 'lost');
  const queued = useOutbox((state) => state.items.filter((item) => item.state === 'waiting').length);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div role="status">
      {shown && (
        <div className={classes.connection} data-testid="connection-bar">
          <IconWifiOff size={16} stroke={1.6} aria-hidden="true" />
          <span>{queued > 0 ? t('offline.queued', { count: queued }) : t('offline.plain')}</span>
          <button type="button" onClick={reconnectNow}>
            {t('offline.retry')}
          </button>
        </div>
      )}
    </div>
  );
}
