import { useEffect, useState } from 'react';
import { api } from '../api';
import { useT } from '../i18n';
import { IconClock } from '../icons';
import { guarded, usePage } from '../store';
import classes from './EventLog.module.css';

/** Webhooks that were not answered, or that a fault holds back: when each goes out, and all of them now. */
export function WaitingWebhooks() {
  const t = useT();
  const waiting = usePage((page) => page.waiting);
  const [now, setNow] = useState(() => Date.now() / 1000);
  const some = waiting.total > 0;

  useEffect(() => {
    if (!some) return;
    setNow(Date.now() / 1000);
    const timer = setInterval(() => setNow(Date.now() / 1000), 500);
    return () => clearInterval(timer);
  }, [some]);

  if (!some) return null;
  return (
    <div className={classes.waiting} data-testid="waiting">
      <button type="button" className="button" data-look="link" data-testid="flush" onClick={() => void guarded(api.flush)}>
        {t('tryNow')}
      </button>
      <details>
        <summary>
          <IconClock size={16} stroke={1.6} aria-hidden="true" />
          {t('waiting', { n: waiting.total })}
        </summary>
        <ul>
          {waiting.items.map((one) => (
            <li key={one.id}>
              <b>{one.label}</b>
              <span>{one.about}</span>
              <span>
                {t(one.attempts > 0 ? 'waitingAttempt' : 'waitingHeld', {
                  n: one.attempts + 1,
                  s: Math.max(0, Math.ceil((one.next_at ?? now) - now)),
                })}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
