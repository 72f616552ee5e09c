import { useT } from '../i18n';
import { IconAlertCircle, IconRefresh, IconWifiOff, IconX } from '../icons';
import { dismissProblem, usePage } from '../store';
import classes from './Notices.module.css';

export function Offline({ onRetry }: { onRetry: () => void }) {
  const t = useT();
  return (
    <div className={classes.bar} data-tone="amber">
      <IconWifiOff size={17} stroke={1.6} aria-hidden="true" />
      <span className={classes.text}>{t('offline')}</span>
      <button type="button" className="button" data-look="ghost" onClick={onRetry}>
        {t('retry')}
      </button>
    </div>
  );
}

const KNOWN = ['offline', 'phone_invalid', 'phone_taken'] as const;

/** What went wrong last, until it is dismissed or something works. */
export function Problem() {
  const t = useT();
  const problem = usePage((page) => page.problem);
  const connected = usePage((page) => page.connected);
  if (!problem || (problem.code === 'offline' && !connected)) return null;
  const known = KNOWN.find((code) => code === problem.code);
  return (
    <div className={classes.bar} data-tone="red">
      <IconAlertCircle size={17} stroke={1.6} aria-hidden="true" />
      <span className={classes.text}>{known ? t(`problem_${known}`) : t('problem_other', { message: problem.message })}</span>
      <button type="button" className="icon-button" aria-label={t('close')} onClick={dismissProblem}>
        <IconX size={17} stroke={1.6} aria-hidden="true" />
      </button>
    </div>
  );
}

export function Unreachable({ onRetry }: { onRetry: () => void }) {
  const t = useT();
  return (
    <main className={classes.unreachable}>
      <IconWifiOff size={32} stroke={1.3} aria-hidden="true" />
      <h2>{t('failedTitle')}</h2>
      <p>{t('failedText')}</p>
      <button type="button" className="button" onClick={onRetry}>
        <IconRefresh size={16} stroke={1.6} aria-hidden="true" />
        {t('retry')}
      </button>
    </main>
  );
}
