import { type FormEvent, useState } from 'react';
import { api } from '../api';
import { useT } from '../i18n';
import { IconUsers } from '../icons';
import { guarded, putCrowd, usePage } from '../store';
import classes from './Crowd.module.css';

const MOST = 1000;

/** Many new people write one message each. */
export function Crowd() {
  const t = useT();
  const { number, crowd } = usePage();
  const [count, setCount] = useState('20');
  const wanted = Math.min(MOST, Math.max(0, Math.floor(Number(count) || 0)));

  const go = (event: FormEvent) => {
    event.preventDefault();
    void guarded(async () => putCrowd(await api.crowd(number, wanted)));
  };

  return (
    <form className={classes.crowd} onSubmit={go}>
      <div className={classes.line}>
        <input
          className={`input ${classes.count}`}
          type="number"
          min={1}
          max={MOST}
          value={count}
          aria-label={t('crowdCount')}
          onChange={(event) => setCount(event.target.value)}
        />
        <button type="submit" className={`button ${classes.go}`} disabled={wanted === 0 || crowd?.running}>
          <IconUsers size={16} stroke={1.6} aria-hidden="true" />
          {t('crowdGo', { n: wanted })}
        </button>
      </div>
      <p className={classes.report} role="status">
        {crowd?.running && t('crowdRunning', { done: crowd.done, total: crowd.webhooks })}
        {crowd &&
          !crowd.running &&
          (crowd.failed > 0
            ? t('crowdFailed', { failed: crowd.failed, total: crowd.webhooks })
            : t('crowdDone', { n: crowd.delivered, p50: Math.round(crowd.p50_ms ?? 0), p99: Math.round(crowd.p99_ms ?? 0) }))}
      </p>
    </form>
  );
}
